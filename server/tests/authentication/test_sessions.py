# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.authentication import queries, services
from testkit import holders


@pytest.fixture
def open_session(db, signer, system, caller, clock):
    holder = holders.new(system)

    def make():
        return services.open_session(
            identity_id=holder.identity.id, person_id=holder.identity.person_id, scope="full", acr="a",
            amr=("pwd", "otp"), caller=caller.at_instant(clock.now()))
    make.identity = holder.identity.id
    return make


def test_idle_for_five_minutes_is_the_last_good_moment(open_session, clock):
    session = open_session()
    assert queries.session(session.id, clock.advance(minutes=5))
    assert queries.session(session.id, clock.advance(seconds=1)) is None


def test_use_moves_the_idle_limit_and_not_the_absolute_one(open_session, clock):
    session = open_session()
    for _ in range(8 * 15 - 1):
        seen = queries.session(session.id, clock.advance(minutes=4))
        services.touch_session(session_id=session.id, seen_at=seen.seen_at, at=clock.now())
    assert queries.session(session.id, clock.advance(minutes=3, seconds=59))
    assert queries.session(session.id, clock.advance(seconds=1)) is None


def test_touching_never_revives(open_session, clock, caller):
    session = open_session()
    seen = queries.session(session.id, clock.now())
    services.close_session(session_id=session.id, reason="logout", caller=caller)
    services.touch_session(session_id=session.id, seen_at=seen.seen_at, at=clock.advance(minutes=1))
    assert queries.session(session.id, clock.now()) is None


def test_all_sessions_of_an_identity_close_together(open_session, caller, clock):
    first, second = open_session(), open_session()
    assert services.close_sessions(identity_id=open_session.identity, reason="suspended", caller=caller) == 2
    assert services.close_sessions(identity_id=open_session.identity, reason="suspended", caller=caller) == 0
    assert queries.session(first.id, clock.now()) is queries.session(second.id, clock.now()) is None


def test_a_name_that_nobody_gave_is_no_session(db, clock):
    assert queries.session("00000000-0000-7000-8000-000000000000", clock.now()) is None
