# SPDX-License-Identifier: Apache-2.0
"""The portal under attack: planted and replayed answers, other people's pending logins, a provider that answers nonsense."""

import json
import logging
import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from joserfc import jwt

from guichet import views
from guichet.openid import PENDING_FOR

from .test_account import ask, certificate, confirm, encoded, keys, marie  # noqa: F401
from .test_login import begin, come_back

pytestmark = pytest.mark.django_db


def asked(address):
    return dict(parse_qsl(urlsplit(address).query))


# --- whose answer it is -----------------------------------------------------------------------------------------------


def test_the_answer_of_one_browser_is_nothing_in_another_that_has_asked_too(client, provider):
    """Login forced on somebody: a thief's answer in the victim's browser, under the thief's state or the victim's own."""
    victim, thief = client, Client()
    own, foreign = begin(victim), begin(thief)
    answer = provider.answer(foreign, datetime.now(UTC))
    assert victim.get("/callback", answer).status_code == 400
    assert victim.get("/callback", answer | {"state": asked(own)["state"]}).status_code == 400
    assert "citizen" not in victim.session


def test_the_code_of_one_tab_under_the_state_of_the_other_opens_nothing(client, provider):
    first, second = begin(client), begin(client)
    answer = provider.answer(first, datetime.now(UTC))
    assert client.get("/callback", answer | {"state": asked(second)["state"]}).status_code == 400
    assert "citizen" not in client.session


def test_a_token_for_the_nonce_of_the_other_tab_opens_nothing(client, provider):
    first, second = begin(client), begin(client)
    provider.claims = {"nonce": asked(first)["nonce"]}
    assert come_back(client, provider, second).status_code == 400


@pytest.mark.parametrize("changes", [
    {"error": "access_denied", "iss": None}, {"error": "access_denied", "iss": "https://evil.example"},
    {"iss": "https://trust.example/"}, {"iss": "https://trust.example.evil.example"}, {"iss": "HTTPS://trust.example"}])
def test_an_answer_or_error_of_another_issuer_is_not_believed(client, provider, changes):
    """RFC 9207: before anything else is done with it, so that no code goes to the wrong place."""
    answer = come_back(client, provider, begin(client), **changes)
    assert answer.status_code == 400 and "citizen" not in client.session
    assert not [request for request in provider.asked if request.url.path == "/openid/token"]


@pytest.mark.parametrize(("late", "status"), [(timedelta(0), 302), (timedelta(microseconds=1), 400)])
def test_an_answer_that_waited_too_long_is_not_taken(client, provider, monkeypatch, late, status):
    times = [datetime.now(UTC)]
    monkeypatch.setattr(views.trust_service, "_now", lambda: times[-1])
    address = begin(client)
    times.append(times[0] + PENDING_FOR + late)
    assert client.get("/callback", provider.answer(address, times[-1])).status_code == status


def test_a_planted_session_is_empty_after_the_login_and_unknown_names_are_not_taken(client, provider):
    thief = Client()
    begin(thief)
    planted = thief.cookies["guichet_session"].value
    client.cookies["guichet_session"] = planted
    address = begin(client)
    assert come_back(client, provider, address).status_code == 302
    assert client.cookies["guichet_session"].value != planted
    assert "citizen" not in thief.session and "Bonjour" not in thief.get("/myguichet").content.decode()
    invented = Client()
    invented.cookies["guichet_session"] = "a" * 32
    begin(invented)
    assert invented.cookies["guichet_session"].value != "a" * 32


def test_what_another_citizen_confirmed_is_gone_with_the_next_login(marie, provider, confirm):  # noqa: F811
    marie.get("/callback", confirm(ask(marie)))
    assert marie.get("/demarches/compte/preuve").status_code == 200
    provider.claims, provider.person, provider.details = {"sub": "s-2"}, {"sub": "s-2", "given_name": "Jean"}, None
    assert come_back(marie, provider, begin(marie)).status_code == 302
    assert marie.get("/demarches/compte/preuve").status_code == 302
    assert "C-2345-6789-B" not in marie.get("/demarches/compte").content.decode()


def test_a_login_answer_is_no_confirmation_and_changes_nothing(marie, provider):  # noqa: F811
    address = begin(marie)
    provider.details = [{"type": "paraph_confirmation", "text": "x", "result": "confirmed"}]
    come_back(marie, provider, address)
    assert "confirmed_account" not in marie.session


def test_another_citizens_confirmation_in_a_session_that_changed_hands_is_refused(marie, provider, confirm):  # noqa: F811
    answer = confirm(ask(marie))
    kept = marie.session
    kept["citizen"] = kept["citizen"] | {"subject": "s-2"}
    kept.save()
    marie.get("/callback", answer)
    assert "confirmed_account" not in marie.session
    assert not [request for request in provider.asked if request.url.path == "/openid/token"
                and b"code_verifier" in request.content][1:], "no code was spent for it"


def test_what_strangers_begin_and_leave_does_not_pile_up(client, provider):
    for _ in range(3):
        begin(Client())
    assert Session.objects.count() == 3
    Session.objects.update(expire_date=datetime.now(UTC) - timedelta(seconds=1))
    begin(client)
    assert Session.objects.count() == 1


def test_nobody_is_sent_anywhere_else(client, provider):
    for address in ("/myguichet", "/", "/callback", "/demarches/compte"):
        for name in ("next", "redirect_uri", "return", "iss", "target_link_uri"):
            answer = client.get(address, {name: "https://evil.example"})
            assert "evil.example" not in answer.get("Location", "")
            assert not re.search(r'(href|action|src)="(https:)?//evil', answer.content.decode())
    assert client.get("//evil.example/callback").status_code in (404, 400)
    begun = client.post("/connexion?redirect_uri=https://evil.example", {
        "product": "token", "redirect_uri": "https://evil.example", "client_id": "other", "state": "chosen"})
    sent = asked(begun["Location"])
    assert (sent["redirect_uri"], sent["client_id"]) == ("http://localhost:8100/callback", "guichet")
    assert sent["state"] != "chosen"


@pytest.mark.parametrize("path", ["/backchannel-logout", "/openid/logout", "/logout"])
def test_no_forged_news_of_a_logout_ends_a_session(client, provider, path):
    """There is no such address here; a session ends by its citizen's form, or by itself."""
    come_back(client, provider, begin(client))
    forged = jwt.encode({"alg": "ES256", "kid": "k1", "typ": "logout+jwt"}, {
        "iss": "https://trust.example", "aud": "guichet", "sub": "s-1", "iat": 1, "jti": "x",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}, provider.key, algorithms=["ES256"])
    outsider = Client(enforce_csrf_checks=True)
    assert outsider.post(path, {"logout_token": forged}).status_code in (403, 404)
    assert "Bonjour" in client.get("/myguichet").content.decode()


def test_a_logout_token_logs_nobody_in(client, provider):
    provider.claims = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}, "nonce": None, "exp": None}
    assert come_back(client, provider, begin(client)).status_code == 400


# --- a provider, or somebody in its place, that answers nonsense ------------------------------------------------------


def part(value):
    return urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture
def answering(client, provider, monkeypatch):
    """The token endpoint answers what a test wants."""
    def use(content, status=200):
        monkeypatch.setattr(provider, "_token", lambda _: httpx.Response(status, **content))
        return come_back(client, provider, begin(client)).status_code
    return use


@pytest.mark.parametrize("id_token", [
    "", ".", "..", "a.b.c", "é.é.é", f"{part([])}.{part({})}.x", f"{part('x')}.{part({})}.x", f"{part(None)}.{part({})}.x",
    f"{part({'alg': 'none'})}.{part({'sub': 's-1'})}.", f"{part({'alg': 'ES256', 'kid': {}})}.{part({})}.x",
    f"{part({'alg': 'ES256', 'kid': [1]})}.{part({})}.x", "[" * 5000, "x" * 100_000, "\x00.\x00.\x00"])
def test_what_is_no_token_is_a_failed_login(answering, id_token):
    assert answering({"json": {"id_token": id_token, "access_token": "at-1"}}) == 400


@pytest.mark.parametrize("content", [
    {"content": b"\xff"}, {"content": b""}, {"json": []}, {"json": None}, {"json": {}},
    {"json": {"id_token": 7, "access_token": []}}, {"content": b"[" * 100_000}, {"content": b'{"id_token": ' * 50_000}])
def test_what_is_no_answer_is_said_calmly(answering, content):
    assert answering(content) in (400, 503)


@pytest.mark.parametrize("claims", [
    {"auth_time": 10 ** 30}, {"auth_time": -10 ** 30}, {"auth_time": True}, {"auth_time": "now"}, {"auth_time": 1.5},
    {"exp": "x"}, {"iat": {}}, {"aud": {}}, {"aud": []}, {"aud": [["guichet"]]}, {"acr": {}}, {"acr": []}, {"amr": 7},
    {"amr": None}, {"nonce": []}, {"at_hash": 7}, {"sub": 7}, {"sub": {}}])
def test_claims_of_another_shape_open_nothing_and_break_nothing(client, provider, claims):
    provider.claims = claims
    answer = come_back(client, provider, begin(client))
    assert answer.status_code == (302 if claims == {"amr": None} else 400)
    assert ("citizen" in client.session) is (claims == {"amr": None})


@pytest.mark.parametrize("details", [
    7, "x", {}, [], [[]], [7], [None], [{}], [{"proof": []}], [{"proof": {"statement": 7}}], [{"proof": {"statement": "é"}}]])
def test_details_of_another_shape_change_nothing(marie, provider, details):  # noqa: F811
    answer = provider.answer(ask(marie), datetime.now(UTC))
    provider.details = details
    marie.get("/callback", answer)
    assert "n’a pas pu être vérifiée" in marie.get("/demarches/compte").content.decode()


@pytest.mark.parametrize("said", [b"[]", b"7", b'"x"', b"null", b"[" * 100_000, b"\xff"])
def test_a_statement_that_is_none_changes_nothing(marie, provider, confirm, said):  # noqa: F811
    answer = confirm(ask(marie), claims={"confirmation": sha256(said).hexdigest()}, proof={"statement": encoded(said)})
    marie.get("/callback", answer)
    assert "n’a pas pu être vérifiée" in marie.get("/demarches/compte").content.decode()


@pytest.mark.parametrize("detail", [
    {"confirmed_at": "yesterday"}, {"confirmed_at": 7}, {"confirmed_at": "2026-11-25T10:00:00"},
    {"reference": 'x"\r\nSet-Cookie: a=b'}, {"reference": "../../etc"}, {"reference": "x" * 5000}])
def test_what_would_break_a_page_or_a_header_later_changes_nothing(marie, confirm, detail):  # noqa: F811
    marie.get("/callback", confirm(ask(marie), detail=detail))
    assert "n’a pas pu être vérifiée" in marie.get("/demarches/compte").content.decode()
    assert marie.get("/demarches/compte/preuve").status_code == 302


@pytest.mark.parametrize("certificates", [7, "x", ["x"], [7], [{}], ["AAAA"], {"0": "AAAA"}])
def test_certificates_that_are_none_change_nothing(marie, confirm, certificates):  # noqa: F811
    marie.get("/callback", confirm(ask(marie), proof={"certificates": certificates}))
    assert "n’a pas pu être vérifiée" in marie.get("/demarches/compte").content.decode()


def test_a_browser_writes_no_lines_into_the_log(client, provider, caplog):
    with caplog.at_level(logging.INFO, logger="guichet"):
        come_back(client, provider, begin(client), error="access_denied\nlogin completed: admin", code=None)
        client.get("/callback", {"state": "x\ny", "error": "a\nb"})
    assert caplog.records and not any("\n" in record.getMessage() for record in caplog.records)


def test_markup_in_a_name_is_words(client, provider):
    provider.person |= {"given_name": "<script>alert(1)</script>"}
    come_back(client, provider, begin(client))
    page = client.get("/myguichet").content.decode()
    assert "<script>alert" not in page and "&lt;script&gt;" in page


def test_a_service_that_never_ends_its_answer_is_given_up():
    fresh = views.RelyingParty(issuer="https://x.example", client_id="x", secret=str, redirect_address="x",
                               partner="x")
    assert fresh._http.timeout.read == 10 and not fresh._http.follow_redirects
    fresh._http.close()
