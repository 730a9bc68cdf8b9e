# SPDX-License-Identifier: Apache-2.0
"""The SMTP channel against a real server on a socket of this machine."""

import email
import socketserver
import threading
from email.policy import default

import pytest

from paraph.domain.notifications.channels import NotCarried, Outgoing
from paraph.domain.notifications.channels.smtp import SMTPChannel

MESSAGE = Outgoing(id="0199-abc", channel="mail", address="marie@example.org", language="fr",
                   subject="Votre certificat est activé", text="Bonjour Marie,\n\nVotre clé est prête.", html="")


class Conversation(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client needs; `server.answers` changes the answer to a command."""

    def say(self, line):
        self.wfile.write(line.encode() + b"\r\n")

    def handle(self):
        self.say("220 test ESMTP")
        while line := self.rfile.readline():
            verb = line.decode().strip().split(" ")[0].upper()
            if verb in self.server.answers:
                self.say(self.server.answers[verb])
            elif verb == "EHLO":
                self.say("250-test")
                self.say("250 SMTPUTF8")
            elif verb == "DATA":
                self.say("354 go on")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                self.server.received.append(body)
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")


@pytest.fixture
def relay():
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation)
    server.daemon_threads = True
    server.received, server.answers = [], {}
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def channel(relay, **changes):
    return SMTPChannel(host="127.0.0.1", port=relay.server_address[1], sender_name="Paraph",
                       sender_address="aide@paraph.example", secure=False, timeout_seconds=5, **changes)


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
                    secure=False).send(MESSAGE)
    assert refusal.value.reason == "ConnectionRefusedError"


def test_without_starttls_nothing_is_sent_to_a_distant_relay(relay):
    with pytest.raises(NotCarried) as refusal:
        SMTPChannel(host="127.0.0.1", port=relay.server_address[1], sender_name="P", sender_address="a@b.example",
                    timeout_seconds=5).send(MESSAGE)
    assert refusal.value.reason == "SMTPNotSupportedError"
    assert relay.received == []
