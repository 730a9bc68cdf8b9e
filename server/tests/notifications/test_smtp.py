# SPDX-License-Identifier: Apache-2.0
"""The SMTP channel against a real server on a socket of this machine."""

import base64
import email
import socketserver
import ssl
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default

import pytest

from paraph.domain.notifications.channels import NotCarried, Outgoing, Refused, Unreachable
from paraph.domain.notifications.channels.smtp import Security, SMTPChannel
from testkit import loopback

MESSAGE = Outgoing(id="0199-abc", channel="mail", address="marie@example.org", language="fr",
                   subject="Votre certificat est activé", text="Bonjour Marie,\n\nVotre clé est prête.", html="",
                   at=datetime(2026, 11, 24, 9, tzinfo=UTC))


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs; `server.answers` changes the answer to a command."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def secure(self):
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        try:
            if self.server.implicit:
                self.secure()
            self.talk()
        except OSError:
            return  # the client has gone

    def talk(self):
        self.say("220 test ESMTP")
        while line := self.rfile.readline():
            verb = line.decode().strip().split(" ")[0].upper()
            if verb in self.server.answers:
                self.say(self.server.answers[verb])
            elif verb == "EHLO":
                for extension in ("test", "STARTTLS", "AUTH PLAIN") if self.server.context else ("test",):
                    self.say(f"250-{extension}")
                self.say("250 SMTPUTF8")
            elif verb == "STARTTLS" and self.server.context:
                self.say("220 go on")
                self.secure()
            elif verb == "AUTH":
                self.server.given.append(line.split()[2])
                self.say("235 ok")
            elif verb == "DATA":
                self.say("354 go on")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                self.server.received.append(body)
                self.say(self.server.taken)
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


@contextmanager
def running(context=None, implicit=False):
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    server.received, server.answers, server.given, server.taken = [], {}, [], "250 taken"
    server.context, server.implicit = context, implicit
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def relay():
    with running() as server:
        yield server


@pytest.fixture
def secured(tmp_path):
    """`secured(implicit=…)`: a relay with TLS and passwords, and the file that vouches for it."""
    chain = loopback.certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with ExitStack() as relays:
        yield lambda implicit: (relays.enter_context(running(context, implicit)), chain)


def channel(relay, **changes):
    return SMTPChannel(host="127.0.0.1", port=relay.server_address[1], sender_name="Paraph",
                       sender_address="aide@paraph.example", security=Security.NONE, timeout_seconds=5, **changes)


def test_the_message_arrives_as_it_was_written(relay):
    channel(relay).send(MESSAGE)
    received = email.message_from_bytes(relay.received[0], policy=default)
    assert received["Subject"] == "Votre certificat est activé"
    assert received["To"] == "marie@example.org"
    assert received["Message-ID"] == "<0199-abc@paraph.example>"
    assert received["Content-Language"] == "fr"
    assert received.get_content().replace("\r\n", "\n").strip() == MESSAGE.text
    assert not received.is_multipart()


@pytest.mark.parametrize(("command", "answer", "reason"), [
    ("RCPT", "451 try later", "smtp_451"), ("DATA", "554 refused", "smtp_554"), ("MAIL", "421 closing", "smtp_421")])
def test_a_refusal_is_told_by_its_code_alone(relay, command, answer, reason):
    relay.answers[command] = answer
    with pytest.raises(NotCarried) as refusal:
        channel(relay).send(MESSAGE)
    assert refusal.value.reason == reason
    assert "marie" not in refusal.value.reason


def test_a_server_that_is_away_is_a_reason_to_try_later():
    with socketserver.TCPServer(("127.0.0.1", 0), Conversation) as closed:
        port = closed.server_address[1]
    with pytest.raises(NotCarried) as refusal:
        SMTPChannel(host="127.0.0.1", port=port, sender_name="P", sender_address="a@b.example",
                    security=Security.NONE).send(MESSAGE)
    assert refusal.value.reason == "ConnectionRefusedError"


def test_without_starttls_nothing_is_sent_to_a_distant_relay(relay):
    with pytest.raises(NotCarried) as refusal:
        SMTPChannel(host="127.0.0.1", port=relay.server_address[1], sender_name="P", sender_address="a@b.example",
                    timeout_seconds=5).send(MESSAGE)
    assert refusal.value.reason == "SMTPNotSupportedError"
    assert relay.received == []


@pytest.mark.parametrize(("command", "answer", "kind"), [
    ("RCPT", "451 try later", NotCarried), ("RCPT", "550 no such user", Refused), ("DATA", "452 full", NotCarried),
    ("DATA", "552 too large", Refused), ("MAIL", "550 not you", Unreachable)])
def test_a_bad_address_is_told_from_a_bad_day(relay, command, answer, kind):
    relay.answers[command] = answer
    with pytest.raises(NotCarried) as refusal:
        channel(relay).send(MESSAGE)
    assert type(refusal.value) is kind
    assert refusal.value.__suppress_context__, "what the library knows names the person"


@pytest.mark.parametrize("address", ["", "marie", "a@b@c", "a b@c.example", "x@c.example\r\nBcc: y@d.example", "<x@y.z>",
                                     "márie@example.org"])
def test_an_address_that_is_none_is_refused_and_stops_nothing(relay, address):
    with pytest.raises(Refused, match="bad_address"):
        channel(relay).send(replace(MESSAGE, address=address))
    assert relay.received == []


def test_an_address_in_another_alphabet_needs_a_relay_that_knows_it(relay):
    relay.answers["EHLO"] = "250 plain"
    with pytest.raises(Refused, match="smtp_no_smtputf8"):
        channel(relay).send(replace(MESSAGE, address="marie@exámple.org"))
    del relay.answers["EHLO"]
    channel(relay).send(replace(MESSAGE, address="marie@exámple.org"))
    assert len(relay.received) == 1


@pytest.mark.parametrize("farewell", ["421 too late", "500 what?"])
def test_what_the_relay_took_is_not_sent_again_for_a_bad_farewell(relay, farewell):
    relay.answers["QUIT"] = farewell
    channel(relay).send(MESSAGE)
    assert len(relay.received) == 1


def test_the_relays_name_for_it_is_kept(relay):
    relay.taken = "250 2.0.0 Ok: queued as 4XyZ1.k"
    assert channel(relay).send(MESSAGE) == "4XyZ1.k"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_over_tls_with_a_password(secured, monkeypatch, scheme):
    relay, chain = secured(implicit=scheme == "smtps")
    address = f"{scheme}://par%40aph:p%2Fw@localhost:{relay.server_address[1]}"
    sender = SMTPChannel.at(address, sender_name="Paraph", sender_address="aide@paraph.example")
    with pytest.raises(Unreachable, match="SSLCertVerificationError"):
        sender.send(MESSAGE)
    assert relay.received == [] and relay.given == [], "a relay that nobody vouches for gets neither password nor mail"
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    sender.send(MESSAGE)
    assert len(relay.received) == 1
    assert base64.b64decode(relay.given[0]) == b"\0par@aph\0p/w"
    assert "p/w" not in repr(sender)


def test_a_wrong_password_is_the_operators_to_mend(secured, monkeypatch):
    relay, chain = secured(implicit=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    relay.answers["AUTH"] = "535 no"
    with pytest.raises(Unreachable, match="smtp_535"):
        SMTPChannel.at(f"smtps://a:b@localhost:{relay.server_address[1]}", sender_name="P",
                       sender_address="a@b.example").send(MESSAGE)


@pytest.mark.parametrize("address", [
    "relay.example", "http://relay.example", "smtp://", "smtp+local://relay.example:25", "smtp://a:b@relay.example/x",
    "smtp://m%C3%A9:b@relay.example"])
def test_an_address_of_a_relay_that_is_none_is_refused(address):
    with pytest.raises(ValueError, match=r"smtp|ASCII"):
        SMTPChannel.at(address, sender_name="P", sender_address="a@b.example")


@pytest.mark.parametrize(("address", "port", "security"), [
    ("smtp://a:b@relay.example", 587, Security.STARTTLS), ("smtps://a:b@relay.example", 465, Security.TLS),
    ("smtp+local://localhost", 25, Security.NONE), ("smtps://a:b@relay.example:4465", 4465, Security.TLS)])
def test_each_scheme_has_its_port_and_its_protection(address, port, security):
    found = SMTPChannel.at(address, sender_name="P", sender_address="a@b.example")
    assert (found.port, found.security) == (port, security)
