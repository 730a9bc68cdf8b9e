# SPDX-License-Identifier: Apache-2.0
"""No token leaves while the clock is not trusted (EN 319 421 TIS-7.7.2)."""

import hashlib
from datetime import timedelta

import pytest

from paraph.domain.audit import queries as audit
from paraph.domain.timestamping import queries, services
from paraph.domain.timestamping.clock_trust import EvenRun, Reading, boot_time
from paraph.domain.timestamping.models import Token
from paraph.kernel import clock as clocks
from paraph.kernel import rules
from paraph.kernel.errors import NotFound
from paraph.pki.timestamps import Failure, TimestampError

pytestmark = pytest.mark.both_databases

DIGEST = hashlib.sha256(b"a document").digest()


@pytest.fixture
def stamp(clock, signer, unit):
    return lambda: services.stamp_imprint(imprint=DIGEST, clock=clock, signer=signer)


def refused(stamp):
    before = Token.objects.count()
    with pytest.raises(TimestampError) as error:
        stamp()
    assert Token.objects.count() == before
    return error.value.failure is Failure.TIME_NOT_AVAILABLE


def codes(source):
    return [event.code for event in audit.about("clock", source.name)]


@pytest.mark.requirement("EN 319 421 TIS-7.7.2-06")
def test_a_clock_that_nobody_checked_is_not_trusted(stamp, clock):
    assert queries.clock_state(clock.now()).why == "never_checked"
    assert refused(stamp)


@pytest.mark.requirement("EN 319 421 TIS-7.7.2-06")
def test_trust_is_a_lease(stamp, clock, check_clock):
    assert check_clock()
    seconds = rules.current().clock_trust_seconds
    clock.advance(seconds=seconds, microseconds=-1)
    assert stamp()
    clock.advance(microseconds=1)
    assert queries.clock_state(clock.now()).why == "stale"
    assert refused(stamp)
    assert check_clock()
    assert stamp()


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.requirement("EN 319 421 TIS-7.7.2-06")
def test_a_jump_takes_trust_away_until_an_operator_answers_for_the_clock(
        stamp, clock, check_clock, steady, source, system, direction):
    assert check_clock()
    clock.advance(seconds=10)
    steady.jumped = direction * 0.5
    assert check_clock()
    assert stamp()
    steady.jumped = direction * 0.501
    assert not check_clock()
    assert refused(stamp)
    # A clock that jumped back is not trusted by itself.
    steady.jumped = 0.0
    assert not check_clock()
    assert refused(stamp)
    # It may have been the time before that was wrong: an operator says so, and checks begin anew.
    steady.jumped = direction * 7.0
    services.confirm_clock(source=source.name, caller=system.at_instant(clock.now()))
    assert refused(stamp)
    assert check_clock()
    assert stamp()
    assert codes(source) == [
        "timestamping.clock.trusted", "timestamping.clock.distrusted", "timestamping.clock.trusted"]


def test_a_clock_behind_what_was_recorded_is_not_trusted(stamp, clock, check_clock, source, system):
    clock.advance(hours=1)
    assert check_clock()
    clock.advance(hours=-1)
    # The checker was started anew, so it saw no jump: only the record tells.
    fresh = EvenRun(clock, lambda: 0.0)
    assert not services.renew_clock_trust(source=fresh, caller=system.at_instant(clock.now()))
    assert queries.clock_state(clock.now()).why == "backwards"
    assert refused(stamp)


def test_no_token_is_older_than_the_one_before(stamp, clock, check_clock, unit):
    check_clock()
    clock.advance(seconds=30)
    stamp()
    clock.advance(seconds=-1)
    assert stamp()
    clock.advance(microseconds=-1)
    assert refused(stamp)


def test_a_source_that_can_not_tell_is_not_trusted(db, stamp, clock, system):
    class Silent:
        name = "silent"

        def read(self):
            return Reading(timedelta(0), fault="no_server_answers")

        def begin_anew(self):
            raise AssertionError("nobody confirmed anything")

    assert not services.renew_clock_trust(source=Silent(), caller=system)
    assert queries.clock_state(clock.now()).why == "no_server_answers"
    assert refused(stamp)


def test_confirming_what_was_never_checked_is_refused(db, source, system):
    with pytest.raises(NotFound):
        services.confirm_clock(source=source.name, caller=system)


def test_the_machines_own_clocks_run_evenly():
    source = EvenRun(clocks.SystemClock())
    assert abs(source.read().deviation.total_seconds()) < 0.1
    assert boot_time() > 0
