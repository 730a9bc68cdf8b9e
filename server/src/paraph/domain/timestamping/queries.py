# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass
from datetime import datetime

from paraph.domain.timestamping.models import ClockTrust, Token, Unit


@dataclass(frozen=True)
class ClockState:
    """Whether stamping is possible at an instant, and if not, why: "" | "never_checked" | "stale" | a loss."""

    trusted: bool
    why: str
    checked_at: datetime | None
    source: str = ""


def unit_at(at: datetime) -> Unit | None:
    """The newest unit whose certificate is valid and whose key may sign at `at`."""
    return (
        Unit.objects.filter(in_service=True, not_before__lte=at, not_after__gt=at, key_not_after__gt=at)
        .order_by("-not_before", "-id")
        .first()
    )


def clock_state(at: datetime) -> ClockState:
    """What the newest check of the clock allows at `at`. A lease counts from its check to its end, not before."""
    trust = ClockTrust.objects.order_by("-checked_at").first()
    if trust is None:
        return ClockState(False, "never_checked", None)
    if trust.lost_at is not None:
        return ClockState(False, trust.loss, trust.checked_at, trust.source)
    if not trust.checked_at <= at < trust.trusted_until:
        return ClockState(False, "stale", trust.checked_at, trust.source)
    return ClockState(True, "", trust.checked_at, trust.source)


def token_by_serial(serial: str) -> Token | None:
    """The log's line about a token, by the serial number in it (lower-case hex)."""
    return Token.objects.filter(serial=serial).select_related("unit").first()


def newest_token(unit: Unit) -> Token | None:
    return Token.objects.filter(unit=unit).order_by("-generated_at").first()
