# SPDX-License-Identifier: Apache-2.0
"""OCRA, the challenge-response algorithm of RFC 6287: a code that covers a question, and what else its suite names.

Pure arithmetic, as `pki.otp`: whoever accepts a code decides which question stands, until when, and that it counts once.
"""

import hmac
import re
from dataclasses import dataclass
from hashlib import new as new_hash

# Section 6.3. A code of 0 digits (no truncation) is allowed by the RFC and by nobody here: it can't be typed.
_SUITE = re.compile(
    r"OCRA-1:HOTP-(?P<algorithm>SHA1|SHA256|SHA512)-(?P<digits>[4-9]|10):"
    r"(?P<counter>C-)?Q(?P<format>[ANH])(?P<length>0[4-9]|[1-5]\d|6[0-4])"
    r"(?:-P(?P<pin>SHA1|SHA256|SHA512))?(?:-S(?P<session>\d{3}))?(?:-T(?P<step>\d{1,2})(?P<unit>[SMH]))?"
)
_STEP_SECONDS = {"S": 1, "M": 60, "H": 3600}
_MOST_OF_A_UNIT = {"S": 59, "M": 59, "H": 48}
_QUESTION_OCTETS = 128
# RFC 4226 section 4, R6, holds for the keys of OCRA too.
_LEAST_KEY_OCTETS = 16


@dataclass(frozen=True)
class Suite:
    """An OCRASuite (section 6). `step_seconds` is None where no time enters; `session_octets` 0 where no session does."""

    text: str
    algorithm: str
    digits: int
    counter: bool
    question_format: str
    question_length: int
    pin_algorithm: str
    session_octets: int
    step_seconds: int | None


def suite(text: str) -> Suite:
    """The suite that this text names. Raises ValueError for any other text."""
    found = _SUITE.fullmatch(text)
    if found is None:
        raise ValueError("this is no OCRA suite")
    step = None
    if found["unit"]:
        count = int(found["step"])
        if not 1 <= count <= _MOST_OF_A_UNIT[found["unit"]]:
            raise ValueError("the time step of this suite is out of range")
        step = count * _STEP_SECONDS[found["unit"]]
    octets = int(found["session"] or 0)
    if octets > 512:
        raise ValueError("the session of this suite is too long")
    return Suite(text, found["algorithm"].lower(), int(found["digits"]), bool(found["counter"]), found["format"],
                 int(found["length"]), (found["pin"] or "").lower(), octets, step)


def code(
    key: bytes, of: Suite, question: str, *, counter: int | None = None, pin: str | None = None,
    session: bytes | None = None, step: int | None = None,
) -> str:
    """The code for this question, leading zeros kept (section 5.2). `step` counts the suite's time steps since 1970.

    Exactly what the suite names must be given: more or less raises ValueError.
    """
    if len(key) < _LEAST_KEY_OCTETS:
        raise ValueError(f"the key has {len(key)} octets, fewer than {_LEAST_KEY_OCTETS}")
    named = {"counter": of.counter, "pin": bool(of.pin_algorithm), "session": bool(of.session_octets),
             "step": of.step_seconds is not None}
    given = {"counter": counter, "pin": pin, "session": session, "step": step}
    for name, wanted in named.items():
        if wanted != (given[name] is not None):
            raise ValueError(f"this suite {'needs a' if wanted else 'has no'} {name}")
    message = of.text.encode("ascii") + b"\0"
    if counter is not None:
        message += counter.to_bytes(8, "big")
    message += _question(of, question)
    if pin is not None:
        message += new_hash(of.pin_algorithm, pin.encode()).digest()
    if session is not None:
        if len(session) > of.session_octets:
            raise ValueError("the session is longer than this suite allows")
        message += session.rjust(of.session_octets, b"\0")
    if step is not None:
        message += step.to_bytes(8, "big")
    mac = hmac.digest(key, message, of.algorithm)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset:offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**of.digits).zfill(of.digits)


def _question(of: Suite, question: str) -> bytes:
    """The question as 128 octets: numbers as hexadecimal digits of their value, on the left, zeros after them."""
    # A mutual challenge (section 7.2) is two questions one after the other.
    if not 4 <= len(question) <= 2 * of.question_length:
        raise ValueError("the question's length does not fit this suite")
    if of.question_format == "A":
        if not (question.isascii() and question.isprintable()):
            raise ValueError("the question is not alphanumeric")
        return question.encode("ascii").ljust(_QUESTION_OCTETS, b"\0")
    if of.question_format == "N":
        if not (question.isascii() and question.isdigit()):
            raise ValueError("the question is not a number")
        hexadecimal = f"{int(question):x}"
    else:
        if not re.fullmatch(r"[0-9A-Fa-f]+", question):
            raise ValueError("the question is not hexadecimal")
        hexadecimal = question
    return bytes.fromhex(hexadecimal.ljust(2 * _QUESTION_OCTETS, "0"))
