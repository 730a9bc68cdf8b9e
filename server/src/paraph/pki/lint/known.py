# SPDX-License-Identifier: Apache-2.0
"""What pkilint finds in certificates that are right: pkilint.toml, each entry with its reason, for one version of it.

Reading the list does not need pkilint.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Said:
    """One finding of pkilint: its code, and the sentence with what it read."""

    code: str
    message: str


def version() -> str:
    """The version of pkilint that the list was made for."""
    return _list()["version"]


def judged_as(profile: str) -> str | None:
    """The name of the type that pkilint judges this profile as; None for RFC 5280 alone."""
    return _list()["types"].get(profile)


def explains(said: Said, profile: str, of_version: str) -> bool:
    """Whether an entry explains the finding; in another version of pkilint none does."""
    if of_version != version():
        return False
    return any(
        entry["code"] == said.code and profile in entry.get("profiles", (profile,))
        and all(words in said.message for words in entry.get("says", ()))
        for entry in entries()
    )


def entries() -> list[dict]:
    return _list()["known"]


@cache
def _list() -> dict:
    return tomllib.loads((files("paraph.pki.lint") / "pkilint.toml").read_text(encoding="utf-8"))
