# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest

from paraph.pki import otp

SEED = b"12345678901234567890"
NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)  # the first instant of a step


# RFC 4226 appendix D.
@pytest.mark.parametrize(("counter", "code"), list(enumerate(
    ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"])))
@pytest.mark.requirement("RFC 4226 Appendix D")
def test_hotp_vectors(counter, code):
    assert otp.hotp(SEED, counter) == code


# RFC 6238 appendix B, errata 2866: the SHA-256 and SHA-512 seeds are longer.
@pytest.mark.parametrize(("seconds", "algorithm", "code"), [
    (59, "sha1", "94287082"), (59, "sha256", "46119246"), (59, "sha512", "90693936"),
    (1111111109, "sha1", "07081804"), (1111111109, "sha256", "68084774"), (1111111109, "sha512", "25091201"),
    (1111111111, "sha1", "14050471"), (1234567890, "sha1", "89005924"), (2000000000, "sha1", "69279037"),
    (20000000000, "sha1", "65353130"), (20000000000, "sha256", "77737706"), (20000000000, "sha512", "47863826"),
])
@pytest.mark.requirement("RFC 6238 Appendix B")
def test_totp_vectors(seconds, algorithm, code):
    seed = (SEED * 4)[:{"sha1": 20, "sha256": 32, "sha512": 64}[algorithm]]
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert otp.totp(seed, at, digits=8, algorithm=algorithm) == code


@pytest.mark.requirement("R107")
def test_leading_zeros_are_kept_and_other_lengths_fit_nothing():
    at = datetime.fromtimestamp(1111111109, UTC)
    step = otp.totp_step(at)
    assert otp.totp(SEED, at) == "081804"
    assert otp.matching_step(SEED, "081804", iter([step])) == step
    for wrong in ("81804", "0081804", "7081804", "", "08180４", "081804 ", "\udcff81804"):
        assert otp.matching_step(SEED, wrong, iter([step])) is None


def test_steps_change_at_their_boundary():
    assert otp.totp_step(NOON) == otp.totp_step(NOON - timedelta(microseconds=1)) + 1
    assert otp.step_start(otp.totp_step(NOON)) == NOON


@pytest.mark.requirement("R114", part="later: the app")
def test_a_step_is_good_for_180_seconds_from_its_start():
    step = otp.totp_step(NOON)
    assert otp.step_is_good(step, NOON)
    assert otp.step_is_good(step, NOON + timedelta(seconds=180))
    assert not otp.step_is_good(step, NOON + timedelta(seconds=180, microseconds=1))
    assert not otp.step_is_good(step, NOON + timedelta(seconds=181))


def test_one_step_ahead_is_tolerated_and_no_more():
    step = otp.totp_step(NOON)
    assert otp.step_is_good(step, NOON - timedelta(seconds=30))
    assert not otp.step_is_good(step, NOON - timedelta(seconds=30, microseconds=1))


def test_candidates_are_exactly_the_good_steps():
    for offset in (0, 0.000001, 1, 29.999999):
        now = NOON + timedelta(seconds=offset)
        middle = otp.totp_step(now)
        good = [step for step in range(middle - 20, middle + 20) if otp.step_is_good(step, now)]
        assert list(otp.candidates(now)) == good
    assert len(list(otp.candidates(NOON))) == 8
    assert len(list(otp.candidates(NOON + timedelta(seconds=1)))) == 7


def test_a_code_fits_the_step_that_shows_it():
    code = otp.totp(SEED, NOON)
    step = otp.totp_step(NOON)
    assert otp.matching_step(SEED, code, otp.candidates(NOON)) == step
    assert otp.matching_step(SEED, code, iter([step - 1, step + 1])) is None


@pytest.mark.parametrize(("seed", "counter", "digits"), [
    (SEED[:15], 0, 6), (SEED, -1, 6), (SEED, 1 << 64, 6), (SEED, 0, 5), (SEED, 0, 10)])
def test_unsafe_parameters_are_refused(seed, counter, digits):
    with pytest.raises(ValueError):
        otp.hotp(seed, counter, digits)


def test_an_instant_without_zone_is_refused():
    with pytest.raises(ValueError):
        otp.totp_step(NOON.replace(tzinfo=None))
