# SPDX-License-Identifier: Apache-2.0
"""The Scan at the signer: an answer opens the session that its image showed, within 180 s, once, and no other."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from hashlib import sha256

import pytest

from paraph.kernel import rules
from paraph.pki import scan as protocol
from paraph.signer import digests
from paraph.signer.client import Outcome
from paraph.signer.record import Record
from testkit.simulators import scan as simulated

from .conftest import DOCUMENT
from .scanning import TRANSFER, activated
from .test_sessions import refused


@pytest.fixture
def anna(signer):
    return activated(signer, "anna", "S-ANNA")


@pytest.fixture
def bert(signer):
    return activated(signer, "bert", "S-BERT")


# --- the image and its answer -----------------------------------------------------------------------------------------


def test_the_device_shows_everything_that_the_session_covers(anna):
    session = anna.open("sign", hashes=[DOCUMENT, bytes(32)], labels=["virement.pdf", "Décompte.pdf"])
    screen = simulated.look(anna.scan, protocol.image_text(anna.challenge(session).payload))
    assert (screen.purpose, screen.partner, screen.text) == ("SIGN", "Banque de démonstration", TRANSFER)
    assert screen.documents == (("virement.pdf", DOCUMENT), ("Décompte.pdf", bytes(32)))
    assert len(screen.code) == rules.current().scan_digits == 8
    assert anna.answer(session, screen.code) is Outcome.ACCEPTED
    signatures = anna.sign(session)
    assert digests.verifies(anna.keys.signature.public_key_der, signatures[1], bytes(32))


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("seconds", "outcome"), [
    (0, Outcome.ACCEPTED), (180, Outcome.ACCEPTED), (180.000001, Outcome.EXPIRED_SESSION), (181, Outcome.EXPIRED_SESSION)])
@pytest.mark.parametrize("kind", ["login", "sign", "unblock"])
def test_an_answer_is_good_for_180_seconds_from_its_image(anna, clock, kind, seconds, outcome):
    session = anna.open(kind) if kind != "unblock" else anna.open(kind, key_id=None, hashes=[])
    clock.advance(seconds=100)  # the image may come later than the session
    shown = anna.challenge(session)
    assert shown.expires_at == clock.now() + timedelta(seconds=180)
    clock.advance(seconds=seconds)
    assert anna.answer(session, anna.look(shown)) is outcome


def test_an_image_comes_within_180_seconds_of_the_opening(anna, clock):
    session, late = anna.open("sign"), anna.open("sign")
    clock.advance(seconds=180)
    assert anna.challenge(session)
    clock.advance(seconds=1)
    with refused("expired_session"):
        anna.challenge(late)


@pytest.mark.requirement("R108")
def test_the_answer_of_one_challenge_is_refused_for_another(anna):
    first, second = anna.open("login"), anna.open("login")
    code_a, code_b = anna.look(anna.challenge(first)), anna.look(anna.challenge(second))
    assert anna.answer(second, code_a) is Outcome.WRONG
    assert anna.answer(first, code_b) is Outcome.WRONG
    assert anna.answer(first, code_a) is Outcome.ACCEPTED
    assert anna.answer(second, code_b) is Outcome.ACCEPTED


@pytest.mark.requirement("R108")
def test_an_image_relayed_from_another_session_answers_that_session_only(anna):
    """The thief shows Anna the image of his own browser's session; she types the answer into hers."""
    hers, his = anna.open("login"), anna.open("login")
    anna.challenge(hers)
    assert anna.answer(hers, anna.look(anna.challenge(his))) is Outcome.WRONG
    with refused("not_authorised"):
        anna.sign(his)


@pytest.mark.requirement("R108")
def test_a_later_image_of_the_same_session_takes_the_place_of_the_first(anna):
    session = anna.open("sign")
    first, second = anna.challenge(session), anna.challenge(session)
    assert anna.answer(session, anna.look(first)) is Outcome.WRONG
    assert anna.answer(session, anna.look(second)) is Outcome.ACCEPTED


@pytest.mark.parametrize("changed", [
    TRANSFER.replace("1\u202f250", "9\u202f250"), TRANSFER.replace("4475", "4476"), TRANSFER + "0", TRANSFER.lower()])
def test_one_changed_octet_of_amount_or_iban_makes_another_answer(anna, monkeypatch, changed):
    """Everything but the text is equal, the nonce too: the text alone decides."""
    session = anna.open("sign")
    monkeypatch.setattr("paraph.kernel.tokens.token_bytes", lambda count: bytes(count))
    paid_for = anna.look(anna.challenge(session, changed))
    shown = anna.challenge(session)
    assert anna.answer(session, paid_for) is Outcome.WRONG
    assert anna.answer(session, anna.look(shown)) is Outcome.ACCEPTED


@pytest.mark.requirement("R116", part="later: the app")
def test_an_answer_carries_its_purpose(anna):
    login, signing = anna.open("login"), anna.open("sign")
    for_login, for_signing = anna.look(anna.challenge(login)), anna.look(anna.challenge(signing))
    assert anna.answer(signing, for_login) is Outcome.WRONG
    assert anna.answer(login, for_signing) is Outcome.WRONG
    assert anna.answer(login, for_login) is Outcome.ACCEPTED
    assert anna.answer(signing, for_login) is Outcome.WRONG
    assert anna.answer(signing, for_signing) is Outcome.ACCEPTED


@pytest.mark.requirement("R116", part="later: the app")
def test_the_purpose_alone_makes_another_answer(anna, monkeypatch):
    """All else that the statement can hold is equal, the nonce too."""
    monkeypatch.setattr("paraph.kernel.tokens.token_bytes", lambda count: bytes(count))
    sign, grant = anna.open("sign", labels=["x"]), anna.open("grant", key_id=None, labels=["x"])
    to_sign, to_grant = anna.look(anna.challenge(sign)), anna.look(anna.challenge(grant))
    assert to_sign != to_grant
    assert anna.answer(sign, to_grant) is Outcome.WRONG
    assert anna.answer(grant, to_sign) is Outcome.WRONG
    assert anna.answer(sign, to_sign) is anna.answer(grant, to_grant) is Outcome.ACCEPTED


@pytest.mark.requirement("R115")
def test_an_answer_is_accepted_once(anna):
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    assert anna.answer(session, code) is Outcome.ACCEPTED
    assert anna.answer(session, code) is Outcome.WRONG
    assert len(anna.sign(session)) == 1
    assert anna.answer(session, code) is Outcome.WRONG
    with refused("session_used"):
        anna.challenge(session)


@pytest.mark.requirement("R115")
def test_of_sixteen_at_once_one_is_accepted(anna):
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    gate = threading.Barrier(16)

    def submit(number):
        gate.wait()
        return anna.signer.authorise_with_answer(
            attempt=f"race-{number}", session_id=session.session_id, device_serial="S-ANNA", answer=code)

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(submit, range(16)))
    assert sorted(outcomes) == [Outcome.ACCEPTED] + [Outcome.WRONG] * 15


def test_the_image_of_one_device_tells_another_nothing(anna, bert):
    session = anna.open("sign")
    shown = anna.challenge(session)
    with pytest.raises(simulated.NotForMe):
        bert.look(shown)
    assert anna.answer(session, anna.look(shown)) is Outcome.ACCEPTED


@pytest.mark.requirement("R118", part="later: the app")
def test_two_scans_answer_differently_to_the_same_statement(anna, bert, monkeypatch):
    codes = []
    monkeypatch.setattr("paraph.kernel.tokens.token_bytes", lambda count: bytes(count))
    for holder in (anna, bert):
        codes.append(holder.look(holder.challenge(holder.open("login"))))
    assert codes[0] != codes[1]
    session = bert.open("login")
    bert.challenge(session)
    assert bert.answer(session, codes[0]) is Outcome.WRONG


@pytest.mark.requirement("R118", part="later: the app")
def test_no_two_devices_share_a_secret(signer, anna):
    with refused("seed_in_use"):
        signer.import_scan(attempt="again", serial="S-OTHER", factory_key=bytes.fromhex(anna.scan.factory))
    with refused("seed_in_use"):
        signer.import_token(attempt="as-token", serial="T-OTHER", seed=bytes.fromhex(anna.scan.factory))
    with refused("device_exists"):
        signer.import_scan(attempt="serial", serial="S-ANNA", factory_key=bytes(32))
    signer.import_scan(attempt="another", serial="S-OTHER", factory_key=bytes(32))
    assert signer.device("S-OTHER").ready is False and signer.device("S-ANNA").ready is True


@pytest.mark.requirement("R118", part="later: the app")
def test_unanswered_images_leave_device_and_signer_in_step(anna, clock):
    for _ in range(30):
        anna.look(anna.challenge(anna.open("login")))
    clock.advance(days=400)
    session = anna.open("login")
    assert anna.answer(session, anna.look(anna.challenge(session))) is Outcome.ACCEPTED


# --- who answers for whom ---------------------------------------------------------------------------------------------


def test_a_scan_answers_for_its_holder_only(anna, bert):
    with refused("device_not_bound"):
        anna.open("sign", device_serial="S-BERT")
    session = anna.open("sign", device_serial=None)
    with refused("device_not_bound"):
        anna.challenge(session, device_serial="S-BERT")
    code = anna.look(anna.challenge(session))
    with refused("device_not_bound"):
        anna.answer(session, code, device_serial="S-BERT")
    assert anna.answer(session, code) is Outcome.ACCEPTED


def test_tokens_and_scans_are_not_confused(anna, marie, clock):
    session = anna.open("sign")
    with refused("wrong_device"):
        anna.authorise(session, "000000")
    other = marie.open("sign")
    with refused("wrong_device"):
        marie.signer.scan_challenge(attempt="x", session_id=other.session_id, device_serial="T-MARIE", partner="", text="")
    with refused("wrong_device"):
        marie.signer.authorise_with_answer(attempt="y", session_id=other.session_id, device_serial="T-MARIE", answer="0")
    assert marie.authorise(other, marie.code(clock.now())) is Outcome.ACCEPTED


def test_without_an_image_there_is_no_answer(anna):
    session = anna.open("sign")
    with refused("no_challenge"):
        anna.answer(session, "00000000")
    with refused("no_challenge"):
        anna.signer.scan_statement(session.session_id)


def test_more_than_an_image_can_hold_is_refused(anna):
    session = anna.open("sign", hashes=[DOCUMENT] * 17, labels=["x"] * 17)
    with refused("too_large"):
        anna.challenge(session)
    session = anna.open("sign")
    with refused("too_large"):
        anna.challenge(session, "x" * 601)
    for text in ("Payer\u202e1", "a\tb", None, b"x"):
        with refused("bad_argument"):
            anna.challenge(session, text)
    assert anna.answer(session, anna.look(anna.challenge(session, "x" * 600))) is Outcome.ACCEPTED


# --- failures, record, crash ------------------------------------------------------------------------------------------


def test_after_ten_wrong_answers_the_right_one_waits_twelve_hours(anna, clock):
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    wrong = f"{(int(code) + 1) % 10**8:08d}"
    for _ in range(10):
        assert anna.answer(session, wrong) is Outcome.WRONG
    assert anna.answer(session, code) is Outcome.TOO_MANY
    clock.advance(hours=12, microseconds=-1)
    session = anna.open("sign")
    assert anna.answer(session, anna.look(anna.challenge(session))) is Outcome.TOO_MANY
    clock.advance(microseconds=1)
    assert anna.answer(session, anna.look(anna.challenge(session))) is Outcome.ACCEPTED


def test_other_writings_of_the_right_digits_are_wrong(anna):
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    for other in (code[:-1], code + "0", " " + code, code[:-1] + "٣", ""):
        assert anna.answer(session, other) is Outcome.WRONG
    assert anna.answer(session, code) is Outcome.ACCEPTED


def test_the_record_ties_answer_and_statement_together(anna):
    session = anna.open("sign")
    code = anna.look(anna.challenge(session))
    assert anna.answer(session, code) is Outcome.ACCEPTED
    statement = anna.signer.scan_statement(session.session_id)
    assert protocol.decode(statement).text == TRANSFER
    [line] = [entry for entry in anna.signer.record() if entry.facts.get("session") == session.session_id
              and entry.event == "code.accepted"]
    assert line.facts["evidence"] == "device-bound" and line.facts["statement"] == sha256(statement).hexdigest()
    assert code not in str(anna.signer.record()) and anna.signer.verify_record().holds


def test_a_tokens_code_is_evidence_of_another_kind(marie, clock):
    session = marie.open("sign")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    [line] = [entry for entry in marie.signer.record() if entry.facts.get("session") == session.session_id
              and entry.event == "code.accepted"]
    assert line.facts["evidence"] == "server-bound"


@pytest.mark.parametrize("event", ["scan.challenged", "code.accepted"])
def test_a_crash_before_the_record_leaves_nothing_and_the_same_attempt_goes_on(anna, monkeypatch, event):
    session = anna.open("sign")
    append = Record.append

    def dying(self, connection, which, at, **facts):
        if which == event:
            raise KeyboardInterrupt
        return append(self, connection, which, at, **facts)

    given = {"session_id": session.session_id, "device_serial": "S-ANNA"}
    ask = {"scan.challenged": lambda: anna.signer.scan_challenge(attempt="a", partner="P", text="t", **given)}
    if event == "code.accepted":
        code = anna.look(ask["scan.challenged"]())
        ask[event] = lambda: anna.signer.authorise_with_answer(attempt="b", answer=code, **given)
    with monkeypatch.context() as broken:
        broken.setattr(Record, "append", dying)
        with pytest.raises(KeyboardInterrupt):
            ask[event]()
    before = len(anna.signer.record())
    first = ask[event]()
    assert ask[event]() == first and len(anna.signer.record()) == before + 1
    if event == "code.accepted":
        assert first is Outcome.ACCEPTED and len(anna.sign(session)) == 1
