# SPDX-License-Identifier: Apache-2.0
"""At the desk: the person is there, with the original of the document that the order names (R017, R021, R022)."""

import unicodedata
from datetime import date

from paraph.domain.proofing.methods import DocumentFacts
from paraph.domain.reference import documents

NOT_PRESENT = "person_not_present"
EXPIRED = "document_expired"
NOT_ACCEPTED = "document_not_accepted"
DIFFERS = "differs_"


def _plain(text: str) -> str:
    """Letters and digits in capitals without accents: how the same name stands in two places."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in decomposed.upper() if sign.isalnum())


class Desk:
    name = "desk"

    def obstacles(
        self, *, expected: DocumentFacts, seen: DocumentFacts, person_present: bool, today: date
    ) -> list[str]:
        found = [] if person_present else [NOT_PRESENT]
        # A document is good through its last day.
        if seen.expires_on < today:
            found.append(EXPIRED)
        if not documents.is_accepted(seen.type, seen.country):
            found.append(NOT_ACCEPTED)
        wanted, got = expected.as_dict(), seen.as_dict()
        return found + [f"{DIFFERS}{name}" for name in wanted if _plain(wanted[name]) != _plain(got[name])]


DESK = Desk()
