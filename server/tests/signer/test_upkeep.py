# SPDX-License-Identifier: Apache-2.0
"""A Token's clock and counter: what is learned, how far, and that no code lives longer for it."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from paraph.kernel import rules
from paraph.signer.client import Outcome

from .conftest import SEEDS, Holder
from .test_codes import wrong
from .test_sessions import refused

STEP = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def shows(holder, clock, ahead: float, steps: int = 0) -> str:
    """What this holder's Token shows now, its clock being `ahead` seconds ahead, or `steps` codes later."""
    return holder.code(clock.now() + timedelta(seconds=ahead + 30 * steps))


def resynchronise(holder, first: str, second: str, name: str | None = None) -> Outcome:
    return holder.signer.resynchronise(
        attempt=holder.attempt(), device_serial=holder.serial, codes=(first, second), holder=name or holder.name)


def login(holder, code: str) -> Outcome:
    return holder.authorise(holder.open("login"), code)


# --- drift ------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("R118", part="later: the app")
def test_a_fast_clock_is_followed_for_years_up_to_its_limit(marie, clock):
    """It gains 20 s between two uses: without learning it would be out after the second."""
    ahead, most = 0, rules.current().otp_drift_seconds
    while ahead + 20 <= most:
        ahead += 20
        clock.advance(days=60)
        assert login(marie, shows(marie, clock, ahead)) is Outcome.ACCEPTED
    assert ahead == most
    # Beyond the limit nothing more is learned: one step is within the usual tolerance, however often, then it is over.
    for beyond, outcome in ((30, Outcome.ACCEPTED), (30, Outcome.ACCEPTED), (60, Outcome.WRONG)):
        clock.advance(days=60)
        clock.set(clock.now().replace(minute=0, second=0, microsecond=0))
        assert login(marie, shows(marie, clock, most + beyond)) is outcome


@pytest.mark.parametrize("ahead", [30, 60, 300])
def test_the_window_of_a_fast_clock_is_no_wider(marie, clock, ahead):
    for learned in range(30, ahead + 1, 30):
        clock.set(STEP + timedelta(days=learned))
        assert login(marie, shows(marie, clock, learned)) is Outcome.ACCEPTED
    start = STEP + timedelta(days=400)
    code = marie.code(start + timedelta(seconds=ahead))  # its step begins at `start` as this Token sees it
    for seconds, outcome in ((-30.000001, Outcome.WRONG), (181, Outcome.WRONG), (180.000001, Outcome.WRONG),
                             (180, Outcome.ACCEPTED)):
        clock.set(start + timedelta(seconds=seconds))
        assert login(marie, code) is outcome


def test_a_slow_typist_teaches_nothing(marie, clock):
    """Always 150 s late: his codes do not live longer by it."""
    for number in range(20):
        clock.set(STEP + timedelta(days=number, seconds=150))
        assert login(marie, marie.code(STEP + timedelta(days=number))) is Outcome.ACCEPTED
    clock.set(STEP + timedelta(days=30, seconds=181))
    assert login(marie, marie.code(STEP + timedelta(days=30))) is Outcome.WRONG


def test_a_wrong_or_replayed_code_teaches_nothing(marie, clock):
    clock.set(STEP)
    code = shows(marie, clock, 30)
    assert login(marie, code) is Outcome.ACCEPTED
    assert login(marie, code) is Outcome.WRONG
    assert login(marie, shows(marie, clock, 90)) is Outcome.WRONG
    assert login(marie, shows(marie, clock, 60)) is Outcome.ACCEPTED


# --- resynchronisation ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [-570, -300, -181, 0, 90, 300, 570])
def test_two_codes_in_a_row_find_the_clock_again(marie, clock, ahead):
    clock.set(STEP)
    if ahead in (-570, -300, 90, 300, 570):
        assert login(marie, shows(marie, clock, ahead)) is Outcome.WRONG
    first, second = shows(marie, clock, ahead), shows(marie, clock, ahead, steps=1)
    clock.advance(seconds=30)
    assert resynchronise(marie, first, second) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    assert login(marie, shows(marie, clock, ahead)) is Outcome.ACCEPTED


@pytest.mark.parametrize("ahead", [-660, 660])
def test_a_clock_that_is_off_by_more_is_a_defect(marie, clock, ahead):
    clock.set(STEP)
    first, second = shows(marie, clock, ahead), shows(marie, clock, ahead, steps=1)
    clock.advance(seconds=30)
    assert resynchronise(marie, first, second) is Outcome.WRONG


@pytest.mark.requirement("R115")
def test_nothing_is_replayed_after_a_resynchronisation(marie, clock):
    clock.set(STEP)
    earlier = [shows(marie, clock, 0, steps=step) for step in (-2, -1)]
    first, second = shows(marie, clock, 0), shows(marie, clock, 0, steps=1)
    clock.advance(seconds=45)
    assert resynchronise(marie, first, second) is Outcome.ACCEPTED
    for used in (*earlier, first, second):
        assert login(marie, used) is Outcome.WRONG
    for pair in ((first, second), (*earlier,), (earlier[1], first)):
        assert resynchronise(marie, *pair) is Outcome.WRONG
    clock.advance(seconds=15)
    assert login(marie, shows(marie, clock, 0)) is Outcome.ACCEPTED
    assert [entry.event for entry in marie.signer.record()].count("token.resynchronised") == 1


def test_a_used_code_is_no_part_of_a_resynchronisation(marie, clock):
    clock.set(STEP)
    used = shows(marie, clock, 0)
    assert login(marie, used) is Outcome.ACCEPTED
    assert resynchronise(marie, used, shows(marie, clock, 0, steps=1)) is Outcome.WRONG


def test_a_right_clock_stays_right_and_the_window_as_it_was(marie, clock):
    """The second code typed late within its step: still 180 s from the step's start, at the last good and first bad."""
    clock.set(STEP + timedelta(seconds=29))
    assert resynchronise(marie, shows(marie, clock, 0, steps=-1), shows(marie, clock, 0)) is Outcome.ACCEPTED
    start = STEP + timedelta(seconds=600)
    for seconds, outcome in ((180.000001, Outcome.WRONG), (180, Outcome.ACCEPTED)):
        clock.set(start + timedelta(seconds=seconds))
        assert login(marie, marie.code(start)) is outcome


def test_a_slow_clock_found_again_lives_no_longer_than_180_seconds(marie, clock):
    clock.set(STEP)
    first, second = shows(marie, clock, -300), shows(marie, clock, -300, steps=1)
    clock.advance(seconds=30)
    assert resynchronise(marie, first, second) is Outcome.ACCEPTED
    start = STEP + timedelta(days=1)  # its step begins as this Token sees it
    code = marie.code(start - timedelta(seconds=300))
    clock.set(start + timedelta(seconds=181))
    assert login(marie, code) is Outcome.WRONG
    clock.set(start + timedelta(seconds=150))
    assert login(marie, code) is Outcome.ACCEPTED


def test_codes_in_the_wrong_order_or_apart_find_nothing(marie, clock):
    clock.set(STEP)
    codes = [shows(marie, clock, 0, steps=step) for step in (0, 1, 2)]
    clock.advance(seconds=60)
    for first, second in ((codes[1], codes[0]), (codes[0], codes[2]), (codes[1], codes[1]), (codes[0], ""), ("", "")):
        assert resynchronise(marie, first, second) is Outcome.WRONG
    assert resynchronise(marie, codes[0], codes[1]) is Outcome.ACCEPTED


def test_only_for_its_holder_and_only_a_token(marie, jean, clock):
    codes = marie.code(clock.now()), marie.code(clock.now() + timedelta(seconds=30))
    with refused("device_not_bound"):
        resynchronise(marie, *codes, name="jean")
    with refused("device_not_bound"):
        marie.signer.resynchronise(attempt="stock", device_serial="T-STOCK", codes=codes, holder="marie")
    with refused("unknown_device"):
        marie.signer.resynchronise(attempt="none", device_serial="T-NONE", codes=codes, holder="marie")
    marie.signer.import_scan(attempt="scan", serial="S-1", factory_key=bytes(32))
    with refused("wrong_device"):
        marie.signer.resynchronise(attempt="scan-resync", device_serial="S-1", codes=codes, holder="marie")
    for odd in (codes[0], (codes[0],), list(codes), (*codes, codes[0])):
        with refused("bad_argument"):
            marie.signer.resynchronise(attempt=marie.attempt(), device_serial="T-MARIE", codes=odd, holder="marie")
    assert resynchronise(marie, *codes) is Outcome.ACCEPTED


def test_guesses_count_like_wrong_codes(marie, clock):
    codes = marie.code(clock.now()), marie.code(clock.now() + timedelta(seconds=30))
    for _ in range(10):
        assert resynchronise(marie, wrong(marie, clock), codes[1]) is Outcome.WRONG
    assert resynchronise(marie, *codes) is Outcome.TOO_MANY
    assert login(marie, codes[0]) is Outcome.TOO_MANY


def test_a_resynchronisation_opens_nothing(marie, clock):
    session = marie.open("sign")
    codes = marie.code(clock.now()), marie.code(clock.now() + timedelta(seconds=30))
    assert resynchronise(marie, *codes) is Outcome.ACCEPTED
    with refused("not_authorised"):
        marie.sign(session)


def test_an_event_based_token_is_found_far_ahead(signer, marie):
    seed = b"an event-based token"
    signer.import_token(attempt="hotp", serial="T-EVENT", seed=seed, method="hotp")
    presses, most = pyotp.HOTP(b32encode(seed).decode()), rules.current().hotp_resync_ahead
    marie.name, marie.serial, marie.keys = "officer", "T-EVENT", None
    assert login(marie, presses.at(0)) is Outcome.ACCEPTED
    assert login(marie, presses.at(500)) is Outcome.WRONG
    assert resynchronise(marie, presses.at(1 + most), presses.at(2 + most)) is Outcome.WRONG
    assert resynchronise(marie, presses.at(most), presses.at(most + 1)) is Outcome.ACCEPTED
    for used in (0, 500, most, most + 1):
        assert login(marie, presses.at(used)) is Outcome.WRONG
    assert login(marie, presses.at(most + 2)) is Outcome.ACCEPTED


def test_two_codes_of_another_token_find_nothing(marie, jean, clock):
    assert SEEDS["T-JEAN"] != SEEDS["T-MARIE"]
    assert resynchronise(marie, jean.code(clock.now()), jean.code(clock.now() + timedelta(seconds=30))) is Outcome.WRONG


def test_an_event_based_token_may_come_with_a_counter(signer):
    seed = b"an event-based token"
    signer.import_token(attempt="hotp", serial="T-EVENT", seed=seed, method="hotp", counter=100_000)
    officer, presses = Holder(signer, "officer", "T-EVENT"), pyotp.HOTP(b32encode(seed).decode())
    for press, outcome in ((99_999, Outcome.WRONG), (0, Outcome.WRONG), (100_000, Outcome.ACCEPTED), (100_000, Outcome.WRONG)):
        assert login(officer, presses.at(press)) is outcome
    for given in ({"counter": -1}, {"counter": 1, "method": "totp"}):
        with refused("bad_argument"):
            signer.import_token(**{"attempt": "odd", "serial": "T-ODD", "seed": bytes(20), "method": "hotp", **given})
