# SPDX-License-Identifier: Apache-2.0
"""Ways of identification, one file each. A method is a pure judgement of what was compared; a person decides with it."""

from dataclasses import dataclass
from datetime import date
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class DocumentFacts:
    """What an identity document says (R017). `number` is compared without blanks and in capitals."""

    type: str
    number: str
    country: str
    expires_on: date
    family_names: str
    given_names: str
    birth_date: date

    def as_dict(self) -> dict[str, str]:
        return {name: value.isoformat() if isinstance(value, date) else value for name, value in vars(self).items()}


class Method(Protocol):
    name: str

    def obstacles(
        self, *, expected: DocumentFacts, seen: DocumentFacts, person_present: bool, today: date
    ) -> list[str]:
        """Codes of everything that stands against the identification; empty when nothing does."""
