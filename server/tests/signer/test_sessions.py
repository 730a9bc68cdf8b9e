# SPDX-License-Identifier: Apache-2.0
"""Activation sessions: what each kind can do, once, and nothing else. A refusal stands beside each success."""

from datetime import timedelta

import pytest

from paraph.pki import keys as pki_keys
from paraph.signer import digests
from paraph.signer.client import Outcome, SignerRefusal
from paraph.signer.database import to_microseconds
from paraph.signer.values import PROOF_PREFIX

from .conftest import DOCUMENT, Holder, statement
from .content import Service, checkpoint


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


def authorised(holder, clock, kind, **given):
    session = holder.open(kind, **given)
    assert holder.authorise(session, holder.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    return session


# --- activation -------------------------------------------------------------------------------------------------------


def test_an_activation_makes_two_keys_that_prove_themselves(stocked, clock):
    holder = Holder(stocked, "marie", "T-MARIE")
    session = authorised(holder, clock, "activate")
    made = holder.make_keys(session)
    assert (made.authentication.purpose, made.signature.purpose) == ("authentication", "signature")
    assert made.authentication.public_key_der != made.signature.public_key_der
    for key, proof in zip((made.authentication, made.signature), made.proofs, strict=True):
        assert pki_keys.verifies(key.public_key_der, proof, PROOF_PREFIX + key.public_key_der + session.nonce)
        assert stocked.key(key.key_id) == key


def test_an_activation_makes_keys_once(stocked, clock):
    holder = Holder(stocked, "marie", "T-MARIE")
    session = authorised(holder, clock, "activate")
    first = stocked.make_holder_keys(attempt="make", session_id=session.session_id)
    assert stocked.make_holder_keys(attempt="make", session_id=session.session_id) == first
    with refused("session_used"):
        stocked.make_holder_keys(attempt="again", session_id=session.session_id)


def test_without_a_code_no_keys_are_made(stocked, clock):
    holder = Holder(stocked, "marie", "T-MARIE")
    session = holder.open("activate")
    with refused("not_authorised"):
        holder.make_keys(session)
    assert holder.authorise(session, "000000") is Outcome.WRONG
    with refused("not_authorised"):
        holder.make_keys(session)


@pytest.mark.parametrize("kind", ["login", "sign"])
def test_only_an_activation_makes_keys(marie, clock, kind):
    session = authorised(marie, clock, kind)
    with refused("wrong_purpose"):
        marie.make_keys(session)
    assert len(marie.sign(session)) == 1


def test_an_activation_signs_nothing(stocked, clock):
    holder = Holder(stocked, "marie", "T-MARIE")
    session = authorised(holder, clock, "activate")
    with refused("wrong_purpose"):
        holder.sign(session)
    with refused("wrong_purpose"):
        holder.open("activate", hashes=[DOCUMENT])
    assert holder.make_keys(session)


def test_an_activation_lasts_half_an_hour(stocked, clock):
    for seconds, kept in ((30 * 60, True), (30 * 60 + 1, False)):
        holder = Holder(stocked, f"holder-{seconds}", "T-MARIE" if kept else "T-JEAN")
        session = holder.open("activate")
        assert holder.authorise(session, holder.code(clock.now())) is Outcome.ACCEPTED
        clock.advance(seconds=seconds)
        if kept:
            assert holder.make_keys(session)
        else:
            with refused("expired_session"):
                holder.make_keys(session)


def test_a_key_that_the_session_cannot_have_is_refused(stocked, clock):
    holder = Holder(stocked, "marie", "T-MARIE")
    session = authorised(holder, clock, "activate")
    for algorithm in ("P-384", "RSA-1024", "none"):
        with refused("unknown_algorithm"):
            stocked.make_holder_keys(attempt=algorithm, session_id=session.session_id, algorithm=algorithm)
    assert holder.make_keys(session)


# --- login and signature ----------------------------------------------------------------------------------------------


def test_a_session_signs_its_hashes_in_order_with_the_key_of_its_kind(marie, clock):
    hashes = [bytes([number]) * 32 for number in range(3)]
    signatures = marie.sign(authorised(marie, clock, "sign", hashes=hashes))
    key = marie.keys.signature
    assert [digests.verifies(key.public_key_der, *pair) for pair in zip(signatures, hashes, strict=True)] == [True] * 3


@pytest.mark.parametrize("kind", ["login", "confirm"])
def test_the_authentication_key_signs_the_statement_that_was_read(marie, clock, kind):
    [signature] = marie.sign(authorised(marie, clock, kind))
    assert pki_keys.verifies(marie.keys.authentication.public_key_der, signature, statement(kind, "marie"))


def test_a_session_signs_once_and_a_repeated_question_gets_the_same_answer(marie, clock, signer):
    session = authorised(marie, clock, "sign")
    first = signer.holder_sign(attempt="sign", session_id=session.session_id)
    clock.advance(days=1)
    assert signer.holder_sign(attempt="sign", session_id=session.session_id) == first
    with refused("session_used"):
        signer.holder_sign(attempt="again", session_id=session.session_id)
    assert [entry.event for entry in signer.record()].count("holder.signed") == 1


def test_a_session_that_no_code_opened_signs_nothing(marie, clock):
    session = marie.open("sign")
    with refused("not_authorised"):
        marie.sign(session)
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    assert len(marie.sign(session)) == 1


@pytest.mark.parametrize(("seconds", "outcome"), [(180, Outcome.ACCEPTED), (181, Outcome.EXPIRED_SESSION)])
@pytest.mark.parametrize("kind", ["login", "sign"])
def test_a_code_comes_within_180_seconds_of_the_opening(marie, clock, kind, seconds, outcome):
    session = marie.open(kind)
    clock.advance(seconds=seconds)
    assert marie.authorise(session, marie.code(clock.now())) is outcome


def test_the_use_follows_the_code_within_180_seconds(marie, clock):
    session, late = marie.open("sign"), marie.open("sign")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=180)
    assert len(marie.sign(session)) == 1
    assert marie.authorise(late, marie.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=181)
    with refused("expired_session"):
        marie.sign(late)


def test_kinds_and_purposes_do_not_mix(marie, clock, signer):
    issuing = signer.make_key(attempt="ca", purpose="issuing", algorithm="P-256", label="CA")
    for kind, key in (("login", marie.keys.signature), ("sign", marie.keys.authentication),
                      ("login", issuing), ("sign", issuing)):
        with refused("wrong_purpose"):
            marie.open(kind, key_id=key.key_id)
    for purpose in ("signature", "authentication", "issuing", "audit", "ocsp"):
        with refused("wrong_purpose"):
            signer.sign(attempt=f"as-{purpose}", key_id=marie.keys.signature.key_id, purpose=purpose, data=b"x")
    assert len(marie.sign(authorised(marie, clock, "sign"))) == 1


@pytest.mark.parametrize("other", ["root", "ocsp", "tsu", "issuing", "openid", "seal"])
def test_an_infrastructure_key_serves_its_purpose_only(signer, clock, other):
    key = signer.make_key(attempt="audit", purpose="audit", algorithm="P-256", label="audit")
    with refused("wrong_purpose"):
        signer.sign(attempt="1", key_id=key.key_id, purpose=other, data=checkpoint(1, clock.now()))
    statement = checkpoint(1, clock.now())
    assert pki_keys.verifies(
        key.public_key_der, signer.sign(attempt="2", key_id=key.key_id, purpose="audit", data=statement), statement)


def test_the_key_of_another_holder_does_not_exist(marie, jean):
    with refused("unknown_key"):
        marie.open("sign", key_id=jean.keys.signature.key_id)
    assert marie.open("sign")


def test_a_destroyed_key_signs_nothing_and_its_siblings_do(marie, jean, clock, signer):
    waiting = authorised(marie, clock, "sign")
    signer.destroy_key(attempt="destroy", key_id=marie.keys.signature.key_id)
    with refused("key_destroyed"):
        marie.sign(waiting)
    with refused("key_destroyed"):
        marie.open("sign")
    assert len(marie.sign(authorised(marie, clock, "login"))) == 1
    assert len(jean.sign(authorised(jean, clock, "sign"))) == 1


def test_the_web_tier_cannot_destroy_an_authority(signer, clock):
    service = Service(signer.core, clock)
    for authority in (service.root, service.issuing):
        with refused("infrastructure_key"):
            signer.destroy_key(attempt=f"destroy-{authority.info.purpose}", key_id=authority.info.key_id)
        assert service.sign(authority.info, service.list(of=authority))


# --- staff ------------------------------------------------------------------------------------------------------------


def test_staff_log_in_without_a_key_and_nothing_is_signed(stocked, clock):
    officer = Holder(stocked, "officer", "T-STOCK")
    session = authorised(officer, clock, "login", key_id=None)
    with refused("no_key_in_session"):
        officer.sign(session)


# --- who answers for whom ---------------------------------------------------------------------------------------------


def test_a_token_answers_for_its_holder_only(marie, jean, clock):
    with refused("device_not_bound"):
        marie.open("sign", device_serial="T-JEAN")
    session = marie.open("sign", device_serial=None)
    with refused("device_not_bound"):
        marie.authorise(session, jean.code(clock.now()), device_serial="T-JEAN")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED


def test_a_free_token_does_not_open_what_somebody_has(marie, stocked):
    """Whoever controls the web tier and one Token from stock cannot give himself Marie's keys."""
    for kind in ("login", "sign", "activate"):
        with refused("device_not_bound"):
            marie.open(kind, device_serial="T-STOCK")
    with refused("device_not_bound"):
        marie.open("login", key_id=None, device_serial="T-STOCK")
    assert marie.open("activate")


def test_a_token_is_bound_by_an_accepted_code_not_by_a_question(stocked, clock):
    thief, owner = Holder(stocked, "thief", "T-MARIE"), Holder(stocked, "marie", "T-MARIE")
    waiting = thief.open("activate")
    assert thief.authorise(waiting, "000000") is Outcome.WRONG
    assert owner.authorise(owner.open("activate"), owner.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    with refused("device_not_bound"):
        thief.authorise(waiting, thief.code(clock.now()))


def test_unknown_sessions_devices_and_keys(marie, signer):
    with refused("unknown_device"):
        marie.open("sign", device_serial="T-NONE")
    with refused("unknown_key"):
        marie.open("sign", key_id="none")
    with refused("unknown_key"):
        signer.key("none")
    with refused("unknown_session"):
        signer.holder_sign(attempt="x", session_id="none")
    assert not signer.token_exists("T-NONE")


# --- attempts and arguments -------------------------------------------------------------------------------------------


def test_one_attempt_cannot_ask_two_questions(marie, signer, clock):
    session = marie.open("sign")
    code = marie.code(clock.now())
    given = {"session_id": session.session_id, "device_serial": "T-MARIE"}
    assert signer.authorise_with_code(attempt="one", code="000000", **given) is Outcome.WRONG
    with refused("attempt_reused"):
        signer.authorise_with_code(attempt="one", code=code, **given)
    with refused("attempt_reused"):
        signer.holder_sign(attempt="one", session_id=session.session_id)
    assert signer.authorise_with_code(attempt="two", code=code, **given) is Outcome.ACCEPTED


@pytest.mark.parametrize(
    "given",
    [
        {"hashes": [b"too short"]}, {"hashes": ["0" * 32]}, {"hashes": []}, {"labels": []}, {"labels": ["a\nb"]},
        {"kind": "other"}, {"holder": ""}, {"holder": "a b"}, {"holder": None},
        {"hashes": [DOCUMENT] * 1001, "labels": []},
    ],
)
def test_a_question_that_makes_no_sense_is_refused(marie, given):
    with pytest.raises(SignerRefusal) as refusal:
        marie.open(**{"kind": "sign", **given})
    assert refusal.value.code in ("bad_argument", "too_large")
    assert marie.open("sign", hashes=[DOCUMENT] * 1000)


def test_the_session_tells_when_it_ends(marie, clock):
    assert marie.open("sign").expires_at == clock.now() + timedelta(seconds=180)
    assert marie.open("activate").expires_at == clock.now() + timedelta(minutes=30)
    assert len(marie.open("sign").nonce) == 32


def test_a_renewal_with_the_same_token_makes_new_keys(marie, clock):
    before = marie.keys
    marie.make_keys(authorised(marie, clock, "activate"))
    assert marie.keys.signature.key_id != before.signature.key_id
    assert len(marie.sign(authorised(marie, clock, "sign"))) == 1
    assert len(marie.sign(authorised(marie, clock, "sign", key_id=before.signature.key_id))) == 1




def test_logins_that_nobody_finishes_leave_no_line(marie, clock):
    """Any stranger may begin them. The line comes with the right code, and says what was opened, and when."""
    before, opened = marie.signer.verify_record(), clock.now()
    sessions = [marie.open("login") for _ in range(3)]
    assert marie.signer.verify_record() == before and before.holds
    clock.advance(seconds=30)
    assert marie.authorise(sessions[1], marie.code(clock.now())) is Outcome.ACCEPTED
    lines = marie.signer.record()[before.entries:]
    assert [line.event for line in lines] == ["session.opened", "code.accepted"]
    assert {line.facts["session"] for line in lines} == {sessions[1].session_id} and lines[0].facts["holder"] == "marie"
    assert lines[0].facts["opened_at"] == to_microseconds(opened) and marie.signer.verify_record().holds
