# SPDX-License-Identifier: Apache-2.0
"""Countries by ISO 3166-1 alpha-2, their names, and the codes that travel documents use for them (ICAO 9303 part 3)."""

import unicodedata

from paraph.domain.reference.country_names import TABLE

_ROWS = {row[0]: row for row in (line.split("|") for line in TABLE.strip().splitlines())}
_NAMES = {"fr": 2, "de": 3, "en": 4}
_ALPHA2 = {row[1]: code for code, row in _ROWS.items()}
# Germany writes a single letter; British nationals of other status have codes of their own.
_ZONE_CODES = {"D": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB"}
CODES = frozenset(_ROWS)


def is_known(code: str) -> bool:
    return code in CODES


def name(code: str, language: str) -> str:
    """The country's name in French, German or English; the code itself where no name is known."""
    if code not in _ROWS:
        return code
    return _ROWS[code][_NAMES[language]] if language in _NAMES else code


def choices(language: str) -> list[tuple[str, str]]:
    """Every country with its name, in the order of the alphabet without accents."""
    pairs = [(code, name(code, language)) for code in CODES]
    return sorted(pairs, key=lambda pair: unicodedata.normalize("NFKD", pair[1]).encode("ascii", "ignore").lower())


def from_zone(code: str) -> str:
    """Alpha-2 of the code in a machine readable zone, or nothing for one that is no country (UTO, UNO …)."""
    return _ZONE_CODES.get(code) or _ALPHA2.get(code, "")
