# SPDX-License-Identifier: Apache-2.0
"""@simplewebauthn/server judges the same answers as we do, and comes to the same end, for good ones and for bent ones."""

import base64
import json
from hashlib import sha256

import pytest

from paraph.domain.authentication.models import LoginEvidence
from paraph.domain.devices.methods import webauthn
from paraph.domain.devices.methods.passkey import creation_options, relying_party, request_options
from paraph.domain.devices.methods.webauthn import Fault
from paraph.domain.devices.models import Passkey
from testkit.second_verifier import second_verifier
from testkit.simulators.authenticator import EDDSA, ELIGIBLE, ES256, PRESENT, RS256, VERIFIED, Authenticator, Maker, b64

ORIGIN, NAME, CHALLENGE = "http://localhost:8000", "localhost", bytes(range(32))
AAGUID = "f8a011f3-8c0a-4d15-8006-17111f9edc7d"


@pytest.fixture(scope="module")
def ask():
    with second_verifier(origin=ORIGIN, relying_party=NAME) as ask:
        yield ask


@pytest.fixture(scope="module")
def maker():
    return Maker()


@pytest.fixture
def here(maker):
    return relying_party({"attestation": "direct", "self_attestation": True, "models": [
        {"aaguid": AAGUID, "name": "Clé d’essai", "roots": [maker.root_pem]}]}, url=ORIGIN, name="Paraph")


def made(authenticator, here, **bent):
    options = creation_options(here, challenge=CHALLENGE, user_handle=b64(bytes(32)), name="Marie", known=(), seconds=180)
    return authenticator.make(options, **bent)


@pytest.mark.parametrize("algorithm", [ES256, EDDSA, RS256])
@pytest.mark.parametrize("vouched", ["maker", "own"])
@pytest.mark.parametrize("synced", [False, True])
def test_a_new_passkey_is_read_alike(ask, here, maker, clock, algorithm, vouched, synced):
    authenticator = Authenticator(algorithm=algorithm, synced=synced, aaguid=bytes.fromhex(AAGUID.replace("-", "")),
                                  maker=maker if vouched == "maker" else None, own_attestation=vouched == "own")
    answer = made(authenticator, here)
    ours = webauthn.judge_registration(answer, here, CHALLENGE, clock.now())
    theirs = ask("registration", response=json.loads(answer), challenge=b64(CHALLENGE), roots=[maker.root_pem])
    assert theirs == {
        "good": True, "id": ours.credential_id, "publicKey": b64(ours.public_key), "counter": ours.sign_count,
        "aaguid": str(ours.aaguid), "format": ours.attestation.format, "backedUp": ours.backed_up,
        "device": "multiDevice" if ours.backup_eligible else "singleDevice"}


@pytest.mark.parametrize("bent", [
    {"challenge": b64(bytes(32))}, {"origin": "http://localhost:8001"}, {"type": "webauthn.get"},
    {"relying_party": "example.org"}, {"flags": PRESENT | 0x40}, {"flags": VERIFIED | 0x40},
    {"flags": PRESENT | VERIFIED | 0x50}, {"flags": PRESENT | VERIFIED}, {"cose": {1: 2, 3: -65535}},
    {"statement": {"alg": -7, "sig": bytes(70)}}, {"attestation_object": b"\x81" * 100}, {"attestation_object": b"\xa0"},
])
def test_what_we_refuse_they_refuse(ask, here, clock, bent):
    answer = made(Authenticator(own_attestation=True), here, **bent)
    assert isinstance(webauthn.judge_registration(answer, here, CHALLENGE, clock.now()), Fault)
    assert ask("registration", response=json.loads(answer), challenge=b64(CHALLENGE))["good"] is False


def test_another_makers_certificate_is_refused_by_both(ask, here, maker, clock):
    answer = made(Authenticator(maker=Maker(), aaguid=bytes.fromhex(AAGUID.replace("-", ""))), here)
    assert webauthn.judge_registration(answer, here, CHALLENGE, clock.now()) == Fault.ATTESTATION
    assert ask("registration", response=json.loads(answer), challenge=b64(CHALLENGE),
               roots=[maker.root_pem])["good"] is False


@pytest.mark.parametrize(("bent", "good"), [
    ({}, True), ({"challenge": b64(bytes(32))}, False), ({"origin": "https://localhost"}, False),
    ({"type": "webauthn.create"}, False), ({"relying_party": "example.org"}, False), ({"flags": PRESENT}, False),
    ({"flags": VERIFIED}, False), ({"signature": bytes(70)}, False), ({"count": 1}, False), ({"count": 0}, False),
    ({"flags": PRESENT | VERIFIED | 0x10}, False),
])
def test_a_login_is_judged_alike(ask, here, clock, bent, good):
    authenticator = Authenticator(own_attestation=True)
    known = webauthn.judge_registration(made(authenticator, here), here, CHALLENGE, clock.now())
    answer = authenticator.use(request_options(
        here, challenge=CHALLENGE, seconds=180), **bent)
    read = webauthn.read_answer(answer)
    judged = read if isinstance(read, Fault) else webauthn.judge_assertion(
        read, here, CHALLENGE, public_key=known.public_key, user_handle=b64(bytes(32)), backup_eligible=False)
    ours = not isinstance(judged, Fault) and not webauthn.has_gone_back(known.sign_count, judged.sign_count)
    theirs = ask("login", response=json.loads(answer), challenge=b64(CHALLENGE), credential={
        "id": known.credential_id, "publicKey": b64(known.public_key), "counter": known.sign_count})
    assert (ours, theirs["good"]) == (good, good), (judged, theirs)


def test_without_a_user_handle_we_are_stricter(here, clock, ask):
    """No credential was named, so it must be there (WebAuthn 7.2, step 6); the other library leaves that to its caller."""
    authenticator = Authenticator(own_attestation=True)
    known = webauthn.judge_registration(made(authenticator, here), here, CHALLENGE, clock.now())
    answer = authenticator.use(request_options(here, challenge=CHALLENGE, seconds=180), user_handle=b"")
    assert webauthn.judge_assertion(
        webauthn.read_answer(answer), here, CHALLENGE, public_key=known.public_key, user_handle=b64(bytes(32)),
        backup_eligible=False) == Fault.USER
    assert ask("login", response=json.loads(answer), challenge=b64(CHALLENGE), credential={
        "id": known.credential_id, "publicKey": b64(known.public_key), "counter": known.sign_count})["good"] is True


def test_where_we_are_stricter(here, clock, ask):
    """A passkey that says of itself something else than when it was made: the flags of WebAuthn 7.2, step 18, are kept by
    us and not given to the other library."""
    authenticator = Authenticator(own_attestation=True)
    known = webauthn.judge_registration(made(authenticator, here), here, CHALLENGE, clock.now())
    answer = authenticator.use(request_options(here, challenge=CHALLENGE, seconds=180),
                               flags=PRESENT | VERIFIED | ELIGIBLE)
    assert webauthn.judge_assertion(
        webauthn.read_answer(answer), here, CHALLENGE, public_key=known.public_key, user_handle=b64(bytes(32)),
        backup_eligible=False) == Fault.BACKUP_FLAGS
    assert ask("login", response=json.loads(answer), challenge=b64(CHALLENGE), credential={
        "id": known.credential_id, "publicKey": b64(known.public_key), "counter": known.sign_count})["good"] is True


@pytest.mark.django_db
def test_the_evidence_of_a_login_is_verified_by_a_stranger(ask, with_passkey, authenticator, first_step, options, answer):
    """What the database keeps is enough for any library of the standard."""
    login = first_step(with_passkey)
    session = answer(login, authenticator.use(options(login))).session_id
    evidence, passkey = LoginEvidence.objects.get(session_id=session), Passkey.objects.get()
    kept = json.loads(bytes(evidence.device_statement))
    question = {"response": {**kept, "rawId": kept["id"], "clientExtensionResults": {}},
                "credential": {"id": passkey.credential_id, "publicKey": b64(bytes(passkey.public_key)), "counter": 0}}
    challenge = base64.urlsafe_b64encode(sha256(bytes(evidence.statement)).digest()).rstrip(b"=").decode()
    assert ask("login", challenge=challenge, **question)["good"] is True
    other = b64(sha256(bytes(evidence.statement) + b" ").digest())
    assert ask("login", challenge=other, **question)["good"] is False
