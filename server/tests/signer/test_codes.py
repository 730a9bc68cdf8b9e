# SPDX-License-Identifier: Apache-2.0
"""Codes of a Token: when they are good, once, for one session. The codes come from pyotp, not from our own
arithmetic."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from paraph.kernel import rules
from paraph.signer.client import Outcome, SignerRefusal

STEP = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # the first instant of a step of 30 s


@pytest.mark.requirement("R107")
@pytest.mark.parametrize("at", [1111111109, 1234567890 + 30 * 71])
def test_a_code_has_six_digits_with_its_leading_zeros(marie, clock, at):
    clock.set(datetime.fromtimestamp(at, UTC).replace(year=2027))
    while not (code := marie.code(clock.now())).startswith("0"):
        clock.advance(seconds=30)
    assert marie.authorise(marie.open("login"), code.lstrip("0")) is Outcome.WRONG
    assert marie.authorise(marie.open("login"), code) is Outcome.ACCEPTED


@pytest.mark.requirement("R107")
def test_five_and_seven_digits_are_refused(marie, clock):
    code = marie.code(clock.now())
    for other in (code[:5], code + "0", "0" + code, code[:5] + "٣", " " + code, ""):
        assert marie.authorise(marie.open("login"), other) is Outcome.WRONG
    assert marie.authorise(marie.open("login"), code) is Outcome.ACCEPTED


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(0, Outcome.ACCEPTED), (180, Outcome.ACCEPTED), (180.000001, Outcome.WRONG), (181, Outcome.WRONG)],
)
def test_a_time_based_code_is_good_for_180_seconds_from_the_start_of_its_step(marie, clock, seconds, outcome):
    code = marie.code(STEP)
    clock.set(STEP + timedelta(seconds=seconds))
    assert marie.authorise(marie.open("login"), code) is outcome


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(
    ("seconds", "outcome"), [(-30, Outcome.ACCEPTED), (-30.000001, Outcome.WRONG), (-31, Outcome.WRONG)])
def test_a_fast_token_may_be_one_step_ahead(marie, clock, seconds, outcome):
    clock.set(STEP + timedelta(seconds=seconds))
    assert marie.authorise(marie.open("login"), marie.code(STEP)) is outcome


@pytest.mark.requirement("R115")
def test_a_code_is_accepted_once(marie, clock):
    code = marie.code(clock.now())
    assert marie.authorise(marie.open("login"), code) is Outcome.ACCEPTED
    assert marie.authorise(marie.open("login"), code) is Outcome.WRONG


@pytest.mark.requirement("R115")
def test_a_second_press_of_the_same_form_is_refused(marie, clock):
    session, code = marie.open("login"), marie.code(clock.now())
    assert marie.authorise(session, code) is Outcome.ACCEPTED
    assert marie.authorise(session, code) is Outcome.WRONG
    assert len(marie.sign(session)) == 1


@pytest.mark.requirement("R116", part="later: the app")
def test_after_a_newer_code_an_older_one_is_refused_though_it_was_never_used(marie, clock):
    older, newer = marie.code(clock.now()), marie.code(clock.now() + timedelta(seconds=30))
    clock.advance(seconds=30)
    assert marie.authorise(marie.open("login"), newer) is Outcome.ACCEPTED
    assert marie.authorise(marie.open("sign"), older) is Outcome.WRONG


@pytest.mark.requirement("R116", part="later: the app")
@pytest.mark.requirement("R117")
def test_a_code_of_the_login_signs_nothing_and_a_fresh_one_does(marie, clock):
    code = marie.code(clock.now())
    assert marie.authorise(marie.open("login"), code) is Outcome.ACCEPTED
    signing = marie.open("sign")
    assert marie.authorise(signing, code) is Outcome.WRONG
    with pytest.raises(SignerRefusal, match="not_authorised"):
        marie.sign(signing)
    clock.advance(seconds=30)
    assert marie.authorise(signing, marie.code(clock.now())) is Outcome.ACCEPTED
    assert len(marie.sign(signing)) == 1


@pytest.mark.requirement("R118")
def test_token_and_signer_stay_in_step_after_unused_codes(marie, clock):
    for pause in (1, 200, 30 * 86400):
        clock.advance(seconds=30 * pause)
        assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.ACCEPTED


@pytest.mark.requirement("R118")
def test_two_tokens_never_share_a_secret(signer):
    signer.import_token(attempt="1", serial="T-1", seed=b"the same seed, 20 by")
    with pytest.raises(SignerRefusal, match="seed_in_use"):
        signer.import_token(attempt="2", serial="T-2", seed=b"the same seed, 20 by")
    assert not signer.token_exists("T-2")
    signer.import_token(attempt="3", serial="T-2", seed=b"another seed, 20 byt")
    assert signer.token_exists("T-2")


@pytest.mark.requirement("R118")
def test_the_code_of_another_token_is_wrong(marie, jean, clock):
    assert marie.authorise(marie.open("login"), jean.code(clock.now())) is Outcome.WRONG


# --- event-based Tokens -----------------------------------------------------------------------------------------------


@pytest.fixture
def presses(signer, marie):
    """Marie has an event-based Token instead: her codes by number of press."""
    seed = b"an event-based token"
    signer.import_token(attempt="hotp", serial="T-EVENT", seed=seed, method="hotp")
    marie.name, marie.serial, marie.keys = "marie-2", "T-EVENT", None
    return pyotp.HOTP(b32encode(seed).decode())


@pytest.mark.requirement("R114", part="later: the app")
@pytest.mark.parametrize(("seconds", "outcome"), [(180, Outcome.ACCEPTED), (181, Outcome.EXPIRED_SESSION)])
def test_an_event_based_code_is_good_for_180_seconds_from_its_display(marie, presses, clock, seconds, outcome):
    displayed = clock.now()
    clock.advance(seconds=seconds)
    session = marie.open("login")
    assert marie.authorise(session, presses.at(0), shown_at=displayed) is outcome


@pytest.mark.requirement("R118")
def test_an_event_based_token_may_be_pressed_in_vain(marie, presses, clock):
    ahead = rules.current().hotp_look_ahead
    assert marie.authorise(marie.open("login"), presses.at(ahead)) is Outcome.WRONG
    assert marie.authorise(marie.open("login"), presses.at(ahead - 1)) is Outcome.ACCEPTED
    assert marie.authorise(marie.open("login"), presses.at(ahead - 1)) is Outcome.WRONG
    assert marie.authorise(marie.open("login"), presses.at(0)) is Outcome.WRONG
    assert marie.authorise(marie.open("login"), presses.at(ahead)) is Outcome.ACCEPTED


@pytest.mark.requirement("R116", part="later: the app")
@pytest.mark.parametrize("used_for", ["login", "sign", "unblock"])
def test_what_one_purpose_used_up_serves_no_other(marie, clock, used_for):
    """The code itself, and each one that the Token showed before it and nobody typed."""
    clock.advance(seconds=150)
    shown = [marie.code(clock.now() - timedelta(seconds=30 * back)) for back in range(5)]

    def opened(kind):
        return marie.open(kind, key_id=None, hashes=[]) if kind == "unblock" else marie.open(kind)

    assert marie.authorise(opened(used_for), shown[0]) is Outcome.ACCEPTED
    for kind in {"login", "sign", "unblock", "confirm"} - {used_for}:
        assert {marie.authorise(opened(kind), code) for code in shown} == {Outcome.WRONG}
    clock.advance(seconds=30)
    assert marie.authorise(opened("sign"), marie.code(clock.now())) is Outcome.ACCEPTED


@pytest.mark.requirement("R116", part="later: the app")
def test_every_counter_not_above_the_one_of_the_login_is_refused_for_signing(marie, presses):
    """Of an event-based Token, which was pressed in vain before."""
    activation = marie.open("activate")
    assert marie.authorise(activation, presses.at(0)) is Outcome.ACCEPTED
    marie.make_keys(activation)
    assert marie.authorise(marie.open("login"), presses.at(4)) is Outcome.ACCEPTED
    for counter in range(5):
        assert marie.authorise(marie.open("sign"), presses.at(counter)) is Outcome.WRONG
    assert marie.authorise(marie.open("sign"), presses.at(5)) is Outcome.ACCEPTED


# --- failures ---------------------------------------------------------------------------------------------------------


def wrong(holder, clock):
    code = int(holder.code(clock.now()))
    return f"{(code + 1) % 1_000_000:06d}"


def test_after_ten_wrong_codes_the_right_one_waits_twelve_hours(marie, clock):
    for _ in range(9):
        assert marie.authorise(marie.open("login"), wrong(marie, clock)) is Outcome.WRONG
    first_instant = clock.now()
    assert marie.authorise(marie.open("login"), wrong(marie, clock)) is Outcome.WRONG
    assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.TOO_MANY
    clock.set(first_instant + timedelta(hours=12, microseconds=-1))
    assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.TOO_MANY
    clock.set(first_instant + timedelta(hours=12))
    assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.ACCEPTED


def test_nine_wrong_codes_do_not_keep_the_right_one_out_and_it_clears_them(marie, clock):
    for _ in range(2):
        for _ in range(9):
            assert marie.authorise(marie.open("login"), wrong(marie, clock)) is Outcome.WRONG
        assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.ACCEPTED
        clock.advance(seconds=30)


def test_a_replay_is_no_guess_and_does_not_count(marie, clock):
    code = marie.code(clock.now())
    assert marie.authorise(marie.open("login"), code) is Outcome.ACCEPTED
    for _ in range(12):
        assert marie.authorise(marie.open("login"), code) is Outcome.WRONG
    clock.advance(seconds=30)
    assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.ACCEPTED


def test_failures_of_one_token_do_not_touch_another(marie, jean, clock):
    for _ in range(11):
        marie.authorise(marie.open("login"), wrong(marie, clock))
    assert jean.authorise(jean.open("login"), jean.code(clock.now())) is Outcome.ACCEPTED


def test_a_failed_attempt_asked_again_counts_once(marie, clock, signer):
    session = marie.open("login")
    for _ in range(20):
        outcome = signer.authorise_with_code(attempt="the-same", session_id=session.session_id, device_serial="T-MARIE",
                                             code=wrong(marie, clock))
        assert outcome is Outcome.WRONG
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
