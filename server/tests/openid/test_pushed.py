# SPDX-License-Identifier: Apache-2.0
"""Pushed authorisation requests (RFC 9126): the program asks itself, the browser only brings the name of what was asked."""

import base64
from datetime import timedelta

import pytest

from paraph.domain.identity_provider import services
from paraph.domain.identity_provider.models import AuthorisationRequest, PushedRequest
from paraph.domain.partners import services as partners

from .flow import CALLBACK, Person, challenge, parameters_of

ASKED = {"redirect_uri": CALLBACK, "response_type": "code", "scope": "openid profile", "state": "st", "nonce": "no",
         "code_challenge": challenge(), "code_challenge_method": "S256"}


def push(program, credentials, **changes):
    pair = base64.b64encode(":".join(credentials).encode()).decode()
    given = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}
    return program.post("/openid/par", given, headers={"authorization": f"Basic {pair}"})


def bring(person, name, client_id="bank", **more):
    return person.get("/openid/authorize", {"request_uri": name, "client_id": client_id, **more})


def test_from_the_push_to_the_code(person, program, bank, marie, clock):
    answer = push(program, bank)
    assert answer.status_code == 201 and answer.json()["expires_in"] == 90
    name = answer.json()["request_uri"]
    assert name.startswith("urn:ietf:params:oauth:request_uri:") and len(name) > 70
    back = parameters_of(person.agree(person.log_in_for(bring(person, name), marie, clock.now())))
    assert back["state"] == "st" and program.redeem(back["code"], bank).status_code == 200


def test_what_the_address_says_beside_it_counts_for_nothing(person, program, bank):
    name = push(program, bank).json()["request_uri"]
    bring(person, name, scope="openid", state="other", redirect_uri="https://evil.example/")
    row = AuthorisationRequest.objects.get()
    assert (row.scopes, row.client_state, row.redirect_address) == (["openid", "profile"], "st", CALLBACK)


def test_a_name_is_good_once(person, program, bank):
    name = push(program, bank).json()["request_uri"]
    assert bring(person, name).status_code == 303
    assert bring(Person(), name).status_code == 400
    assert AuthorisationRequest.objects.count() == 1


@pytest.mark.parametrize(("late", "status"), [(timedelta(microseconds=1), 303), (timedelta(0), 400)])
def test_a_name_is_good_for_ninety_seconds(person, program, bank, clock, late, status):
    name = push(program, bank).json()["request_uri"]
    clock.set(clock.now() + timedelta(seconds=90) - late)
    assert bring(person, name).status_code == status


def test_another_client_can_not_bring_it(person, program, bank, system):
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK], caller=system)
    name = push(program, bank).json()["request_uri"]
    assert bring(person, name, client_id="other").status_code == 400
    assert bring(person, name).status_code == 303, "and the attempt does not use it up"


@pytest.mark.parametrize(("changes", "error"), [
    ({"redirect_uri": "https://evil.example/"}, "invalid_request"), ({"code_challenge": None}, "invalid_request"),
    ({"scope": "openid matricule"}, "invalid_scope"), ({"response_type": "token"}, "unsupported_response_type"),
    ({"request_uri": "urn:x"}, "request_uri_not_supported"), ({"client_id": "other"}, "invalid_request"),
    ({"state": ["a", "b"]}, "invalid_request"), ({"state": "a\x00"}, "invalid_request")])
def test_what_would_be_refused_later_is_refused_now(program, bank, changes, error):
    answer = push(program, bank, **changes)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert not PushedRequest.objects.exists()


def test_only_the_client_itself_pushes(program, bank):
    answer = push(program, ("bank", "wrong"))
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})
    assert answer["WWW-Authenticate"].startswith("Basic")
    assert program.post("/openid/par", ASKED).status_code == 401


def test_the_name_and_the_request_do_not_lie_open(program, bank):
    name = push(program, bank).json()["request_uri"]
    row = PushedRequest.objects.get()
    assert row.digest not in name and name.rsplit(":", 1)[1] not in row.digest


def test_one_program_pushes_so_many_and_no_other_pays_for_it(program, bank, system, limited):
    limited("push", tries=2, seconds=90)
    other = partners.register(slug="other", name={"fr": "Autre"}, category="bank", accepts=["token"], caller=system)
    second = services.register_client(client_id="other", partner_id=other.id, redirect_addresses=[CALLBACK],
                                      scopes=["profile"], caller=system)
    assert [push(program, bank).status_code for _ in range(3)] == [201, 201, 429]
    assert push(program, second).status_code == 201 and PushedRequest.objects.count() == 3


def test_what_is_over_leaves_after_ten_minutes(program, bank, system):
    push(program, bank)
    over = PushedRequest.objects.get().expires_at + timedelta(minutes=10)
    services.forget_requests(caller=system.at_instant(over))
    assert PushedRequest.objects.exists()
    services.forget_requests(caller=system.at_instant(over + timedelta(microseconds=1)))
    assert not PushedRequest.objects.exists()


def test_discovery_tells_of_it(client, db):
    found = client.get("/.well-known/openid-configuration").json()
    assert found["pushed_authorization_request_endpoint"] == "http://localhost:8000/openid/par"
