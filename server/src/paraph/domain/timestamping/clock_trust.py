# SPDX-License-Identifier: Apache-2.0
"""Is the clock one that may be stamped with? EN 319 421 TIS-7.7.2: stop on drift or jump, and know it before each
token.

The embedded default has no time source of its own. What it checks, and all that it checks, is that the system's clock
runs evenly: against the machine's steady clock, which counts also while the machine sleeps, it may deviate by no more
than the allowed drift since the checker started, and it never stands before an instant that was already recorded.
That the system's clock was right to begin with is the operator's NTP service's word. A source that asks several time
servers belongs behind the same seam, `Source`.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from paraph.kernel.clock import Clock

TRIES = 5


@dataclass(frozen=True)
class Reading:
    """One check: the clock's deviation since the source was started, or `fault` where it can't be told."""

    deviation: timedelta
    fault: str = ""


class Source(Protocol):
    @property
    def name(self) -> str: ...

    def read(self) -> Reading:
        """Check the clock now. Called every few seconds by one process, the worker."""

    def begin_anew(self) -> None:
        """Measure from now on: an operator answers for the clock as it stands."""


class SteadyClock(Protocol):
    def __call__(self) -> float: ...


def boot_time() -> float:
    """Seconds since the machine started, sleep included; nobody can set it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class EvenRun:
    """The embedded default: the system's clock against the machine's steady clock."""

    name = "even-run"

    def __init__(self, clock: Clock, steady: SteadyClock = boot_time) -> None:
        self._clock = clock
        self._steady = steady
        self.begin_anew()

    def begin_anew(self) -> None:
        self._started = self._pair()

    def read(self) -> Reading:
        wall, steady = self._pair()
        elapsed = timedelta(seconds=steady - self._started[1])
        return Reading(deviation=(wall - self._started[0]) - elapsed)

    def _pair(self) -> tuple[datetime, float]:
        """Both clocks at one instant: of some tries the one between whose readings the least time went by. A busy machine
        may stop us between the two, and the clock would seem to have jumped."""
        least, best = float("inf"), None
        for _ in range(TRIES):
            before, wall, after = self._steady(), self._clock.now(), self._steady()
            if after - before < least:
                least, best = after - before, (wall, before)
        return best
