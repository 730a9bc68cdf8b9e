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
from paraph.signer.client import Outcome, SignerRefusal
from paraph.signer.record import Record
from testkit.simulators import scan as simulated

from .conftest import DOCUMENT
from .scanning import TRANSFER, activated, scan_holder
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


# --- activation -------------------------------------------------------------------------------------------------------


@pytest.fixture
def carl(signer):
    return scan_holder(signer, "carl", "S-CARL")


def test_an_activation_by_two_images(carl, signer):
    session = carl.open("activate")
    ten = carl.look(carl.opening(session))
    assert len(ten) == 10 and carl.device_code(session, ten) is Outcome.ACCEPTED
    assert not signer.device("S-CARL").ready and signer.device("S-CARL").holder is None
    eight = carl.look(carl.challenge(session, "Activer ce Scan"))
    assert len(eight) == 8 and carl.answer(session, eight) is Outcome.ACCEPTED
    assert signer.device("S-CARL").ready and signer.device("S-CARL").holder == "carl"
    carl.make_keys(session)
    use = carl.open("sign")
    assert carl.answer(use, carl.look(carl.challenge(use))) is Outcome.ACCEPTED


def test_nothing_is_skipped_in_an_activation(carl):
    session = carl.open("activate")
    with refused("not_activated"):
        carl.challenge(session)
    with refused("no_challenge"):
        carl.device_code(session, "0" * 10)
    ten = carl.look(carl.opening(session))
    with refused("not_activated"):
        carl.challenge(session)
    with refused("no_challenge"):
        carl.answer(session, "0" * 8)
    assert carl.device_code(session, ten) is Outcome.ACCEPTED
    assert carl.device_code(session, ten) is Outcome.WRONG
    with refused("not_authorised"):
        carl.make_keys(session)
    assert carl.answer(session, carl.look(carl.challenge(session))) is Outcome.ACCEPTED
    assert carl.make_keys(session)


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("seconds", "good"), [(180, True), (181, False)])
def test_each_image_of_an_activation_is_good_for_180_seconds(carl, clock, seconds, good):
    session = carl.open("activate")
    ten = carl.look(carl.opening(session))
    clock.advance(seconds=seconds)
    assert carl.device_code(session, ten) is (Outcome.ACCEPTED if good else Outcome.EXPIRED_SESSION)
    if not good:
        assert carl.device_code(session, carl.look(carl.opening(session))) is Outcome.ACCEPTED
    eight = carl.look(carl.challenge(session))
    clock.advance(seconds=seconds)
    assert carl.answer(session, eight) is (Outcome.ACCEPTED if good else Outcome.EXPIRED_SESSION)


def test_an_activation_ends_with_its_half_hour(carl, clock):
    session = carl.open("activate")
    assert carl.device_code(session, carl.look(carl.opening(session))) is Outcome.ACCEPTED
    clock.advance(minutes=30)
    eight = carl.look(carl.challenge(session))
    clock.advance(seconds=1)
    assert carl.answer(session, eight) is Outcome.EXPIRED_SESSION


def test_wrong_ten_digits_count_as_failures(carl):
    session = carl.open("activate")
    ten = carl.look(carl.opening(session))
    changed = [ten[:4] + f"{(int(ten[4:]) + 1) % 10**6:06d}", f"{(int(ten[:4]) + 1) % 10**4:04d}" + ten[4:], ten[:9],
               ten + "0", "", "abcdefghij", "1" * 9 + "٣"]
    for other in (*changed, *changed[:3]):
        assert carl.device_code(session, other) is Outcome.WRONG
    assert carl.device_code(session, ten) is Outcome.TOO_MANY


def test_a_recorded_activation_cannot_be_played_again(carl, signer):
    """Somebody films both images and shows them to the device later: it has drawn anew, so the second does not open."""
    session = carl.open("activate")
    first = carl.opening(session)
    assert carl.device_code(session, carl.look(first, draw="1111")) is Outcome.ACCEPTED
    second = carl.challenge(session)
    assert carl.answer(session, carl.look(second)) is Outcome.ACCEPTED
    in_use = carl.scan.keys
    carl.look(first, draw="2222")
    carl.scan.keys = ""  # even a device that has forgotten its keys
    with pytest.raises(simulated.NotForMe):
        carl.look(second)
    carl.scan.keys = in_use
    carl.make_keys(session)
    use = carl.open("sign")
    assert carl.answer(use, carl.look(carl.challenge(use))) is Outcome.ACCEPTED


def test_a_session_of_another_kind_activates_nothing(anna):
    for kind in ("login", "sign"):
        with refused("wrong_purpose"):
            anna.opening(anna.open(kind))


def test_the_holder_can_activate_his_device_again(anna):
    """Its memory was lost, or a renewal: new keys, and the old ones serve no more."""
    before = anna.scan.keys
    session = anna.open("activate")
    assert anna.both_images(session) is Outcome.ACCEPTED
    assert anna.scan.keys != before
    use = anna.open("sign")
    assert anna.answer(use, anna.look(anna.challenge(use))) is Outcome.ACCEPTED


def test_a_renewal_with_the_keys_in_use_needs_one_image(anna):
    before = anna.scan.keys
    session = anna.open("activate")
    assert anna.answer(session, anna.look(anna.challenge(session, "Renouveler"))) is Outcome.ACCEPTED
    assert anna.make_keys(session) and anna.scan.keys == before
    use = anna.open("sign")
    assert anna.answer(use, anna.look(anna.challenge(use))) is Outcome.ACCEPTED


def test_an_interrupted_activation_leaves_the_keys_in_use(anna):
    session = anna.open("activate")
    assert anna.device_code(session, anna.look(anna.opening(session))) is Outcome.ACCEPTED
    use = anna.open("sign")
    assert anna.answer(use, anna.look(anna.challenge(use))) is Outcome.ACCEPTED


def test_a_factory_key_has_32_octets(signer):
    for octets in (31, 33):
        with pytest.raises(SignerRefusal, match="bad_argument"):
            signer.import_scan(attempt=f"{octets}", serial="S-1", factory_key=bytes(octets))
