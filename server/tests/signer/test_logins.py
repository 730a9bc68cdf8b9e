# SPDX-License-Identifier: Apache-2.0
"""An ID token stands on a login that this signer authorised itself: whose it is, when it was, and with what."""

import json
from datetime import timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from paraph.signer.client import Outcome, SignerRefusal
from paraph.signer.core import Signer
from paraph.signer.values import House
from testkit.simulators.authenticator import BACKED_UP, ELIGIBLE, PRESENT, VERIFIED, Authenticator, b64

from .conftest import PASSPHRASE, SEEDS, Holder, activate, named
from .content import ISSUER, POLICY, Service, person
from .scanning import activated

SUBSTANTIAL, LOW = "http://eidas.europa.eu/LoA/substantial", "http://eidas.europa.eu/LoA/low"
HOURS = timedelta(hours=8)
SLACK = timedelta(seconds=300)


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


@pytest.fixture
def service(tmp_path, clock):
    """The same service, for a house that has passkeys: those that were copied reach a low level."""
    levels = (("attested", SUBSTANTIAL), ("bound", SUBSTANTIAL), ("synced", LOW))
    core = Signer.open(tmp_path / "service", PASSPHRASE, clock,
                       house=House(issuer=ISSUER, timestamp_policies=(POLICY,), passkey_levels=levels))
    yield Service(core, clock)
    core.close()


@pytest.fixture
def marie(service, clock):
    service.core.import_token(attempt="import-marie", serial="T-MARIE", seed=SEEDS["T-MARIE"])
    return activate(service.core, "marie", "T-MARIE", clock)


@pytest.fixture
def jean(service, clock):
    service.core.import_token(attempt="import-jean", serial="T-JEAN", seed=SEEDS["T-JEAN"])
    return activate(service.core, "jean", "T-JEAN", clock)


def log_in(holder, clock, *, finished=True, **given):
    """The evidence of a login; the next code is already a new one."""
    session = holder.open("login", **given)
    assert holder.authorise(session, holder.code(clock.now())) is Outcome.ACCEPTED
    if finished:
        holder.sign(session)
    clock.advance(seconds=60)
    return json.dumps({"session": session.session_id}).encode()


def token(service, sub, logged_in_at, **claims):
    return service.token(claims={"sub": sub, "auth_time": int(logged_in_at.timestamp()), **claims})


# --- whose ------------------------------------------------------------------------------------------------------------


def test_several_partners_have_their_token_of_one_login_and_each_their_own_name(service, marie, clock):
    at = clock.now()
    login = log_in(marie, clock)
    service.sign(service.openid, token(service, "at-the-bank", at, nonce="n1"), content=login)
    clock.advance(hours=2)
    service.sign(service.openid, token(service, "at-the-town", at, aud="town"), content=login)
    service.sign(service.openid, token(service, "at-the-bank", at, nonce="n2"), content=login)
    used = [entry.facts for entry in service.core.record() if entry.facts.get("form") == "token"]
    assert [(facts["holder"], facts["audience"]) for facts in used] == [
        ("marie", "client"), ("marie", "town"), ("marie", "client")]
    assert {facts["session"] for facts in used} == {json.loads(login)["session"]}


def test_nobody_has_a_token_under_anothers_name(service, marie, jean, clock):
    at = clock.now()
    service.sign(service.openid, token(service, "marie-at-the-bank", at), content=log_in(marie, clock))
    at = clock.now()
    login = log_in(jean, clock)
    with refused("wrong_subject"):
        service.sign(service.openid, token(service, "marie-at-the-bank", at), content=login)
    service.sign(service.openid, token(service, "jean-at-the-bank", at), content=login)
    assert service.core.alarms()[-1].facts["code"] == "wrong_subject"


def test_without_a_login_of_its_own_there_is_no_token(service, marie, clock):
    at = clock.now()
    open_one = marie.open("login")
    for content, code in (
        (b"", "wrong_login"), (json.dumps({"session": "unknown"}).encode(), "wrong_login"),
        (json.dumps({"session": open_one.session_id}).encode(), "wrong_login"), (b"{", "wrong_content"),
        (b'{"session": 1}', "wrong_content"), (b'{"session": "x", "more": 1}', "wrong_content"), (b"[]", "wrong_content"),
        (b'{"session": "x", "session": "y"}', "wrong_content"), (bytes(32 * 1024 + 1), "too_large"),
    ):
        with refused(code):
            service.sign(service.openid, token(service, "s", at), content=content)
    # Authorised, but the holder's key has not signed the login.
    unfinished = log_in(marie, clock, finished=False)
    with refused("wrong_login"):
        service.sign(service.openid, token(service, "s", at), content=unfinished)


def test_a_signature_an_activation_or_a_login_of_staff_is_no_login_for_partners(service, marie, clock):
    at = clock.now()
    session = marie.open("sign")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    marie.sign(session)
    clock.advance(seconds=60)
    staff = log_in(marie, clock, finished=False, key_id=None)
    for content in (json.dumps({"session": session.session_id}).encode(), staff):
        with refused("wrong_login"):
            service.sign(service.openid, token(service, "s", at), content=content)


def test_a_device_that_has_ended_and_a_key_that_has_ended_give_none(service, marie, jean, clock):
    at = clock.now()
    first, second = log_in(marie, clock), log_in(jean, clock)
    service.core.retire_device(attempt="lost", device_serial="T-MARIE")
    service.core.destroy_key(attempt="jean-ends", key_id=jean.keys.authentication.key_id)
    for login in (first, second):
        with refused("wrong_login"):
            service.sign(service.openid, token(service, "s", at), content=login)


def test_the_same_person_under_a_new_identity_keeps_the_name_and_nobody_else_takes_it(service, marie, jean, clock):
    """An officer said that this is the same person."""
    at = clock.now()
    service.sign(service.openid, token(service, "marie-at-the-bank", at), content=log_in(marie, clock))
    service.core.import_token(attempt="import", serial="T-STOCK", seed=SEEDS["T-STOCK"])
    named(service.core, "marie-again", person("00100978855105600099"), same_as="marie")
    again = activate_named(service, "marie-again", "T-STOCK", clock)
    at = clock.now()
    service.sign(service.openid, token(service, "marie-at-the-bank", at), content=log_in(again, clock))
    # Who he is can't be said anew.
    with refused("wrong_name"):
        named(service.core, "jean", person("00100978855105608537", "Weber"), same_as="marie")


def activate_named(service, name, serial, clock):
    holder = Holder(service.core, name, serial)
    session = service.core.open_session(attempt=f"open-{name}", kind="activate", holder=name, key_id=None, hashes=[],
                                        labels=[], device_serial=serial)
    assert holder.authorise(session, holder.code(clock.now())) is Outcome.ACCEPTED
    holder.make_keys(session)
    clock.advance(seconds=60)
    return holder


def test_the_news_of_a_logout_goes_to_who_had_a_token(service, marie, clock):
    events = {"http://schemas.openid.net/event/backchannel-logout": {}}
    at, login = clock.now(), log_in(marie, clock)
    news = service.token(header={"typ": "logout+jwt"}, claims={"sub": "marie-at-the-bank", "events": events})
    with refused("wrong_subject"):
        service.sign(service.openid, news)
    service.sign(service.openid, token(service, "marie-at-the-bank", at), content=login)
    service.sign(service.openid, news)
    with refused("wrong_content"):
        service.sign(service.openid, news, content=login)


# --- when, and with what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shift", "code"), [(300, None), (301, "wrong_login"), (-300, None), (-301, "wrong_login")])
def test_it_says_when_the_login_was(service, marie, clock, shift, code):
    at, login = clock.now(), log_in(marie, clock)
    data = token(service, "s", at + timedelta(seconds=shift))
    if code:
        with refused(code):
            service.sign(service.openid, data, content=login)
    else:
        service.sign(service.openid, data, content=login)


def test_it_is_had_as_long_as_a_session_lives(service, marie, clock):
    at, login = clock.now(), log_in(marie, clock)
    clock.set(at + HOURS + SLACK)
    service.sign(service.openid, token(service, "s", at), content=login)
    clock.advance(seconds=1)
    with refused("wrong_login"):
        service.sign(service.openid, token(service, "s", at), content=login)


@pytest.mark.parametrize("claims", [
    {"acr": LOW}, {"acr": "http://eidas.europa.eu/LoA/high"}, {"acr": None}, {"amr": ["pwd", "hwk", "user"]},
    {"amr": ["otp", "pwd"]}, {"amr": ["pwd"]}, {"amr": None}, {"amr": "pwd otp"}])
def test_it_says_what_was_used(service, marie, clock, claims):
    at, login = clock.now(), log_in(marie, clock)
    with refused("wrong_login"):
        service.sign(service.openid, token(service, "s", at, **claims), content=login)
    for time in ({"auth_time": None}, {"auth_time": "1"}, {"auth_time": True}):
        with refused("wrong_content"):
            service.sign(service.openid, token(service, "s", at, **time), content=login)
    service.sign(service.openid, token(service, "s", at), content=login)


def test_a_scan_logs_in_as_a_token_does(service, clock):
    anna = activated(service.core, "anna", "S-ANNA")
    at, session = clock.now(), anna.open("login")
    assert anna.answer(session, anna.look(anna.challenge(session))) is Outcome.ACCEPTED
    anna.sign(session)
    service.sign(service.openid, token(service, "s", at), content=json.dumps({"session": session.session_id}).encode())


# --- passkeys ---------------------------------------------------------------------------------------------------------


HOST = "id.example.org"


def der(key):
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def add(service, login, key, *, identifier="cred", attested=False):
    service.core.add_passkey(attempt=service.attempt(), session_id=json.loads(login)["session"], credential_id=identifier,
                             public_key_der=der(key), attested=attested)


@pytest.fixture
def authenticator():
    made = Authenticator()
    made.make({"rp": {"id": HOST}, "user": {"id": b64(b"handle")}, "challenge": ""})
    return made


@pytest.fixture
def registered(service, marie, clock, authenticator):
    [credential] = authenticator.credentials
    add(service, log_in(marie, clock), credential.key, identifier=b64(credential.id))
    return credential


def passkey_login(service, authenticator, *, holder="marie", said=None, **bent):
    """A login that the passkey signed, as the service hands it over."""
    session = service.core.open_session(attempt=service.attempt(), kind="login", holder=holder, key_id=None, hashes=[],
                                        labels=[], device_serial=None)
    statement = json.dumps({"nonce": b64(session.nonce), "identity": holder, "type": "paraph-login-1",
                            **(said or {})}).encode()
    answer = authenticator.use(
        {"rpId": HOST, "challenge": b64(sha256(statement).digest())}, authenticator.credentials[0],
        **{"origin": f"https://{HOST}", **bent})
    return {"session": session.session_id, "statement": b64(statement), "answer": json.loads(answer)}


def sign(service, evidence, at, **claims):
    claims = {"acr": SUBSTANTIAL, "amr": ["pwd", "swk", "user"], **claims}
    service.sign(service.openid, token(service, "marie-at-the-bank", at, **claims), content=json.dumps(evidence).encode())


def test_a_login_with_a_passkey_of_hers_gives_tokens(service, registered, authenticator, clock):
    evidence, at = passkey_login(service, authenticator), clock.now()
    sign(service, evidence, at)
    clock.advance(hours=3)
    sign(service, evidence, at)
    with refused("wrong_login"):
        sign(service, evidence, at, amr=["pwd", "otp"])
    with refused("wrong_login"):
        sign(service, evidence, at, amr=["pwd", "hwk", "user"])
    clock.set(at + timedelta(minutes=15) + HOURS + SLACK)
    sign(service, evidence, at)
    clock.advance(seconds=1)
    with refused("wrong_login"):
        sign(service, evidence, at)


@pytest.mark.parametrize("bent", [
    {"origin": "https://id.example.com"}, {"origin": "http://id.example.org"}, {"cross_origin": True},
    {"type": "webauthn.create"}, {"challenge": b64(bytes(32))}, {"relying_party": "example.org"}, {"flags": PRESENT},
    {"flags": VERIFIED}, {"signature": bytes(70)}, {"said": {"identity": "jean"}}, {"said": {"nonce": b64(bytes(32))}}])
def test_one_thing_wrong_in_what_it_signed_and_there_is_none(service, registered, authenticator, clock, bent):
    with refused("wrong_login"):
        sign(service, passkey_login(service, authenticator, **bent), clock.now())
    sign(service, passkey_login(service, authenticator), clock.now())


def test_what_was_signed_serves_its_own_session_and_its_own_day(service, registered, authenticator, clock):
    first, second = passkey_login(service, authenticator), passkey_login(service, authenticator)
    with refused("wrong_login"):
        sign(service, {**first, "session": second["session"]}, clock.now())
    with refused("wrong_login"):
        sign(service, {**first, "answer": second["answer"]}, clock.now())
    for late, code in ((timedelta(minutes=15) + SLACK, None), (timedelta(minutes=15, seconds=1) + SLACK, "wrong_login")):
        when = clock.now() + late
        if code:
            with refused(code):
                sign(service, first, when)
        else:
            sign(service, first, when)


def test_a_copy_reaches_what_the_operator_says_of_copies(service, registered, authenticator, clock):
    evidence = passkey_login(service, authenticator, flags=PRESENT | VERIFIED | ELIGIBLE | BACKED_UP)
    with refused("wrong_login"):
        sign(service, evidence, clock.now())
    sign(service, evidence, clock.now(), acr=LOW)


def test_another_key_another_holder_and_one_that_was_removed(service, registered, authenticator, jean, clock):
    thief = Authenticator()
    thief.make({"rp": {"id": HOST}, "user": {"id": b64(b"handle")}, "challenge": ""})
    with refused("wrong_login"):
        sign(service, passkey_login(service, thief), clock.now())
    thief.credentials[0].id = registered.id
    with refused("wrong_login"):
        sign(service, passkey_login(service, thief), clock.now())
    with refused("wrong_login"):  # hers, in a login of Jean's
        sign(service, passkey_login(service, authenticator, holder="jean"), clock.now())
    evidence = passkey_login(service, authenticator)
    sign(service, evidence, clock.now())
    service.core.remove_passkey(attempt="gone", credential_id=b64(registered.id))
    with refused("wrong_login"):
        sign(service, evidence, clock.now())


@pytest.mark.parametrize("broken", [
    {"statement": "!"}, {"statement": b64(b"[]")}, {"answer": {}}, {"answer": []}, {"answer": {"id": "x", "response": {}}},
    {"statement": b64(b"{}")}, {"statement": b64(b"x" * 9000)}])
def test_what_cannot_be_read_is_refused(service, registered, authenticator, clock, broken):
    with refused("wrong_content"):
        sign(service, {**passkey_login(service, authenticator), **broken}, clock.now())


def test_a_passkey_joins_by_a_fresh_login_with_a_device_and_stays_its_holders(service, marie, jean, clock):
    at, login = clock.now(), log_in(marie, clock)
    key = ec.generate_private_key(ec.SECP256R1())
    with refused("wrong_login"):
        add(service, json.dumps({"session": "unknown"}).encode(), key)
    clock.set(at + timedelta(minutes=13))
    add(service, login, key)
    with refused("passkey_exists"):
        add(service, login, key)
    clock.set(clock.now() + timedelta(microseconds=1))
    with refused("wrong_login"):
        add(service, login, ec.generate_private_key(ec.SECP256R1()), identifier="another")
    with refused("passkey_exists"):
        add(service, log_in(jean, clock), key)


def test_keys_of_every_algorithm_that_is_asked_for_and_no_others(service, marie, clock):
    login = log_in(marie, clock)
    made = {"es256": ec.generate_private_key(ec.SECP256R1()), "es384": ec.generate_private_key(ec.SECP384R1()),
            "eddsa": ed25519.Ed25519PrivateKey.generate(), "rs256": rsa.generate_private_key(65537, 2048)}
    for name, key in made.items():
        add(service, login, key, identifier=name)
    with refused("wrong_content"):
        service.core.add_passkey(attempt="x", session_id=json.loads(login)["session"], credential_id="y",
                                 public_key_der=b"no key", attested=False)


def test_where_the_operator_has_no_passkeys_none_gives_a_token(service, registered, authenticator, clock, monkeypatch):
    monkeypatch.setattr(service.core, "_house", House(issuer=ISSUER))
    with refused("wrong_login"):
        sign(service, passkey_login(service, authenticator), clock.now())
