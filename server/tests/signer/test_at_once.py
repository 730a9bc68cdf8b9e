# SPDX-License-Identifier: Apache-2.0
"""A code judged and the key used in one question: what the two questions would give, whole or not at all."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from hashlib import sha256

import pytest

from paraph.signer import digests
from paraph.signer.client import Outcome, Signed, SignerUnavailable
from paraph.signer.record import Event
from paraph.signer.stores import StoreUnavailable
from paraph.signer.stores.software import SoftwareStore

from .conftest import DOCUMENT, Holder, statement
from .scanning import activated
from .test_processes import SEEDS, authorised, digits, known
from .test_processes import signer as process_of_signer
from .test_sessions import refused


def at_once(holder, session, code, attempt=None, **given):
    given = {"device_serial": holder.serial, **given}
    return holder.signer.sign_with_code(
        attempt=attempt or holder.attempt(), session_id=session.session_id, code=code, **given)


def events(signer, *wanted):
    return [entry for entry in signer.record() if entry.event in wanted]


@pytest.mark.parametrize(("kind", "purpose"), [("login", "authentication"), ("sign", "signature")])
def test_a_right_code_gives_the_signatures_and_both_lines(marie, clock, kind, purpose):
    documents = [DOCUMENT, bytes(32)] if kind == "sign" else [sha256(statement(kind, "marie")).digest()]
    session = marie.open(kind, hashes=documents)
    answer = at_once(marie, session, marie.code(clock.now()), attempt="once")
    assert answer.outcome is Outcome.ACCEPTED and answer.shown == b""
    key = getattr(marie.keys, purpose)
    assert [digests.verifies(key.public_key_der, *pair) for pair in zip(answer.signatures, documents, strict=True)] == [
        True] * len(documents)
    accepted, signed = events(marie.signer, Event.CODE_ACCEPTED, Event.HOLDER_SIGNED)[-2:]
    assert (accepted.event, signed.event) == ("code.accepted", "holder.signed")
    assert signed.facts["attempt"] == "once" and signed.facts["session"] == session.session_id
    assert signed.facts["signatures"] == [sha256(one).hexdigest() for one in answer.signatures]
    with refused("session_used"):
        marie.sign(session)
    assert marie.signer.verify_record().holds


def test_asked_again_it_answers_the_same_and_signs_no_second_time(marie, clock):
    session, code = marie.open("login"), marie.code(clock.now())
    first = at_once(marie, session, code, attempt="once")
    clock.advance(days=1)
    assert at_once(marie, session, code, attempt="once") == first
    assert len(events(marie.signer, Event.HOLDER_SIGNED)) == 1
    with refused("attempt_reused"):
        at_once(marie, session, "000000", attempt="once")
    with refused("attempt_reused"):
        marie.signer.authorise_with_code(attempt="once", session_id=session.session_id, device_serial=marie.serial, code=code)


def test_a_wrong_code_is_counted_and_signs_nothing(marie, clock):
    session = marie.open("login")
    code = marie.code(clock.now())
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert at_once(marie, session, wrong) == Signed(Outcome.WRONG)
    assert len(events(marie.signer, Event.CODE_WRONG)) == 1
    assert not events(marie.signer, Event.HOLDER_SIGNED)
    with refused("not_authorised"):
        marie.sign(session)
    assert at_once(marie, session, code).signatures


def test_a_replayed_code_signs_nothing(marie, clock):
    code = marie.code(clock.now())
    assert at_once(marie, marie.open("login"), code).outcome is Outcome.ACCEPTED
    assert at_once(marie, marie.open("login"), code) == Signed(Outcome.WRONG)


@pytest.mark.parametrize(("seconds", "outcome"), [(180, Outcome.ACCEPTED), (181, Outcome.EXPIRED_SESSION)])
def test_a_code_comes_in_time(marie, clock, seconds, outcome):
    session = marie.open("login")
    clock.advance(seconds=seconds)
    answer = at_once(marie, session, marie.code(clock.now()))
    assert (answer.outcome, bool(answer.signatures)) == (outcome, outcome is Outcome.ACCEPTED)


def test_without_a_key_the_session_is_opened_and_nothing_signed(stocked, clock):
    staff = Holder(stocked, "staff", "T-JEAN")
    session = staff.open("login")
    assert at_once(staff, session, staff.code(clock.now())) == Signed(Outcome.ACCEPTED)
    assert not events(stocked, Event.HOLDER_SIGNED)


def test_where_no_key_signs_the_code_is_not_even_looked_at(stocked, clock):
    holder = Holder(stocked, "marie", "T-MARIE")
    session, code = holder.open("activate"), holder.code(clock.now())
    with refused("wrong_purpose"):
        at_once(holder, session, code)
    assert holder.authorise(session, code) is Outcome.ACCEPTED


def test_a_device_of_somebody_else_opens_nothing(marie, jean, clock):
    with refused("device_not_bound"):
        at_once(marie, marie.open("login"), jean.code(clock.now()), device_serial=jean.serial)
    assert not events(marie.signer, Event.HOLDER_SIGNED)


def test_a_key_that_cannot_be_used_now_uses_up_no_code(marie, clock, monkeypatch):
    session, code = marie.open("login"), marie.code(clock.now())
    before = marie.signer.record()[-1].sequence
    with monkeypatch.context() as broken:
        def away(*_):
            raise StoreUnavailable()

        broken.setattr(SoftwareStore, "sign_once", away)
        with pytest.raises(SignerUnavailable):
            at_once(marie, session, code, attempt="once")
    assert marie.signer.record()[-1].sequence == before
    assert at_once(marie, session, code, attempt="once").signatures


def test_of_many_at_once_one_signs(marie, clock):
    sessions, code = [marie.open("login") for _ in range(32)], marie.code(clock.now())
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda session: at_once(marie, session, code, attempt=f"at-{session.session_id}"), sessions))
    assert sorted(answer.outcome for answer in answers) == ["accepted"] + ["wrong"] * 31
    assert [len(answer.signatures) for answer in answers].count(1) == 1
    assert len(events(marie.signer, Event.HOLDER_SIGNED)) == 1


def test_a_scan_gives_its_statement_too(signer):
    anna = activated(signer, "anna", "S-ANNA")
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    wrong = f"{(int(code) + 1) % 10 ** 8:08d}"
    given = {"session_id": session.session_id, "device_serial": anna.serial}
    assert signer.sign_with_answer(attempt="wrong", answer=wrong, **given) == Signed(Outcome.WRONG)
    answer = signer.sign_with_answer(attempt="once", answer=code, **given)
    assert answer.outcome is Outcome.ACCEPTED and answer.shown == signer.scan_statement(session.session_id)
    assert digests.verifies(anna.keys.signature.public_key_der, answer.signatures[0], DOCUMENT)
    assert signer.sign_with_answer(attempt="once", answer=code, **given) == answer


@pytest.mark.parametrize("point", ["before-record", "before-release"])
def test_killed_in_the_middle_it_happened_whole_or_not_at_all(tmp_path, point):
    signed = sha256(statement("login", "marie")).digest()
    with process_of_signer("none", tmp_path) as (_, client):
        client.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
        known(tmp_path)
        activation = authorised(client, "activate", None, [])
        key = client.make_holder_keys(attempt="make", session_id=activation.session_id).authentication
        session = client.open_session(
            attempt="open", kind="login", holder="marie", key_id=key.key_id, statement=statement("login", "marie"),
            hashes=[signed], labels=["portal"], device_serial="T-MARIE")
    code = digits(1)

    def ask(client):
        return client.sign_with_code(attempt="once", session_id=session.session_id, device_serial="T-MARIE", code=code)

    with process_of_signer(point, tmp_path) as (process, client):
        with pytest.raises(SignerUnavailable):
            ask(client)
        assert process.wait(60) == 9
    with process_of_signer("none", tmp_path) as (_, client):
        happened = [entry.event for entry in client.record() if entry.facts.get("session") == session.session_id]
        assert happened[1:] == ([] if point == "before-record" else ["code.accepted", "holder.signed"])
        answer = ask(client)
        assert isinstance(answer.outcome, Outcome) and answer.outcome is Outcome.ACCEPTED
        assert digests.verifies(key.public_key_der, answer.signatures[0], signed) and ask(client) == answer
        assert len(events(client, "holder.signed")) == 1 and client.verify_record().holds


def test_shown_at_without_a_zone_is_refused(marie):
    with refused("bad_argument"):
        at_once(marie, marie.open("login"), "123456", shown_at=datetime(2026, 11, 24, 9))  # noqa: DTZ001
