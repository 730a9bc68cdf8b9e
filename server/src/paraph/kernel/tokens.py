# SPDX-License-Identifier: Apache-2.0
"""Identifiers and random values, from one source that tests can script."""

import base64
import os
import threading
import time
from collections.abc import Callable
from uuid import UUID

# Without 0 O 1 I L and vowels that make words; read aloud and typed without doubt.
UNAMBIGUOUS = "23456789BCDFGHJKMNPQRSTVWXYZ"

_source: Callable[[int], bytes] = os.urandom

# The last uuid7 without its fixed bits: 48 of milliseconds, 74 that began random.
_newest = 0
_one_at_a_time = threading.Lock()


def use(source: Callable[[int], bytes]) -> None:
    """Take random bytes from `source(count)` from now on."""
    global _source
    _source = source


def token_bytes(count: int) -> bytes:
    return _source(count)


def _below(limit: int) -> int:
    size = (limit.bit_length() + 7) // 8 + 8
    return int.from_bytes(_source(size), "big") % limit


def _pick(alphabet: str, count: int) -> str:
    return "".join(alphabet[_below(len(alphabet))] for _ in range(count))


def uuid7() -> UUID:
    """A time-ordered identifier (RFC 9562 5.7): later than every one that this process made before, also within one
    millisecond and when the machine's clock goes back (6.2, method 2), so that what one request writes at one instant keeps its
    order. 62 random bits at least stand between two. Its time is only an ordering hint, never read back.
    """
    global _newest
    with _one_at_a_time:
        fresh = (time.time_ns() // 1_000_000) << 74 | int.from_bytes(_source(10), "big") >> 6
        if fresh >> 74 <= _newest >> 74:
            fresh = _newest + 1 + (int.from_bytes(_source(8), "big") >> 2)
        _newest = fresh
    milliseconds, high, low = fresh >> 74, fresh >> 62 & 0xFFF, fresh & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low)


def digits(count: int) -> str:
    """Random decimal digits, leading zeros kept."""
    return _pick("0123456789", count)


def letters(count: int) -> str:
    """Random capitals and digits that nobody takes for one another."""
    return _pick(UNAMBIGUOUS, count)


def user_id() -> str:
    """Eight unambiguous characters that a holder types at each login."""
    return letters(8)


def ssn() -> str:
    """Single Serial Number of an identity: 20 random digits, leading zeros kept. Not a social security number."""
    return digits(20)


def certificate_serial() -> str:
    """159 random bits as lower-case hex without leading zeros (RFC 5280 4.1.2.2: positive, at most 20 octets)."""
    value = int.from_bytes(_source(20), "big") >> 1
    return format(value | (1 << 158), "x")


def secret_url() -> str:
    """256 bits for a link that nobody can guess, 43 characters of base64url."""
    return base64.urlsafe_b64encode(_source(32)).rstrip(b"=").decode()


def cookie_secret() -> str:
    """160 bits in 32 small letters and digits, for what a browser carries: nobody ever has the same."""
    return base64.b32encode(_source(20)).decode().lower()


def initial_password() -> str:
    """Ten unambiguous characters with upper case, lower case and a digit."""
    while True:
        text = _pick("abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789", 10)
        if any(c.islower() for c in text) and any(c.isupper() for c in text) and any(c.isdigit() for c in text):
            return text


# Each has no factor in common with the alphabet's 28 characters, so that every single wrong character is seen.
_WEIGHTS = (1, 3, 5, 9, 11, 13, 15, 17)


def _check_character(body: str) -> str:
    total = sum(weight * UNAMBIGUOUS.index(character) for weight, character in zip(_WEIGHTS, body, strict=True))
    return UNAMBIGUOUS[total % len(UNAMBIGUOUS)]


def reference(prefix: str) -> str:
    """A human reference such as ``P-7KD4-M2QX-T``: eight random characters and a check character."""
    body = letters(8)
    return f"{prefix}-{body[:4]}-{body[4:]}-{_check_character(body)}"


def check_reference(text: str) -> bool:
    """Whether a typed reference can be one of ours: tells a typing error from an unknown reference."""
    parts = text.strip().upper().split("-")
    if len(parts) != 4 or any(c not in UNAMBIGUOUS for c in "".join(parts[1:])):
        return False
    return len(parts[1]) == len(parts[2]) == 4 and parts[3] == _check_character(parts[1] + parts[2])
