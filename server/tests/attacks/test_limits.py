# SPDX-License-Identifier: Apache-2.0
"""Every address that costs something is limited, says so clearly, and no stranger uses up what a holder has."""

import base64
from io import BytesIO

import pytest
from django.test import Client

from paraph.domain.audit.models import Event
from paraph.domain.authentication.models import Credential
from paraph.domain.identity_provider.models import AuthorisationRequest
from paraph.interfaces.responders import application
from paraph.kernel import secrets
from paraph.kernel.places import Places
from testkit import holders

HERE, ELSEWHERE = {"REMOTE_ADDR": "192.0.2.1"}, {"REMOTE_ADDR": "192.0.2.2"}
UNKNOWN = "ZZZZ9999"


def password(client, user_id=UNKNOWN, word="Wrong1", **where):
    return client.post("/login/password?device=token&next=/my/", {"user_id": user_id, "password": word}, **where or HERE)


def codes(client, path, **fields):
    return client.post(path, {"user_id": UNKNOWN, "initial_password": "Wrong12345", "challenge": "000000", **fields}, **HERE)


def token(client, secret="wrong"):
    pair = base64.b64encode(f"nobody:{secret}".encode()).decode()
    return client.post("/openid/token", {"grant_type": "authorization_code"}, headers={"authorization": f"Basic {pair}"},
                       **HERE)


def activation(client):
    session = client.session
    session["activation_checked"] = True
    session.save()
    return codes(client, "/my/certificate/activate/codes")


TRIES = {
    "door": lambda client: password(client),
    "recovery": lambda client: codes(client, "/my/forgotten-password/codes", sms_code="1", code="123456", password="Neues1",
                                     again="Neues1"),
    # From browsers without a past: in one, asking again at once asks for nothing.
    "message": lambda client: Client().post("/my/unblock", {"user_id": UNKNOWN}, **HERE),
    "suspension": lambda client: codes(client, "/my/certificate/suspend-with-codes"),
    "fraud": lambda client: codes(client, "/my/report-fraud", what="x", user_id="", initial_password="", challenge=""),
    "activation": activation,
    "follow": lambda client: client.get(f"/shop/orders/P-2222-2222-2/{'x' * 43}/", **HERE),
    "client": token,
}


@pytest.mark.parametrize("kind", TRIES)
def test_the_second_try_is_refused_and_says_when_the_next_is_free(kind, db, signer, limited, clock):
    limited(kind, tries=1, seconds=90)
    client = Client()
    assert TRIES[kind](client).status_code != 429
    refused = TRIES[kind](client)
    assert (refused.status_code, refused["Retry-After"]) == (429, "90")
    assert client.cookies.get("sessionid") is None
    clock.advance(seconds=89, milliseconds=999)
    assert TRIES[kind](client).status_code == 429
    clock.advance(milliseconds=1)
    assert TRIES[kind](client).status_code != 429


@pytest.mark.parametrize(("language", "words"), [
    ("fr", "Patientez 2 min"), ("de", "Warten Sie 2 Min."), ("en", "Wait 2 min")])
def test_the_page_says_how_long_in_the_visitors_language(db, signer, limited, language, words):
    limited("door", tries=1, seconds=90)
    client = Client(headers={"accept-language": language})
    password(client)
    answer = password(client).content.decode()
    assert words in answer and "too_many_attempts" in answer


def test_a_program_reads_a_code_not_a_page(db, signer, limited):
    limited("client", tries=1)
    token(Client())
    answer = token(Client())
    assert answer.json() == {"error": "temporarily_unavailable"} and answer.status_code == 429


def test_time_stamps_are_limited_by_address(db, limited):
    limited("timestamp", tries=1, seconds=60)
    stamps, given = application(lambda environ, start: []), []

    def ask(address):
        body = b"rubbish"
        stamps({"REQUEST_METHOD": "POST", "PATH_INFO": "/pki/tsa", "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": address,
                "wsgi.input": BytesIO(body)}, lambda status, headers: given.append((status, dict(headers))))

    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        ask(address)
    assert [status[:3] for status, _ in given] == ["200", "429", "200"]
    assert given[1][1]["Retry-After"] == "60"


def test_a_request_of_a_partner_leaves_no_row_when_it_is_refused(marie, limited, system):
    from_bank = {"client_id": "nobody", "redirect_uri": "https://bank.example/"}
    limited("authorize", tries=1)
    assert Client().get("/openid/authorize", from_bank, **HERE).status_code == 400
    assert not AuthorisationRequest.objects.exists()


def test_known_and_unknown_names_are_refused_after_as_many_tries(marie, limited):
    """The limit of a name tells nothing: it counts what was typed."""
    limited("door_name", tries=3)
    found = {}
    for name in (marie.user_id, UNKNOWN):
        client = Client()
        found[name] = [password(client, name).status_code for _ in range(5)]
    assert found[marie.user_id] == found[UNKNOWN] == [200, 200, 200, 429, 429]
    assert [password(Client(), name).status_code for name in (marie.user_id.lower(), UNKNOWN.lower())] == [429, 429]


def test_the_refused_try_is_not_judged_and_not_recorded(marie, limited):
    limited("door", tries=1)
    password(Client(), marie.user_id)
    before = Event.objects.count()
    assert password(Client(), marie.user_id).status_code == 429
    assert Credential.objects.get(identity_id=marie.identity.id).failures == 1
    assert Event.objects.count() == before


def test_a_stranger_elsewhere_takes_nothing_from_the_holder(marie, limited, clock):
    limited("door", tries=3)
    limited("door_name", tries=2)
    for _ in range(3):
        password(Client(), UNKNOWN, **ELSEWHERE)
        password(Client(), marie.user_id, **ELSEWHERE)
    assert password(Client(), marie.user_id, **ELSEWHERE).status_code == 429
    assert password(Client(), marie.user_id, holders.PASSWORD, **HERE).status_code == 302


def test_a_stranger_behind_the_same_address_does_not_lock_out_a_known_browser(marie, limited, clock):
    owner = Client()
    password(owner, marie.user_id, holders.PASSWORD)
    assert owner.post("/login/code", {"code": marie.code(clock.now())}, **HERE).status_code == 302
    limited("door", tries=2)
    limited("door_name", tries=2)
    for _ in range(4):
        password(Client(), marie.user_id)
    assert password(Client(), marie.user_id, holders.PASSWORD).status_code == 429
    clock.advance(seconds=31)
    assert password(owner, marie.user_id, holders.PASSWORD).status_code == 302


def test_whoever_logs_in_gives_his_tries_back(marie, limited, clock):
    limited("door", tries=1)
    limited("door_name", tries=1)
    for _ in range(4):
        client = Client()
        assert password(client, marie.user_id, holders.PASSWORD).status_code == 302
        assert client.post("/login/code", {"code": marie.code(clock.now())}, **HERE).status_code == 302
        clock.advance(seconds=31)


def test_no_place_for_a_hash_is_a_clear_answer_and_counts_nothing(marie):
    full = Places(at_once=1, each=0, patience=0.01)
    secrets.limit_to(full)
    try:
        answers = [password(Client(), name, word) for name, word in (
            (marie.user_id, "Wrong1"), (marie.user_id, holders.PASSWORD), (UNKNOWN, "Wrong1"))]
    finally:
        secrets.limit_to(Places(at_once=2, each=3, patience=5))
    assert {(answer.status_code, answer["Retry-After"]) for answer in answers} == {(503, "5")}
    assert Credential.objects.get(identity_id=marie.identity.id).failures == 0
