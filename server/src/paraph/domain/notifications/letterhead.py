# SPDX-License-Identifier: Apache-2.0
"""Who writes: what every message says of the operator. Bound once by `config` from the operator profile."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """`address` are the lines of the sender's address; `hours` and `notice` are texts per language."""

    service: str
    legal_name: str
    phone: str
    email: str
    website: str
    address: tuple[str, ...]
    hours: dict[str, str]
    notice: dict[str, str]
    country: str = "LU"
    colour: str = "#0b5d4f"

    def hours_in(self, language: str) -> str:
        return self.hours.get(language, self.hours.get("fr", ""))

    def notice_in(self, language: str) -> str:
        return self.notice.get(language, self.notice.get("fr", ""))


_letterhead: Letterhead | None = None


def bind(letterhead: Letterhead) -> None:
    global _letterhead
    _letterhead = letterhead


def bound() -> Letterhead:
    if _letterhead is None:
        raise RuntimeError("no letterhead was bound at start")
    return _letterhead
