# SPDX-License-Identifier: Apache-2.0
"""One-time passwords of event-based and time-based Tokens: RFC 4226 (HOTP) and RFC 6238 (TOTP).

Pure arithmetic. It knows nothing of devices, of replay or of counters already used: whoever accepts a code keeps
the last accepted step and accepts only greater ones (the signer). All numbers of seconds are
parameters with the values of the demonstration's Token as defaults.
"""

import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

STEP_SECONDS = 30
LIFE_SECONDS = 180
STEPS_AHEAD = 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# RFC 4226 section 5.3 asks for at least 6 digits; a 31-bit number gives no more than 9 that are worth the name.
_LEAST_DIGITS, _MOST_DIGITS = 6, 9
# RFC 4226 section 4, R6: the shared secret is at least 128 bits.
_LEAST_SEED_OCTETS = 16


def hotp(seed: bytes, counter: int, digits: int = 6, algorithm: str = "sha1") -> str:
    """Return the code for one counter value, leading zeros kept (RFC 4226 section 5.3)."""
    if len(seed) < _LEAST_SEED_OCTETS:
        raise ValueError(f"the seed has {len(seed)} octets, fewer than {_LEAST_SEED_OCTETS}")
    if not _LEAST_DIGITS <= digits <= _MOST_DIGITS:
        raise ValueError(f"a code has {_LEAST_DIGITS} to {_MOST_DIGITS} digits, not {digits}")
    if not 0 <= counter < 1 << 64:
        raise ValueError("the counter is outside the range of eight octets")
    mac = hmac.digest(seed, counter.to_bytes(8, "big"), algorithm)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset:offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def totp_step(at: datetime, step_seconds: int = STEP_SECONDS) -> int:
    """Return the number of the time step in which `at` lies, counted from 1970 (RFC 6238 section 4.2)."""
    if at.tzinfo is None:
        raise ValueError("an instant without time zone has no time step")
    # Integer arithmetic: a float would round the last microsecond of a step into the next one.
    return (at - _EPOCH) // timedelta(seconds=step_seconds)


def step_start(step: int, step_seconds: int = STEP_SECONDS) -> datetime:
    """Return the first instant of a time step, in UTC."""
    return _EPOCH + timedelta(seconds=step * step_seconds)


def totp(seed: bytes, at: datetime, digits: int = 6, step_seconds: int = STEP_SECONDS, algorithm: str = "sha1") -> str:
    """Return the code that a time-based Token shows at `at` (RFC 6238)."""
    return hotp(seed, totp_step(at, step_seconds), digits, algorithm)


def step_is_good(
    step: int,
    now: datetime,
    *,
    step_seconds: int = STEP_SECONDS,
    life_seconds: int = LIFE_SECONDS,
    steps_ahead: int = STEPS_AHEAD,
) -> bool:
    """Tell whether a code of `step` may be accepted at `now` (R114).

    It may from `steps_ahead` steps before its own start (the Token's clock may run fast) until `life_seconds` after
    its start, that last instant included.
    """
    if step > totp_step(now, step_seconds) + steps_ahead:
        return False
    return now - step_start(step, step_seconds) <= timedelta(seconds=life_seconds)


def candidates(
    now: datetime,
    *,
    step_seconds: int = STEP_SECONDS,
    life_seconds: int = LIFE_SECONDS,
    steps_ahead: int = STEPS_AHEAD,
) -> Iterator[int]:
    """Yield every step that is good at `now`, oldest first."""
    newest = totp_step(now, step_seconds) + steps_ahead
    oldest = totp_step(now - timedelta(seconds=life_seconds), step_seconds)
    for step in range(oldest, newest + 1):
        if step_is_good(step, now, step_seconds=step_seconds, life_seconds=life_seconds, steps_ahead=steps_ahead):
            yield step


def matching_step(seed: bytes, code: str, steps: Iterator[int], digits: int = 6, algorithm: str = "sha1") -> int | None:
    """Return the step among `steps` whose code is `code`, or None.

    Every step is computed and compared in constant time, so that the duration does not tell which one fits.
    `code` is compared as text: five or seven digits, or digits of another script, fit nothing.
    """
    given = code.encode("utf-8", "surrogatepass")
    found = None
    for step in steps:
        same = hmac.compare_digest(hotp(seed, step, digits, algorithm).encode("ascii"), given)
        if same and found is None:
            found = step
    return found
