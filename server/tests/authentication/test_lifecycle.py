# SPDX-License-Identifier: Apache-2.0
"""All states and all moves: what the table does not list is refused and changes nothing."""

import pytest

from paraph.domain.authentication.lifecycle import LOGIN, State
from paraph.domain.authentication.models import LoginTransaction
from paraph.kernel.errors import NotAllowed, Stale
from testkit import holders

ALLOWED = {
    ("waiting", "accept"): "accepted", ("waiting", "replace"): "replacing", ("waiting", "refuse"): "refused",
    ("waiting", "cancel"): "cancelled", ("replacing", "accept"): "accepted", ("replacing", "cancel"): "cancelled",
}


@pytest.fixture
def login(db, signer, system, clock):
    holder = holders.new(system)
    now = clock.now()
    return LoginTransaction.objects.create(
        identity=holder.identity, person_id=holder.identity.person_id, purpose="portal", standing="full",
        device="token", device_serial="T-1", statement=b"x", signer_session="s", shown_at=now, code_until=now,
        expires_at=now, state_since=now)


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("move", LOGIN.moves)
def test_every_move_from_every_state(login, clock, state, move):
    LoginTransaction.objects.update(state=state)
    login.refresh_from_db()
    if (state, move) in ALLOWED:
        LOGIN.advance(login, move, at=clock.now())
        assert login.state == ALLOWED[state, move]
    else:
        with pytest.raises(NotAllowed):
            LOGIN.advance(login, move, at=clock.now())
        assert LoginTransaction.objects.get().state == state


def test_a_stale_login_is_not_moved(login, clock):
    LoginTransaction.objects.update(state="cancelled")
    with pytest.raises(Stale):
        LOGIN.advance(login, "accept", at=clock.now())
