# SPDX-License-Identifier: Apache-2.0
"""A program proves itself with a signed statement at the token endpoint and when it pushes; every other proof gets one answer."""

import base64
from datetime import timedelta

import pytest
from django.test import Client as Browser

from paraph.domain.audit.models import Event
from paraph.domain.identity_provider import client_assertion, clients, services
from paraph.domain.identity_provider.models import ClientKey, PushedRequest, UsedAssertion
from paraph.domain.partners import queries
from paraph.domain.partners import services as partners
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from testkit import programs, races

from .flow import CALLBACK, VERIFIER
from .test_pushed import ASKED, bring, parameters_of

KEY, SECOND, FOREIGN = programs.key(), programs.key(key_id="k2"), programs.key()
NONE = base64.urlsafe_b64encode(b'{"alg":"none","kid":"k1"}').rstrip(b"=").decode()
AUDIENCES = ("http://localhost:8000",)


def register(partner, system, *keys, client_id="bank"):
    return services.register_client(
        client_id=client_id, partner_id=partner.id, redirect_addresses=[CALLBACK], scopes=["profile"],
        public_keys=client_assertion.read_keys(programs.public(*keys)) if keys else (), caller=system)


@pytest.fixture
def bank(tree, system):
    """Instead of the one with a secret: the partner. Its client has a key."""
    partner = partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token"], caller=system)
    assert register(partner, system, KEY) == ("bank", "")
    return partner


@pytest.fixture
def state(clock):
    return lambda key=KEY, **changes: programs.assertion(key, at=clock.now().timestamp(), **changes)


def redeem(program, code, statement, **more):
    return program.post("/openid/token", programs.form(
        statement, grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=VERIFIER, **more))


def knock(program, statement, headers=None, **more):
    """The token endpoint with no code at all: 400 says that the client is known, 401 that it is not."""
    return program.post("/openid/token", {**programs.form(statement), **more}, headers=headers or {})


def faults():
    return [event.facts["fault"] for event in Event.objects.filter(code="identity_provider.client.refused").order_by("id")]


def test_from_the_push_to_the_values(person, program, bank, marie, clock, state):
    pushed = program.post("/openid/par", programs.form(state(aud="http://localhost:8000/openid/par"), client_id="bank", **ASKED))
    assert pushed.status_code == 201
    kept = PushedRequest.objects.get().parameters
    assert not {"client_assertion", "client_assertion_type"} & set(kept)
    back = parameters_of(person.agree(person.log_in_for(bring(person, pushed.json()["request_uri"]), marie, clock.now())))
    answer = redeem(program, back["code"], state(aud="http://localhost:8000/openid/token"))
    assert answer.status_code == 200
    assert program.userinfo(answer.json()["access_token"]).json()["given_name"] == "Marie"
    assert faults() == []


def test_discovery_tells_of_it(client, db):
    found = client.get("/.well-known/openid-configuration").json()
    assert found["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "private_key_jwt"]
    assert found["token_endpoint_auth_signing_alg_values_supported"] == ["ES256", "PS256"]


def test_a_statement_is_good_once_at_whichever_door(program, bank, state):
    statement = state()
    assert knock(program, statement).status_code == 400
    assert knock(program, statement).status_code == 401
    assert program.post("/openid/par", programs.form(statement, **ASKED)).status_code == 401
    assert faults() == ["used", "used"]
    assert knock(program, state(jti="same")).status_code == 400
    assert knock(program, state(jti="same", iat=1)).status_code == 401, "the name counts, not the bytes"


def test_two_clients_may_use_one_name(program, bank, system, state):
    register(bank, system, SECOND, client_id="desk")
    assert knock(program, state(jti="same")).status_code == 400
    assert knock(program, state(SECOND, jti="same", iss="desk", sub="desk")).status_code == 400


def test_whatever_is_wrong_the_answer_is_one(program, bank, system, clock, state):
    secret = services.register_client(client_id="old", partner_id=bank.id, redirect_addresses=[CALLBACK], caller=system)[1]
    used = state()
    knock(program, used)
    now = clock.now().timestamp()
    wrong = {
        "signature": state(FOREIGN), "unknown client": state(iss="nobody", sub="nobody"),
        "a client with a secret": state(iss="old", sub="old"), "issuer": state(iss="old"),
        "audience": state(aud="https://evil.example"), "over": state(exp=now), "life": state(exp=now + 4000),
        "no name": state(jti=None), "used": used, "key": state(header={"kid": "k9"}),
        "alg none": f"{NONE}.{state().split('.')[1]}.", "unsigned": state().rpartition(".")[0] + ".", "rubbish": "rubbish",
        "empty": "", "long": "x" * 5000, "null": "\x00.\x00.\x00"}
    answers = {name: knock(program, statement) for name, statement in wrong.items()}
    answers["a wrong secret"] = program.redeem("", ("bank", "wrong"))
    own = ("Trace", "Nonce", "Security-Policy")  # another one in each answer
    seen = {name: (answer.status_code, answer.content, sorted(
        pair for pair in answer.headers.items() if not any(word.lower() in pair[0].lower() for word in own)))
        for name, answer in answers.items()}
    assert {name: each for name, each in seen.items() if each != seen["a wrong secret"]} == {}
    assert answers["used"].status_code == 401 and answers["used"].json() == {"error": "invalid_client"}
    assert set(faults()) >= {"signature", "client", "audience", "expired", "too_long_a_life", "no_name", "used", "key",
                             "algorithm", "not_a_jwt", "too_long"}
    assert UsedAssertion.objects.count() == 1, "what proves nothing uses nothing up"
    assert program.redeem("x", ("old", secret)).status_code == 400


@pytest.mark.parametrize("more", [
    {"client_secret": "x"}, {"client_secret": ""}, {"client_assertion_type": "urn:other"}, {"client_id": "other"},
    {"client_id": ["bank", "bank"]}, {"client_assertion_type": [programs.TYPE, programs.TYPE]}])
def test_one_proof_and_one_alone(program, bank, state, more):
    assert knock(program, state(), **more).status_code == 401
    assert not UsedAssertion.objects.exists()


def test_a_statement_beside_a_header_or_twice_or_without_its_type_proves_nothing(program, bank, state):
    basic = base64.b64encode(b"bank:x").decode()
    assert knock(program, state(), headers={"authorization": f"Basic {basic}"}).status_code == 401
    assert program.post("/openid/token", {"client_assertion": state()}).status_code == 401
    assert program.post("/openid/token", {"client_assertion_type": programs.TYPE}).status_code == 401
    assert knock(program, [state(), state()]).status_code == 401
    assert program.post(f"/openid/token?client_assertion={state()}&client_assertion_type={programs.TYPE}").status_code == 401
    assert knock(program, state(), client_id="bank").status_code == 400


def test_a_client_has_one_way_to_prove_itself(program, bank, system, state):
    assert program.redeem("x", ("bank", "")).status_code == 401, "it has no secret, and none is not empty"
    _, secret = register(bank, system)
    assert knock(program, state()).status_code == 401
    assert program.redeem("x", ("bank", secret)).status_code == 400
    assert ClientKey.objects.get().retired_at is not None
    register(bank, system, SECOND)
    assert program.redeem("x", ("bank", secret)).status_code == 401
    assert knock(program, state(SECOND)).status_code == 400


def test_a_key_changes_without_a_gap_and_its_id_never_comes_again(program, bank, system, state):
    clients.add_keys(client_id="bank", keys=client_assertion.read_keys(programs.public(SECOND)), caller=system)
    assert knock(program, state()).status_code == knock(program, state(SECOND)).status_code == 400
    assert knock(program, state(header={"kid": None})).status_code == 401, "of two keys one must be named"
    clients.retire_key(client_id="bank", key_id="k1", caller=system)
    assert knock(program, state()).status_code == 401
    assert knock(program, state(SECOND)).status_code == 400
    for key in (KEY, FOREIGN, SECOND):
        with pytest.raises(NotAllowed):
            clients.add_keys(client_id="bank", keys=client_assertion.read_keys(programs.public(key)), caller=system)
    with pytest.raises(NotFound):
        clients.retire_key(client_id="bank", key_id="k1", caller=system)
    told = Event.objects.filter(code__startswith="identity_provider.client.key").order_by("id")
    assert [(event.code.rpartition(".")[2], event.facts["key"]) for event in told] == [
        ("key_added", "k1"), ("key_added", "k2"), ("key_retired", "k1")]


def test_describing_a_client_anew_keeps_the_keys_that_stand(program, bank, system, state):
    register(bank, system, KEY, SECOND)
    assert knock(program, state()).status_code == knock(program, state(SECOND)).status_code == 400
    register(bank, system, SECOND)
    assert knock(program, state()).status_code == 401
    with pytest.raises(NotAllowed):
        register(bank, system, KEY, SECOND)
    assert knock(program, state(SECOND)).status_code == 400, "and nothing of it was done"


def test_keys_are_the_operators_to_change(bank, caller, system):
    read = client_assertion.read_keys(programs.public(SECOND))
    with pytest.raises(Forbidden):
        clients.add_keys(client_id="bank", keys=read, caller=caller)
    with pytest.raises(Forbidden):
        clients.retire_key(client_id="bank", key_id="k1", caller=caller)
    with pytest.raises(NotFound):
        clients.add_keys(client_id="nobody", keys=read, caller=system)
    services.register_client(client_id="old", partner_id=bank.id, redirect_addresses=[CALLBACK], caller=system)
    with pytest.raises(NotAllowed):
        clients.add_keys(client_id="old", keys=read, caller=system)


def test_a_client_has_at_most_eight_keys(bank, system):
    more = [programs.key(key_id=f"m{number}") for number in range(8)]
    clients.add_keys(client_id="bank", keys=client_assertion.read_keys(programs.public(*more[:7])), caller=system)
    with pytest.raises(NotAllowed):
        clients.add_keys(client_id="bank", keys=client_assertion.read_keys(programs.public(more[7])), caller=system)


def test_wrong_statements_are_counted_by_address_and_right_ones_are_not(program, bank, state, limited):
    limited("client", tries=3)
    for _ in range(4):
        assert knock(program, state()).status_code == 400
    assert [knock(program, state(FOREIGN)).status_code for _ in range(3)] == [401] * 3
    answer = knock(program, state())
    assert (answer.status_code, answer.json()) == (429, {"error": "temporarily_unavailable"}) and answer["Retry-After"]
    assert program.post("/openid/par", programs.form(state(), **ASKED)).status_code == 429


def test_a_client_that_was_stopped_proves_nothing(program, bank, state):
    queries.by_slug("bank").__class__.objects.filter(slug="bank").update(active=False)
    assert knock(program, state()).status_code == 401 and faults() == ["client"]


def test_names_are_forgotten_a_day_after_their_end(program, bank, system, state):
    knock(program, state())
    over = UsedAssertion.objects.get().expires_at + timedelta(days=1)
    services.forget_requests(caller=system.at_instant(over))
    assert UsedAssertion.objects.exists()
    services.forget_requests(caller=system.at_instant(over + timedelta(microseconds=1)))
    assert not UsedAssertion.objects.exists()


def test_the_log_of_refusals_takes_any_name(program, bank, state):
    for name in ("\x00", "\ud800", "é", "x" * 100):
        assert knock(program, state(iss=name, sub=name)).status_code == 401
        assert knock(program, state(jti=name * 3, aud=name)).status_code == 401
    assert knock(program, state(jti="\ud800")).status_code == 400
    assert knock(program, state(jti="\ud800")).status_code == 401


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_one_statement_sixteen_times_at_one_instant_proves_once(transactional_db, system, caller, state):
    partner = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    register(partner, system, KEY)
    for _ in range(3):
        statement = state()
        outcomes = races.at_once(lambda _, statement=statement: clients.authenticate(
            assertion=statement, client_id="", audiences=AUDIENCES, caller=caller))
        assert outcomes.count(None) == 15 and [outcome.client_id for outcome in outcomes if outcome is not None] == ["bank"]
    assert UsedAssertion.objects.count() == 3


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_one_key_sixteen_times_at_one_instant_is_added_once(transactional_db, system):
    partner = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    register(partner, system, KEY)
    read = client_assertion.read_keys(programs.public(SECOND))
    outcomes = races.at_once(lambda _: clients.add_keys(client_id="bank", keys=read, caller=system))
    assert outcomes.count(None) == 1 and outcomes.count("not_allowed") == 15


def test_without_a_session_or_cookie_of_any_kind(bank, state):
    answer = knock(Browser(enforce_csrf_checks=True), state())
    assert answer.status_code == 400 and not answer.cookies
