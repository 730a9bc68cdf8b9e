# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest

from paraph.kernel import clock


@pytest.mark.requirement("R072")
def test_three_years_after_29_february_is_28_february():
    leap = datetime(2028, 2, 29, 12, 30, tzinfo=UTC)
    assert clock.add_years(leap, 3) == datetime(2031, 2, 28, 12, 30, tzinfo=UTC)
    assert clock.add_years(datetime(2026, 11, 24, tzinfo=UTC), 3) == datetime(2029, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(("start", "days", "too_late"), [
    # Winter: Luxembourg is one hour ahead of UTC.
    (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), 60, datetime(2027, 1, 23, 23, 0, tzinfo=UTC)),
    # 23:30 UTC is already the next day in Luxembourg.
    (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), 30, datetime(2026, 12, 25, 23, 0, tzinfo=UTC)),
    # Across the change to summer time the last day ends at 22:00 UTC.
    (datetime(2026, 3, 1, 10, 0, tzinfo=UTC), 30, datetime(2026, 3, 31, 22, 0, tzinfo=UTC)),
])
def test_calendar_days_include_the_last_day_in_luxembourg(start, days, too_late):
    assert clock.end_of_day_after(start, days) == too_late


def test_a_scripted_clock_stands_still():
    scripted = clock.ScriptedClock(datetime(2026, 1, 1, tzinfo=UTC))
    assert scripted.now() == scripted.now()
    scripted.advance(seconds=180)
    assert scripted.now() - datetime(2026, 1, 1, tzinfo=UTC) == timedelta(seconds=180)


def test_a_scripted_clock_that_goes_on_can_still_be_moved(monkeypatch):
    start, passed = datetime(2026, 1, 1, tzinfo=UTC), [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: passed[0])
    scripted = clock.ScriptedClock(start)
    passed[0] += 5
    scripted.go_on()
    assert scripted.now() == start
    passed[0] += 7
    assert scripted.now() == start + timedelta(seconds=7)
    scripted.advance(minutes=1)
    assert scripted.now() == start + timedelta(seconds=67)
    scripted.set(start)
    assert scripted.now() == start
    passed[0] += 2
    assert scripted.now() == start + timedelta(seconds=2)


def test_a_shifted_clock_follows_its_file(tmp_path):
    path = tmp_path / "shift"
    shifted = clock.ShiftedClock(path)
    before, told, after = datetime.now(UTC), shifted.now(), datetime.now(UTC)
    assert before <= told <= after
    path.write_text("86400")
    assert timedelta(hours=23) < shifted.now() - datetime.now(UTC) < timedelta(hours=25)
