# SPDX-License-Identifier: Apache-2.0
"""Guessing ends: a device stops for good after a hundred wrong codes, and a little at each of many is seen in the sum."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from paraph.kernel import rules
from paraph.signer.client import Outcome, SignerRefusal

from .scanning import activated


@pytest.fixture
def limits():
    """Smaller numbers, which are reached sooner."""
    def use(**values):
        rules.use(rules.from_mapping(values))

    before = rules.current()
    yield use
    rules.use(before)


def wrong(holder, count, *, kind="login"):
    outcomes = []
    for _ in range(count):
        outcomes.append(holder.authorise(holder.open(kind), "000000"))
    return outcomes


def right(holder, clock):
    return holder.authorise(holder.open("login"), holder.code(clock.now()))


def alarms(signer):
    return [entry for entry in signer.alarms() if entry.event != "alarm.many_wrong_codes"]


def try_for_days(holder, clock, count):
    """Ten wrong codes every twelve hours, which no window forbids."""
    done = 0
    while done < count:
        now = min(10, count - done)
        assert wrong(holder, now) == [Outcome.WRONG] * now
        done += now
        clock.advance(hours=12)


def test_ninety_nine_wrong_codes_and_the_right_one(marie, clock, signer):
    assert rules.current().signer_stop_failures == 100
    try_for_days(marie, clock, 99)
    assert right(marie, clock) is Outcome.ACCEPTED
    assert alarms(signer) == []
    # The count began anew with it.
    clock.advance(seconds=30)
    try_for_days(marie, clock, 99)
    assert right(marie, clock) is Outcome.ACCEPTED


def test_a_hundred_wrong_codes_and_the_right_one_never_again(marie, jean, clock, signer):
    try_for_days(marie, clock, 100)
    for _ in range(3):
        assert right(marie, clock) is Outcome.TOO_MANY
        clock.advance(days=400)
    [alarm] = alarms(signer)
    assert (alarm.event, alarm.facts["device"]) == ("alarm.device_stopped", "T-MARIE")
    assert right(jean, clock) is Outcome.ACCEPTED
    assert signer.verify_record().holds


def test_resynchronising_is_no_way_out(marie, clock, signer, limits):
    limits(signer_stop_failures=3)
    assert wrong(marie, 2) == [Outcome.WRONG] * 2

    def ask(number):
        return signer.resynchronise(attempt=f"resync-{number}", device_serial="T-MARIE", holder="marie",
                                    codes=("000000", "000000"))

    assert ask(1) is Outcome.WRONG
    clock.advance(days=1)
    assert ask(2) is Outcome.TOO_MANY and right(marie, clock) is Outcome.TOO_MANY
    assert len(alarms(signer)) == 1


def test_only_somebody_on_the_signers_host_arms_it_again(marie, clock, signer, limits):
    limits(signer_stop_failures=3)
    wrong(marie, 3)
    clock.advance(days=1)
    assert right(marie, clock) is Outcome.TOO_MANY
    assert not hasattr(type(signer), "rearm_device")
    signer.core.rearm_device(attempt="rearm", device_serial="T-MARIE")
    assert right(marie, clock) is Outcome.ACCEPTED
    [line] = [entry for entry in signer.record() if entry.event == "device.rearmed"]
    assert line.facts == {"device": "T-MARIE", "wrong_in_a_row": 3}
    with pytest.raises(SignerRefusal, match="unknown_device"):
        signer.core.rearm_device(attempt="nobody", device_serial="T-NOBODY")
    signer.retire_device(attempt="retire", device_serial="T-MARIE")
    with pytest.raises(SignerRefusal, match="device_retired"):
        signer.core.rearm_device(attempt="too-late", device_serial="T-MARIE")


def test_a_scan_stops_too(signer, clock, limits):
    limits(signer_stop_failures=2)
    anna = activated(signer, "anna", "S-ANNA")
    session = anna.open("login")
    code = anna.look(anna.challenge(session))
    for number in range(2):
        assert signer.authorise_with_answer(attempt=f"wrong-{number}", session_id=session.session_id,
                                            device_serial="S-ANNA", answer="00000000") is Outcome.WRONG
    assert signer.authorise_with_answer(attempt="right", session_id=session.session_id, device_serial="S-ANNA",
                                        answer=code) is Outcome.TOO_MANY
    assert [alarm.facts["device"] for alarm in alarms(signer)] == ["S-ANNA"]


def test_the_limit_is_reached_in_parallel_and_not_passed(marie, clock, signer, limits):
    """Forty wrong codes at one instant, of which ten may be tried: ten are counted, one of them stops the device."""
    limits(signer_stop_failures=10, signer_failures_limit=1000)
    sessions = [marie.open("login") for _ in range(40)]
    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda session: signer.authorise_with_code(
            attempt=f"try-{session.session_id}", session_id=session.session_id, device_serial="T-MARIE",
            code="000000"), sessions))
    assert outcomes.count(Outcome.WRONG) == 10 and outcomes.count(Outcome.TOO_MANY) == 30
    assert len(alarms(signer)) == 1


# --- all devices together ---------------------------------------------------------------------------------------------


def sums(signer):
    return [entry.facts for entry in signer.alarms() if entry.event == "alarm.many_wrong_codes"]


def test_a_little_at_each_of_many_is_an_alarm_once_in_its_window(marie, jean, clock, signer, limits):
    limits(signer_alarm_failures=6, signer_alarm_minutes=60)
    wrong(marie, 3)
    clock.advance(minutes=59)
    wrong(jean, 2)
    assert sums(signer) == []
    wrong(jean, 1)
    assert sums(signer) == [{"count": 6, "minutes": 60}]
    wrong(jean, 3)
    assert len(sums(signer)) == 1
    clock.advance(minutes=60)
    wrong(marie, 5)
    assert len(sums(signer)) == 1
    wrong(jean, 1)
    assert len(sums(signer)) == 2


def test_what_happened_before_the_window_does_not_count(marie, jean, clock, signer, limits):
    limits(signer_alarm_failures=6, signer_alarm_minutes=60)
    wrong(marie, 3)
    clock.advance(minutes=60)
    wrong(jean, 3)
    assert sums(signer) == []


def test_right_codes_are_no_alarm(marie, clock, signer, limits):
    limits(signer_alarm_failures=2)
    for _ in range(4):
        assert right(marie, clock) is Outcome.ACCEPTED
        clock.advance(seconds=30)
    assert sums(signer) == []
