# SPDX-License-Identifier: Apache-2.0
"""Time as something that is handed in. UTC everywhere; calendar days count in the operator's zone."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Protocol
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Luxembourg")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class ScriptedClock:
    """Stands still until it is moved, or until it is told to go on by itself. For tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._going_since: float | None = None

    def now(self) -> datetime:
        if self._going_since is None:
            return self._now
        return self._now + timedelta(seconds=monotonic() - self._going_since)

    def set(self, instant: datetime) -> None:
        self._now = instant.astimezone(UTC)
        if self._going_since is not None:
            self._going_since = monotonic()

    def go_on(self) -> None:
        """For a test with programs that have clocks of their own: how long it takes, it takes on all of them."""
        self._going_since = monotonic()

    def advance(self, **parts: float) -> datetime:
        self._now += timedelta(**parts)
        return self.now()


class ShiftedClock:
    """The system's clock plus a number of seconds read from a file, so that several processes shift together.

    Only for demonstrations and journeys; `paraph check --deploy` refuses it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        try:
            shift = float(self._path.read_text())
        except (FileNotFoundError, ValueError):
            shift = 0.0
        return datetime.now(UTC) + timedelta(seconds=shift)


_clock: Clock = SystemClock()


def bind(clock: Clock) -> None:
    global _clock
    _clock = clock


def bound() -> Clock:
    """The clock of this process. Only interfaces, config, timestamping and signing ask for it."""
    return _clock


def local_date(at: datetime) -> date:
    """The day on which this instant falls in Luxembourg."""
    return at.astimezone(ZONE).date()


def start_of_day(day: date) -> datetime:
    """The first instant of this day in Luxembourg, in UTC."""
    return datetime.combine(day, time.min, tzinfo=ZONE).astimezone(UTC)


def end_of_day_after(at: datetime, days: int) -> datetime:
    """The first instant that is too late when `days` calendar days are granted from `at`, the last day included."""
    return start_of_day(local_date(at) + timedelta(days=days + 1))


def add_years(at: datetime, years: int) -> datetime:
    """The same instant of the calendar `years` later; 29 February becomes 28 February."""
    local = at.astimezone(UTC)
    try:
        return local.replace(year=local.year + years)
    except ValueError:
        return local.replace(year=local.year + years, day=28)
