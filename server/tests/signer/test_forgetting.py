# SPDX-License-Identifier: Apache-2.0
"""Sessions and answers are forgotten a week after their end; what keeps a code from working twice is not. And a holder's
key ends only after its certificates have."""

import sqlite3
from datetime import timedelta

import pytest

from paraph.pki import ocsp, x509
from paraph.pki.crl import Reason
from paraph.signer import upkeep
from paraph.signer.client import Outcome, SignerRefusal

from .conftest import activate
from .scanning import activated


def count(tmp_path, table, folder="signer"):
    with sqlite3.connect(tmp_path / folder / "signer.sqlite3") as connection:
        [found] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return found


def test_a_session_is_forgotten_a_week_after_its_end(marie, clock, signer, tmp_path):
    signer.core.tick()
    clock.advance(days=1)
    session = marie.open("login")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    marie.sign(session)
    usable_until = clock.now() + timedelta(seconds=180)
    clock.set(usable_until + timedelta(days=7))
    signer.core.tick()
    assert count(tmp_path, "sessions") == 1  # the activation's is gone
    clock.advance(hours=1)
    signer.core.tick()
    assert count(tmp_path, "sessions") == 0
    with pytest.raises(SignerRefusal, match="unknown_session"):
        marie.sign(session)


def test_answers_are_forgotten_and_those_that_made_something_are_not(marie, clock, signer, tmp_path):
    signer.open_session(attempt="asked", kind="login", holder="marie", key_id=None, hashes=[], labels=[],
                        device_serial="T-MARIE")
    made = signer.make_key(attempt="key", purpose="ocsp", algorithm="P-256", label="OCSP")
    clock.advance(days=7)
    signer.core.tick()
    with pytest.raises(SignerRefusal, match="attempt_reused"):
        signer.make_key(attempt="asked", purpose="ocsp", algorithm="P-256", label="OCSP")
    clock.advance(hours=1)
    signer.core.tick()
    assert signer.make_key(attempt="key", purpose="ocsp", algorithm="P-256", label="OCSP") == made
    with sqlite3.connect(tmp_path / "signer" / "signer.sqlite3") as connection:
        calls = {call for (call,) in connection.execute("SELECT call FROM attempts")}
    assert calls == {"import_token", "admit_name", "make_holder_keys", "make_key"}
    assert signer.verify_record().holds


def test_no_code_works_again_because_something_was_forgotten(marie, clock, signer):
    code, session = marie.code(clock.now()), marie.open("login")
    given = {"attempt": "used", "session_id": session.session_id, "device_serial": "T-MARIE", "code": code}
    assert signer.authorise_with_code(**given) is Outcome.ACCEPTED
    was = clock.now()
    clock.advance(days=8)
    signer.core.tick()
    with pytest.raises(SignerRefusal, match="unknown_session"):
        signer.authorise_with_code(**given)
    # Even by a clock that was set back: the step stays used.
    clock.set(was)
    assert marie.authorise(marie.open("login"), code) is Outcome.WRONG


def test_a_scans_images_are_forgotten_with_their_session(signer, clock, tmp_path):
    anna = activated(signer, "anna", "S-ANNA")
    session = anna.open("login")
    code = anna.look(anna.challenge(session))
    clock.advance(days=8)
    signer.core.tick()
    assert count(tmp_path, "scan_challenges") == 0 and count(tmp_path, "sessions") == 0
    with pytest.raises(SignerRefusal, match="unknown_session"):
        anna.authorise(session, code)


def test_it_looks_once_an_hour_and_goes_on_while_there_is_more(marie, clock, signer, monkeypatch, tmp_path):
    monkeypatch.setattr(upkeep, "MOST_AT_ONCE", 3)
    for _number in range(7):
        marie.open("login")
    clock.advance(days=8)
    left = []
    for _ in range(4):
        signer.core.tick()
        left.append(count(tmp_path, "sessions"))
    assert left == [5, 2, 0, 0]


# --- the end of a holder's key ----------------------------------------------------------------------------------------


@pytest.fixture
def certified(service, clock):
    """Marie's signature key with a certificate, and a responder for it."""
    service.core.import_token(attempt="import", serial="T-MARIE", seed=b"12345678901234567890")
    key = activate(service.core, "marie", "T-MARIE", clock).keys.signature
    made = service.holder_instruction(key, serial=0x4D)
    service.sign(service.issuing.info, x509.to_be_signed(made))
    service.certify_ocsp()
    return key, made


def destroy(service, key):
    service.core.destroy_key(attempt=service.attempt(), key_id=key.key_id)


def revoked(service, **more):
    at = service.clock.now().replace(microsecond=0)
    return {"status": ocsp.Status.REVOKED, "revoked_at": at, **more}


def in_force():
    return pytest.raises(SignerRefusal, match="^certificate_in_force$")


@pytest.mark.parametrize("reason", [None, Reason.KEY_COMPROMISE, Reason.CESSATION_OF_OPERATION])
def test_a_key_ends_after_the_world_was_told_that_its_certificate_has(service, certified, reason):
    key, _ = certified
    with in_force():
        destroy(service, key)
    service.sign(service.ocsp, service.answer(single=revoked(service, reason=reason)))
    destroy(service, key)


def test_nothing_else_that_is_said_ends_a_key(service, certified):
    key, _ = certified
    service.sign(service.ocsp, service.answer())
    service.sign(service.ocsp, service.answer(single={"status": ocsp.Status.UNKNOWN}))
    service.sign(service.ocsp, service.answer(single=revoked(service, reason=Reason.CERTIFICATE_HOLD)))
    service.sign(service.ocsp, service.answer(serial=0x4E, single=revoked(service)))
    with in_force():
        destroy(service, key)


def test_a_responder_speaks_for_its_own_authority_only(service, certified):
    """A responder's key that no authority of the holder's certificate certified ends nothing."""
    key, _ = certified
    stranger = service.make("ocsp")
    service.sign(stranger, service.answer(key=stranger.public_key_der, single=revoked(service)))
    with in_force():
        destroy(service, key)


def test_every_certificate_of_the_key_must_have_ended(service, certified):
    key, _ = certified
    service.sign(service.issuing.info, x509.to_be_signed(service.holder_instruction(key, serial=0x4F)))
    service.sign(service.ocsp, service.answer(single=revoked(service)))
    with in_force():
        destroy(service, key)
    service.sign(service.ocsp, service.answer(serial=0x4F, single=revoked(service)))
    destroy(service, key)


def test_an_expired_certificate_has_ended(service, certified, clock):
    key, made = certified
    clock.set(made.not_after)
    with in_force():
        destroy(service, key)
    clock.advance(microseconds=1)
    destroy(service, key)


def test_a_key_without_certificate_ends_at_once(service, clock):
    service.core.import_token(attempt="import", serial="T-MARIE", seed=b"12345678901234567890")
    destroy(service, activate(service.core, "marie", "T-MARIE", clock).keys.signature)
