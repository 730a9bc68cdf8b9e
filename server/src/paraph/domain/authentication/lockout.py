# SPDX-License-Identifier: Apache-2.0
"""R150–R152, Q18: failures of any factor at any partner since the last success block the account for a while.

Here the decisions on a locked row, as the columns that change; who asks writes them. A block needs no column of its
own: it stands from the failure that reached the limit, since attempts during it neither count nor extend it.

Where the operator wants lanes (decision 0013), browsers in which this holder logged in before have a counter of their
own, so that a stranger who only knows the UserID can't lock the holder out of them. Without lanes all is one account.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from paraph.kernel.rules import Rules


class Lane(StrEnum):
    """`account`: whoever comes from anywhere. `known`: a browser in which this holder logged in before."""

    ACCOUNT = "account"
    KNOWN = "known"


PREFIXES = {Lane.ACCOUNT: "", Lane.KNOWN: "known_"}


@dataclass(frozen=True)
class Counter:
    failures: int
    failed_at: datetime | None


def counter(credential: Any, lane: str) -> Counter:
    """The lane's counter on a credential's row."""
    prefix = PREFIXES[Lane(lane)]
    return Counter(getattr(credential, f"{prefix}failures"), getattr(credential, f"{prefix}failed_at"))


def columns(lane: str, changes: dict[str, Any]) -> dict[str, Any]:
    """The changes as the columns of this lane."""
    return {f"{PREFIXES[Lane(lane)]}{name}": value for name, value in changes.items()}


def blocked_until(counter: Counter, rules: Rules) -> datetime | None:
    """When the block ends or ended, if the failures reached the limit."""
    if counter.failures < rules.lockout_failures or counter.failed_at is None:
        return None
    return counter.failed_at + timedelta(hours=rules.lockout_hours)


def is_blocked(counter: Counter, at: datetime, rules: Rules) -> bool:
    """R151: refused until the last instant before the end, accepted at the end."""
    until = blocked_until(counter, rules)
    return until is not None and at < until


def after_failure(counter: Counter, at: datetime, rules: Rules) -> dict[str, Any]:
    """The columns after one more failure. During a block nothing changes; after one, counting starts anew (R152)."""
    if is_blocked(counter, at, rules):
        return {"failures": counter.failures, "failed_at": counter.failed_at}
    until = blocked_until(counter, rules)
    if until is not None:
        return {"failures": 1, "failed_at": at, "block_told_at": None, "unblocked_since": until}
    return {"failures": counter.failures + 1, "failed_at": at}


def after_success() -> dict[str, Any]:
    return {"failures": 0, "failed_at": None, "block_told_at": None, "unblocked_since": None}


def after_withdrawal(counter: Counter) -> dict[str, Any]:
    """A failure that was counted in advance did not happen: the code could not be judged."""
    return {"failures": max(counter.failures - 1, 0)}
