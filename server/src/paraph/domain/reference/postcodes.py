# SPDX-License-Identifier: Apache-2.0
"""How postcodes are written, for the countries from which most letters go out and come in. Elsewhere anything goes that
could be one.

Source: the addressing sheets that postal operators publish with the Universal Postal Union.
"""

import re

_DIGITS = {"LU": 4, "BE": 4, "AT": 4, "CH": 4, "LI": 4, "DK": 4, "DE": 5, "FR": 5, "MC": 5, "IT": 5, "ES": 5, "FI": 5}
_LETTERED = {"NL": re.compile(r"[1-9]\d{3}[A-Z]{2}", re.ASCII), "PT": re.compile(r"\d{7}", re.ASCII)}
# People put their country before it: L-1536, B-1000, D-54290, F-57100.
_PREFIX = {"LU": "LU?", "BE": "BE?", "DE": "DE?", "FR": "FR?", "AT": "AT?", "CH": "CH", "IT": "IT?", "NL": "NL", "DK": "DK"}
_ELSEWHERE = re.compile(r"[A-Z0-9]([A-Z0-9 -]*[A-Z0-9])?")


def digits(country: str) -> int:
    """How many digits a postcode of this country has; 0 where it is not digits alone, or not known here."""
    return _DIGITS.get(country, 0)


def is_possible(text: str, country: str) -> bool:
    """Whether this can be a postcode there, with or without the country's letters before it."""
    typed = " ".join(text.upper().split())
    if country not in _DIGITS and country not in _LETTERED:
        return _ELSEWHERE.fullmatch(typed) is not None
    bare = re.sub(r"[ -]", "", re.sub(rf"^{_PREFIX.get(country, '')}(-| |(?=\d))", "", typed))
    if country in _LETTERED:
        return _LETTERED[country].fullmatch(bare) is not None
    return len(bare) == _DIGITS[country] and bare.isascii() and bare.isdigit() and set(bare) != {"0"}
