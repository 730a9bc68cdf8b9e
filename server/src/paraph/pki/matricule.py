# SPDX-License-Identifier: Apache-2.0
"""The national identification number of natural persons in Luxembourg, the « matricule ».

Règlement grand-ducal of 28 November 2013, article 1: year, month and day of birth, a sequence number of three
digits, then two check digits, one after Luhn and one after Verhoeff. Both are computed over the same first eleven
digits: the Verhoeff digit does not cover the Luhn digit. An unknown month or day is written 00.
"""

import calendar
import re
from datetime import date

LENGTH = 13
_COVERED = 11
_PATTERN = re.compile(r"[0-9]{13}")

# The Cayley table of the dihedral group of order ten, and the powers of Verhoeff's permutation.
_PRODUCT = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 2, 3, 4, 0, 6, 7, 8, 9, 5),
    (2, 3, 4, 0, 1, 7, 8, 9, 5, 6),
    (3, 4, 0, 1, 2, 8, 9, 5, 6, 7),
    (4, 0, 1, 2, 3, 9, 5, 6, 7, 8),
    (5, 9, 8, 7, 6, 0, 4, 3, 2, 1),
    (6, 5, 9, 8, 7, 1, 0, 4, 3, 2),
    (7, 6, 5, 9, 8, 2, 1, 0, 4, 3),
    (8, 7, 6, 5, 9, 3, 2, 1, 0, 4),
    (9, 8, 7, 6, 5, 4, 3, 2, 1, 0),
)
_PERMUTATION = (
    (0, 1, 2, 3, 4, 5, 6, 7, 8, 9),
    (1, 5, 7, 6, 2, 8, 3, 0, 9, 4),
    (5, 8, 0, 3, 7, 9, 6, 1, 4, 2),
    (8, 9, 1, 6, 0, 4, 3, 5, 2, 7),
    (9, 4, 5, 3, 1, 2, 6, 8, 7, 0),
    (4, 2, 8, 6, 5, 7, 3, 9, 0, 1),
    (2, 7, 9, 3, 8, 0, 6, 4, 1, 5),
    (7, 0, 4, 6, 9, 1, 3, 2, 5, 8),
)
_INVERSE = (0, 4, 3, 2, 1, 5, 6, 7, 8, 9)


def luhn_digit(digits: str) -> str:
    """Return the Luhn check digit of `digits`: from the right, every second one doubled, beginning with the last."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def verhoeff_digit(digits: str) -> str:
    """Return the Verhoeff check digit of `digits`."""
    check = 0
    for place, digit in enumerate(reversed(digits), start=1):
        check = _PRODUCT[check][_PERMUTATION[place % 8][int(digit)]]
    return str(_INVERSE[check])


def complete(first_eleven: str) -> str:
    """Return the thirteen digits for the eleven digits of birth date and sequence."""
    if not re.fullmatch(r"[0-9]{11}", first_eleven):
        raise ValueError("eleven digits are needed: year, month, day and sequence")
    return first_eleven + luhn_digit(first_eleven) + verhoeff_digit(first_eleven)


def normalise(text: str) -> str:
    """Return `text` without the blanks with which people group the digits."""
    return re.sub(r"[ \u00a0\u202f]", "", text.strip())


def is_valid(text: str) -> bool:
    """Tell whether `text` is a well-formed number of thirteen digits with both check digits right.

    It says nothing on whether the register has given this number to anybody.
    """
    if not _PATTERN.fullmatch(text):
        return False
    if not _date_is_possible(int(text[0:4]), int(text[4:6]), int(text[6:8])):
        return False
    return text == complete(text[:_COVERED])


def birth_date(text: str) -> date | None:
    """Return the birth date coded in a valid number, or None where its month or day is unknown."""
    if not is_valid(text):
        raise ValueError("not a valid national identification number")
    year, month, day = int(text[0:4]), int(text[4:6]), int(text[6:8])
    return date(year, month, day) if month and day else None


def _date_is_possible(year: int, month: int, day: int) -> bool:
    if year < 1 or month > 12 or day > 31:
        return False
    if month == 0 or day == 0:
        return True
    return day <= calendar.monthrange(year, month)[1]
