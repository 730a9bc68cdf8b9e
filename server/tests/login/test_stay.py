# SPDX-License-Identifier: Apache-2.0
"""The idle limit: pages ask before it ends the session, and an answer prolongs it."""

from datetime import timedelta

import pytest

from paraph.kernel import rules

pytestmark = pytest.mark.django_db


@pytest.fixture
def idle():
    return timedelta(minutes=rules.current().session_idle_minutes)


def test_a_page_of_somebody_logged_in_asks_before_the_session_ends(visitor, marie, clock, idle):
    assert "faces-session-timer" not in visitor.get("/help/").content.decode()
    visitor.log_in(marie, clock.now())
    page = visitor.get("/login/change-password").content.decode()
    assert f'data-seconds="{int(idle.total_seconds())}" data-keep="/login/stay"' in page
    assert 'method="post" action="/login/logout"' in page
    assert "faces-session-timer" not in visitor.get("/there-is-no-such-page").content.decode()


def test_who_answers_stays_and_who_does_not_is_out(visitor, marie, clock, idle):
    visitor.log_in(marie, clock.now())
    for _ in range(3):
        clock.advance(seconds=idle.total_seconds())
        assert visitor.get("/login/stay").status_code == 204
    clock.advance(seconds=idle.total_seconds() + 1)
    assert visitor.get("/login/stay").status_code == 403
    assert visitor.get("/login/change-password").status_code == 302
