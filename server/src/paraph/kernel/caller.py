# SPDX-License-Identifier: Apache-2.0
"""Who asks, when, and from where: the first half of every decision and of every audit row."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class Role:
    """A trusted or partner role that a person holds in one organisation."""

    organisation: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Built once by an interface; replaces request, user and now() below it.

    `at` is an aware UTC instant on which the domain decides. `scope` is what the session may do
    ("full", "suspended", "staff", "devices", or empty without a session). `browser` is what a browser keeps to be
    recognised by the lockout (a secret of its own, never recorded); `agent` is what it calls itself (User-Agent).
    """

    at: datetime
    channel: str
    person: str = ""
    identity: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)
    address: str = ""
    trace: str = ""
    language: str = "fr"
    session: str = ""
    scope: str = ""
    browser: str = field(default="", repr=False)
    agent: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("caller.at must be aware")

    @classmethod
    def system(cls, *, at: datetime, name: str) -> Self:
        """A timer or an operator's command, named like ``job:seal`` or ``cli:ceremony``."""
        return cls(at=at, channel=name)

    def has_role(self, name: str, organisation: str | None = None) -> bool:
        return any(role.name == name and organisation in (None, role.organisation) for role in self.roles)

    def organisations(self, role: str) -> frozenset[str]:
        """The organisations in which the caller holds this role: the scope of his queries."""
        return frozenset(held.organisation for held in self.roles if held.name == role)

    def at_instant(self, at: datetime) -> Self:
        return replace(self, at=at)

    def in_browser(self, browser: str) -> Self:
        return replace(self, browser=browser)
