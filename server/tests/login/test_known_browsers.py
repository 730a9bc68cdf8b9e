# SPDX-License-Identifier: Apache-2.0
"""The cookie by which the lockout knows a browser: given by a finished login alone, where the operator wants lanes."""


import pytest

from paraph.domain.authentication.models import KnownBrowser

COOKIE = "paraph_browser"


@pytest.mark.parametrize("lanes", [True, False], indirect=True)
def test_a_finished_login_makes_the_browser_known(lanes, visitor, marie, clock):
    visitor.first_step(marie.user_id, "Wrong1")
    visitor.first_step(marie.user_id)
    assert COOKIE not in visitor.cookies
    visitor.second_step(marie.code(clock.now()))
    assert (COOKIE in visitor.cookies) is lanes and KnownBrowser.objects.count() == int(lanes)
    if lanes:
        cookie = visitor.cookies[COOKIE]
        assert cookie["httponly"] and cookie["samesite"] == "Lax" and len(cookie.value) == 43
        assert cookie.value not in str(list(KnownBrowser.objects.values()))


@pytest.mark.parametrize("lanes", [True], indirect=True)
def test_after_logout_it_is_still_known_and_strangers_do_not_lock_it(lanes, visitor, marie, clock):
    visitor.log_in(marie, clock.now())
    visitor.post("/login/logout")
    for _ in range(6):
        type(visitor)().first_step(marie.user_id, "Wrong1")
    assert visitor.log_in(marie, clock.advance(minutes=1)).status_code == 302
    assert type(visitor)().first_step(marie.user_id).status_code == 200
