# SPDX-License-Identifier: Apache-2.0
"""Which identity documents are accepted from which country.

The rule is this project's own: no published table was found (standards.md), so an operator must confirm it with its
supervisory body. Free movement is why the countries of the European Economic Area and Switzerland may show a card.
"""

from enum import StrEnum


class DocumentType(StrEnum):
    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    RESIDENCE_PERMIT = "residence_permit"


CARD_COUNTRIES = frozenset({
    "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
})


def is_accepted(document_type: str, country: str) -> bool:
    """Passports of any country, cards of the EEA and Switzerland, residence permits of Luxembourg."""
    if document_type == DocumentType.PASSPORT:
        return True
    if document_type == DocumentType.IDENTITY_CARD:
        return country in CARD_COUNTRIES
    return document_type == DocumentType.RESIDENCE_PERMIT and country == "LU"
