# SPDX-License-Identifier: Apache-2.0
"""The channels that carry messages away: one file each, bound once by `config`."""

from dataclasses import dataclass
from typing import Protocol


class NotCarried(Exception):
    """The channel could not take the message now. `reason` is a short code without personal data."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason[:120]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """`id` is stable over attempts, so that a carrier can recognise a repetition. `html` is set for letters."""

    id: str
    channel: str
    address: str
    language: str
    subject: str
    text: str
    html: str


class Channel(Protocol):
    """`keeps_codes` is true only where the outbox itself is the place where people read (demonstration)."""

    keeps_codes: bool

    def send(self, message: Outgoing) -> None:
        """Carries the message or raises NotCarried."""


_channels: dict[str, Channel] = {}


def bind(channels: dict[str, Channel]) -> None:
    """Channels by name: mail, sms, letter. What has none stays in the outbox and is reported as stuck."""
    _channels.clear()
    _channels.update(channels)


def bound(name: str) -> Channel:
    if name not in _channels:
        raise NotCarried("no_channel")
    return _channels[name]
