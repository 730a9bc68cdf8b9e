# SPDX-License-Identifier: Apache-2.0
"""R150–R152, Q18: failures of any factor at any partner since the last success block the account for a while.

Here the decisions on a locked row, as the columns that change; who asks writes them. A block needs no column of its
own: it stands from the failure that reached the limit, since attempts during it neither count nor extend it.
"""

from datetime import datetime, timedelta
from typing import Any, Protocol

from paraph.kernel.rules import Rules


class Counter(Protocol):
    failures: int
    failed_at: datetime | None


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
