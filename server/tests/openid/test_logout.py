# SPDX-License-Identifier: Apache-2.0
"""Logout asked for by a partner, and partners told of it: RP-Initiated and Back-Channel Logout 1.0."""

import socket
import threading
import warnings
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlencode

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.authentication.models import Session
from paraph.domain.identity_provider import services
from paraph.domain.identity_provider.models import PartnerSession
from paraph.domain.partners import queries
from paraph.domain.partners import services as partners
from paraph.interfaces.jobs import partners as job

from .flow import CALLBACK, Person

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Authlib announces that it will change its library
    from authlib.jose import JsonWebKey, JsonWebToken

ISSUER, BACK, NOTICE = "http://localhost:8000", "https://bank.example/bye?x=1", "https://bank.example/logout"


@pytest.fixture
def bank(bank, system):
    """The same partner; its program has addresses for logouts."""
    return services.register_client(client_id="bank", partner_id=queries.by_slug("bank").id, redirect_addresses=[CALLBACK],
                                    scopes=["profile"], logout_addresses=[BACK], logout_notice=NOTICE, caller=system)


class Sent(list):
    """What was posted; `taken` is how programs answer."""

    taken = True

    def __call__(self, address, form):
        self.append((address, form["logout_token"]))
        return self.taken


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
def tell(sent, system, clock):
    """The job at an instant, which the signer's clock shows too."""
    def run(at):
        clock.set(at)
        return services.tell_logouts(issuer=ISSUER, post=sent, caller=system.at_instant(at))

    return run


@pytest.fixture
def inside(person, bank, program, marie, clock):
    """Marie is logged in at the bank; the ID token that it got."""
    return program.redeem(person.code_for(marie, clock.now()), bank).json()["id_token"]


def read(client, token):
    """As a partner reads it: with Authlib and our published keys."""
    keys = JsonWebKey.import_key_set(client.get("/openid/jwks").json())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return JsonWebToken(["ES256"]).decode(token, keys)


def leave(person, **parameters):
    return person.get(f"/openid/logout?{urlencode(parameters)}")


def form_of(page):
    return dict(page.context["given"])


def test_a_partner_is_told_once_when_the_session_ends(person, inside, client, clock, tell, sent):
    assert tell(clock.now()) == 0 and not sent, "nobody is told of a session that stands"
    person.post("/login/logout")
    assert tell(clock.now()) == 1
    [(address, token)] = sent
    found, known = read(client, token), read(client, inside)
    assert address == NOTICE
    assert (found["iss"], found["aud"], found["sub"], found["sid"]) == (ISSUER, "bank", known["sub"], known["sid"])
    assert found["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}
    assert found.header["typ"] == "logout+jwt" and "nonce" not in found and found["exp"] - found["iat"] == 120
    assert tell(clock.now() + timedelta(days=1)) == 0
    assert Event.objects.filter(code="identity_provider.logout.told").count() == 1


@pytest.mark.parametrize("end", ["suspended", "new_password", "ended_by_holder", "revoked"])
def test_every_end_is_told(person, inside, marie, system, clock, tell, end):
    authentication.close_sessions(identity_id=marie.identity.id, reason=end, caller=system)
    assert tell(clock.now()) == 1


def test_who_does_not_take_it_is_told_again_and_then_not_any_more(person, inside, clock, tell, sent):
    person.post("/login/logout")
    sent.taken, at = False, clock.now()
    for number, seconds in enumerate((10, 60, 600, 3600), 1):
        tell(at)
        assert len(sent) == number
        tell(at + timedelta(seconds=seconds) - timedelta(microseconds=1))
        assert len(sent) == number, "not before its time"
        at += timedelta(seconds=seconds)
    tell(at)
    tell(at + timedelta(days=1))
    assert len(sent) == 5
    assert Event.objects.get(code="identity_provider.logout.not_taken").facts["tries"] == 5


def test_two_partners_can_not_compare_their_names_of_a_session(person, inside, program, marie, clock, system, client):
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    credentials = services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK],
                                           caller=system)
    asked = person.authorize(client_id="other", scope="openid")
    code = person.agree(asked["Location"].partition("?")[0])["Location"].partition("code=")[2].partition("&")[0]
    answer = program.redeem(code, credentials).json()
    assert read(client, answer["id_token"])["sid"] != read(client, inside)["sid"]
    assert len({row.session_id for row in PartnerSession.objects.all()}) == 1


def test_a_program_without_an_address_is_left_alone(person, inside, clock, tell, sent, system, bank):
    services.register_client(client_id="bank", partner_id=PartnerSession.objects.get().client.partner_id,
                             redirect_addresses=[CALLBACK], scopes=["profile"], caller=system)
    person.post("/login/logout")
    assert tell(clock.now()) == 0 and not sent
    assert PartnerSession.objects.get().settled_at == clock.now()


@pytest.fixture
def program_at():
    """A partner's program on a port of its own that answers with this status; what it got stands in `got`."""
    servers = []

    def start(status, got):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                got.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *given):
                """Nothing on the screen."""

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/logout"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "taken"), [(200, True), (204, True), (302, False), (400, False), (500, False)])
def test_what_counts_as_taken_and_nobody_is_followed(program_at, status, taken):
    got = []
    assert job.post(program_at(status, got), {"logout_token": "x.y"}) is taken
    assert got == [("/logout", "logout_token=x.y")]


def test_a_program_that_is_not_there_did_not_take_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        assert job.post(f"http://127.0.0.1:{taken.getsockname()[1]}/", {}) is False


@pytest.mark.parametrize(("language", "words"), [
    ("fr", "Voulez-vous vous déconnecter"), ("de", "Möchten Sie sich abmelden"), ("en", "Do you want to log out")])
def test_one_button_and_back_to_the_partner(person, inside, language, words):
    person.defaults["HTTP_ACCEPT_LANGUAGE"] = language
    page = leave(person, id_token_hint=inside, post_logout_redirect_uri=BACK, state="s1")
    assert words in page.content.decode() and page.status_code == 200
    assert page["Content-Security-Policy"].endswith("form-action 'self' https://bank.example")
    assert Session.objects.get().ended_at is None, "looking ends nothing"
    answer = person.post("/openid/logout/confirmed", form_of(page))
    assert (answer.status_code, answer["Location"]) == (303, BACK + "&state=s1")
    assert Session.objects.get().end_reason == "logout"
    assert person.get("/my/activity").status_code == 302


@pytest.mark.parametrize("changes", [
    {"post_logout_redirect_uri": "https://evil.example/"}, {"post_logout_redirect_uri": BACK + "&y=2"},
    {"post_logout_redirect_uri": CALLBACK}, {"id_token_hint": "eyJhbGciOiJub25lIn0.e30."}, {"id_token_hint": "x" * 3000},
    {"client_id": "other"}, {"id_token_hint": "", "client_id": "nobody"}])
def test_nothing_else_leads_away(person, inside, changes):
    page = leave(person, **{"id_token_hint": inside, "post_logout_redirect_uri": BACK, "state": "s1", **changes})
    assert page["Content-Security-Policy"].endswith("form-action 'self'")
    assert person.post("/openid/logout/confirmed", form_of(page))["Location"] == "/"


def test_a_hint_of_somebody_elses_making_is_none(person, inside, bank):
    header, claims, signature = inside.split(".")
    forged = ".".join([header, claims, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")])
    assert leave(person, id_token_hint=forged, post_logout_redirect_uri=BACK).context["partner"] == ""


def test_an_old_hint_still_tells_whose_it_is(person, inside, clock):
    clock.advance(minutes=4)
    person.get("/my/")
    clock.advance(minutes=4)
    assert leave(person, id_token_hint=inside, post_logout_redirect_uri=BACK).context["partner"] == "Banque Exemple"


def test_who_is_not_logged_in_goes_back_at_once(bank, db):
    answer = leave(Person(), client_id="bank", post_logout_redirect_uri=BACK, state="s1")
    assert (answer.status_code, answer["Location"]) == (303, BACK + "&state=s1")


def test_a_foreign_form_ends_nothing(inside, person):
    person.handler.enforce_csrf_checks = True
    assert person.post("/openid/logout", {"client_id": "bank"}).status_code == 200
    assert person.post("/openid/logout/confirmed", {"client_id": "bank"}).status_code == 403
    assert Session.objects.get().ended_at is None


@pytest.mark.parametrize("addresses", [{"logout_addresses": ["http://bank.example/"]}, {"logout_notice": "https://u@bank.example/"},
                                       {"logout_notice": "ftp://bank.example"}, {"logout_addresses": ["https://bank.example/#x"]}])
def test_addresses_for_logouts_are_https(bank, system, addresses):
    with pytest.raises(ValueError, match="address"):
        services.register_client(client_id="bank", partner_id=queries.by_slug("bank").id, redirect_addresses=[CALLBACK],
                                 caller=system, **addresses)


def test_what_is_over_leaves_after_a_day(person, inside, system, clock):
    over = Session.objects.get().expires_at + timedelta(days=1)
    services.forget_requests(caller=system.at_instant(over))
    assert PartnerSession.objects.exists()
    services.forget_requests(caller=system.at_instant(over + timedelta(microseconds=1)))
    assert not PartnerSession.objects.exists()


def test_discovery_tells_of_it(client, db):
    found = client.get("/.well-known/openid-configuration").json()
    assert found["end_session_endpoint"] == f"{ISSUER}/openid/logout"
    assert found["backchannel_logout_supported"] and found["backchannel_logout_session_supported"]
