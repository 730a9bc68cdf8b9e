# SPDX-License-Identifier: Apache-2.0
"""Pure decisions of the door: passwords, devices, levels, what a login may open."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from paraph.kernel.rules import Rules
from paraph.pki import scan
from paraph.signer import values

LEVEL_LOW = "http://eidas.europa.eu/LoA/low"
LEVEL_SUBSTANTIAL = "http://eidas.europa.eu/LoA/substantial"
LEVEL_HIGH = "http://eidas.europa.eu/LoA/high"
LEVELS = (LEVEL_LOW, LEVEL_SUBSTANTIAL, LEVEL_HIGH)

# Devices that log in today, in the order of the chooser. An app or card joins when it can really be used.
PASSKEY = "passkey"
DEVICES = ("token", "scan", PASSKEY)
# R119, R120: the secret image stands beside the field for these, and never for the app or the Scan.
WITH_SECRET_IMAGE = ("token", "smartcard", "signing_stick", "eid")
# What a login with each device proves: the signer holds ID tokens against the same.
FACTORS, LEVEL_OF, PASSKEY_FACTORS = values.FACTORS, values.LEVEL_OF, values.PASSKEY_FACTORS
# As partners and the operator's profile name them.
LEVEL_NAMED = dict(zip(("low", "substantial", "high"), LEVELS, strict=True))


class PasswordProblem(StrEnum):
    """R136, one code for each rule that a password can miss; R138: it differs from the initial one; a change changes."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NO_LOWER = "no_lower"
    NO_UPPER = "no_upper"
    NO_DIGIT = "no_digit"
    SAME_AS_INITIAL = "same_as_initial"
    SAME_AS_CURRENT = "same_as_current"


def password_problems(text: str, rules: Rules) -> list[PasswordProblem]:
    """R136: 6 to 10 characters with lower-case and upper-case letters and digits; other signs are allowed (Q29).
    An operator may ask for length alone (rules.password_kinds)."""
    return _problems(text, rules.password_minimum, rules.password_maximum, kinds=rules.password_kinds)


def passcode_problems(text: str, rules: Rules) -> list[PasswordProblem]:
    """R137: the passcode of the app follows the same rule, with limits of its own."""
    return _problems(text, rules.passcode_minimum, rules.passcode_maximum, kinds=True)


def _problems(text: str, minimum: int, maximum: int, *, kinds: bool) -> list[PasswordProblem]:
    found = {
        PasswordProblem.TOO_SHORT: len(text) < minimum,
        PasswordProblem.TOO_LONG: len(text) > maximum,
        PasswordProblem.NO_LOWER: kinds and not any(sign.islower() for sign in text),
        PasswordProblem.NO_UPPER: kinds and not any(sign.isupper() for sign in text),
        PasswordProblem.NO_DIGIT: kinds and not any("0" <= sign <= "9" for sign in text),
    }
    return [problem for problem, holds in found.items() if holds]


class Obstacle(StrEnum):
    """Why a login that went on to its second step can't be finished: UserID or password were wrong or the account blocked;
    or they were right, and no device of this type is there to answer. Without secret image nobody is told before the end."""

    NONE = ""
    PASSWORD = "password"
    DEVICE = "device"


class Standing(StrEnum):
    """What an identity may still do, from the state of its certificates."""

    STAFF = "staff"
    NEW_STAFF = "new_staff"
    NEW = "new"
    FULL = "full"
    SUSPENDED = "suspended"
    ENDED = "ended"


def standing(*, kind: str, activated: bool, states: Iterable[str]) -> Standing:
    """`states` are those of the authentication certificates that are valid in time. Staff has none."""
    if kind == "staff":
        return Standing.STAFF if activated else Standing.NEW_STAFF
    if not activated:
        return Standing.NEW
    known = set(states)
    if "active" in known:
        return Standing.FULL
    return Standing.SUSPENDED if "suspended" in known else Standing.ENDED


def is_code(text: str, rules: Rules) -> bool:
    """R107: six digits, leading zeros kept, nothing else."""
    return is_answer(text, rules.otp_digits)


def is_answer(text: str, length: int) -> bool:
    """As many digits as the device shows."""
    return len(text) == length and all("0" <= sign <= "9" for sign in text)


def devices_for(accepted: Iterable[str] | None, *, passkeys: bool = False) -> tuple[str, ...]:
    """The devices to choose from: those that log in today, restricted to what the partner accepts (R074, R105).
    `passkeys`: the operator has them, and they reach the level that is needed."""
    allowed = None if accepted is None else set(accepted)
    return tuple(device for device in DEVICES
                 if (allowed is None or device in allowed) and (passkeys or device != PASSKEY))


def shows_image(device: str) -> bool:
    return device in WITH_SECRET_IMAGE


def level_is_enough(reached: str, wanted: str) -> bool:
    """Whether a level of assurance is at least the wanted one; a level that nobody knows is never enough."""
    return wanted in LEVELS and reached in LEVELS and LEVELS.index(reached) >= LEVELS.index(wanted)


def higher_level(one: str, other: str) -> str:
    """The higher of two, as partners and the operator's profile name them."""
    return max(one, other, key=list(LEVEL_NAMED).index)


# What the smallest screen shows whole, in octets of UTF-8: beside a label there is still room for the longest text.
LONGEST_CONFIRMATION_TEXT, LONGEST_CONFIRMATION_LABEL = scan.LONGEST_TEXT, 200
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Asked:
    """What a holder is asked to confirm: an exact text, or a document's SHA-256 (hex) under a label, or both."""

    text: str = ""
    digest: str = ""
    label: str = ""

    @property
    def fault(self) -> str:
        """Why this can't be asked, for a program; empty when it can. What stands at an end or can't be seen would be
        confirmed without being read."""
        for name, text, most in (("text", self.text, LONGEST_CONFIRMATION_TEXT),
                                 ("label", self.label, LONGEST_CONFIRMATION_LABEL)):
            if len(text.encode("utf-8", "surrogatepass")) > most:
                return f"{name} has more than {most} octets"
            if not scan.is_plain(text) or text != text.strip():
                return f"{name} has a sign or gap that nobody sees, is written from right to left, or ends with a space"
        if not (self.text or self.digest):
            return "text or digest is needed"
        if bool(self.digest) != bool(self.label):
            return "digest and label stand together"
        if self.digest and not _SHA256.fullmatch(self.digest):
            return "digest is a SHA-256 in 64 lower-case hexadecimal digits"
        return ""


class Evidence(StrEnum):
    """How far a proof reaches: `device-bound`, the device itself showed the text and its code covers every octet;
    `server-bound`, our page showed it."""

    DEVICE = "device-bound"
    SERVER = "server-bound"


def evidence_of(device: str) -> Evidence:
    """A Scan’s answer covers what it has shown; the code of a Token only says that somebody has it."""
    return Evidence.DEVICE if device == "scan" else Evidence.SERVER
