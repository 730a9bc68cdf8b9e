# SPDX-License-Identifier: Apache-2.0
"""The channels that carry messages away: one file each, bound once by `config`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

REFERENCE = re.compile(r"[A-Za-z0-9._:@/+=-]{1,120}")


class NotCarried(Exception):
    """The channel could not take the message now; later it may. `reason` is a short code without personal data.

    `after` is how long the carrier wants to be left alone.
    """

    def __init__(self, reason: str, *, after: timedelta = timedelta(0)) -> None:
        super().__init__(reason)
        self.reason = reason[:120]
        self.after = after


class Unreachable(NotCarried):
    """The carrier itself does not answer, or not to us: nothing else needs to be tried with it just now."""


class Refused(NotCarried):
    """The carrier will never take this message: no such number, a recipient that does not exist, too long."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """`id` is stable over attempts, so that a carrier can recognise a repetition. `html` is set for letters.

    `secret` messages hold codes. `at` is the instant of this attempt.
    """

    id: str
    channel: str
    address: str
    language: str
    subject: str
    text: str
    html: str
    at: datetime
    secret: bool = False


class Channel(Protocol):
    """`keeps_codes` is true only where the outbox itself is the place where people read (demonstration)."""

    keeps_codes: bool

    def send(self, message: Outgoing) -> str:
        """Carries the message, the same id twice at the carrier's risk only, or raises NotCarried.

        Returns the carrier's own name for it (REFERENCE), or nothing.
        """


class Outcome(StrEnum):
    """What a printing house says of a letter."""

    POSTED = "posted"
    RETURNED = "returned"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """`name` is what the channel calls it; `digest` the SHA-256 of the document that was opened; `at` the house's word."""

    name: str
    message_id: str
    digest: str
    outcome: Outcome
    at: datetime
    reference: str


class Receipts(Protocol):
    """What comes back from a carrier after it took something."""

    def waiting(self) -> Iterable[Receipt]:
        """Some of those that can be read, the same again until they are settled. What is no receipt is put aside.
        Raises OSError where none can be reached."""

    def settle(self, receipt: Receipt, *, known: bool) -> None:
        """It was written down (known), or belongs to nothing of ours; either way it waits no more."""


_channels: dict[str, Channel] = {}
_receipts: Receipts | None = None


def bind(channels: Mapping[str, Channel], receipts: Receipts | None = None) -> None:
    """Channels by name: mail, sms, letter. What has none stays in the outbox and is reported as stuck."""
    global _receipts
    _channels.clear()
    _channels.update(channels)
    _receipts = receipts


def bound(name: str) -> Channel:
    if name not in _channels:
        raise NotCarried("no_channel")
    return _channels[name]


def names() -> tuple[str, ...]:
    """The channels that there are."""
    return tuple(_channels)


def receipts() -> Receipts | None:
    return _receipts
