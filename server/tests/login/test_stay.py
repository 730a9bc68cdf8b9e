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


def test_who_comes_back_too_late_is_told_that_the_session_is_over(visitor, marie, clock, idle):
    assert "ended" not in visitor.get("/my/products")["Location"], "who was never logged in has lost nothing"
    visitor.log_in(marie, clock.now())
    clock.advance(seconds=idle.total_seconds())
    assert visitor.get("/my/products").status_code == 200
    clock.advance(seconds=idle.total_seconds() + 1)
    answer = visitor.get("/my/products")
    assert answer["Location"] == "/login/?next=%2Fmy%2Fproducts&ended=idle"
    page = visitor.get(answer["Location"]).content.decode()
    assert "Votre session est terminée" in page and "n’est pas arrivé" not in page and 'value="/my/products"' in page


@pytest.mark.parametrize(("referer", "back"), [
    ({"HTTP_REFERER": "http://localhost:8000/my/sessions?done=1"}, "%2Fmy%2Fsessions%3Fdone%3D1"),
    ({"HTTP_REFERER": "https://evil.example/my/sessions"}, "%2Fmy%2Fsessions%2Fothers%2Fend"),
    ({}, "%2Fmy%2Fsessions%2Fothers%2Fend")])
def test_what_was_sent_too_late_is_told_as_lost_and_its_page_comes_back(visitor, marie, clock, idle, referer, back):
    """The form's own page, for an address that only takes what is sent would refuse him after his login."""
    visitor.log_in(marie, clock.now())
    clock.advance(seconds=idle.total_seconds() + 1)
    answer = visitor.post("/my/sessions/others/end", {}, HTTP_HOST="localhost:8000", **referer)
    assert answer["Location"] == f"/login/?next={back}&ended=unsent"
    assert "Ce que vous venez d’envoyer n’est pas arrivé" in visitor.get(answer["Location"]).content.decode()
    assert "Votre session est terminée" not in visitor.get("/login/?next=/my/&ended=other").content.decode()


def test_who_answers_stays_and_who_does_not_is_out(visitor, marie, clock, idle):
    visitor.log_in(marie, clock.now())
    for _ in range(3):
        clock.advance(seconds=idle.total_seconds())
        assert visitor.get("/login/stay").status_code == 204
    clock.advance(seconds=idle.total_seconds() + 1)
    assert visitor.get("/login/stay").status_code == 403
    assert visitor.get("/login/change-password").status_code == 302
