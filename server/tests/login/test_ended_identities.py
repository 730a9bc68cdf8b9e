# SPDX-License-Identifier: Apache-2.0
"""An identity that rests or was closed after the right password opens nothing with its right code."""

import pytest

from paraph.domain.accounts.models import Identity
from paraph.interfaces.callers import SESSION_KEY


@pytest.mark.parametrize("state", ["suspended", "closed"])
def test_a_right_code_opens_nothing_any_more(visitor, marie, clock, state):
    assert visitor.first_step(marie.user_id).status_code == 302
    # As the row is when its end ran beside the first step, before that step's login was there to be cancelled.
    Identity.objects.filter(pk=marie.identity.id).update(state=state)
    clock.advance(seconds=30)
    answer = visitor.second_step(marie.code(clock.now()))
    assert answer.status_code == 302 and answer["Location"].startswith("/login/password")
    assert SESSION_KEY not in visitor.session


def test_while_it_is_open_it_does(visitor, marie, clock):
    visitor.first_step(marie.user_id)
    clock.advance(seconds=30)
    assert visitor.second_step(marie.code(clock.now()))["Location"] == "/my/"
