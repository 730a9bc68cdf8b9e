# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import pytest

from paraph.domain.authentication import queries, services
from paraph.domain.authentication.models import Credential
from paraph.domain.notifications.models import Message
from paraph.kernel.errors import Forbidden
from testkit import holders


@pytest.fixture
def session(marie, caller, clock):
    def open_one(scope="full"):
        opened = services.open_session(
            identity_id=marie.identity.id, person_id=marie.identity.person_id, scope=scope, acr="a", amr=("pwd", "otp"),
            caller=caller.at_instant(clock.now()))
        return replace(caller, at=clock.now(), identity=str(marie.identity.id), session=str(opened.id), scope=scope)
    return open_one


def test_the_new_password_stands_and_other_sessions_end(marie, session, clock):
    other, mine = session(), session()
    clock.advance(minutes=1)
    mine = mine.at_instant(clock.now())
    assert services.change_password(current=holders.PASSWORD, password="Neu456", caller=mine) == "accepted"
    assert queries.session(mine.session, clock.now()) and queries.session(other.session, clock.now()) is None
    assert queries.password_set_at(marie.identity.id) == clock.now()
    assert "votre mot de passe a été changé" in Message.objects.get(template="password_changed").content["text"]
    for password, opens in ((holders.PASSWORD, False), ("Neu456", True)):
        step = services.check_first_step(user_id=marie.user_id, password=password, device="token", caller=mine)
        assert (step.transaction_id is not None) is opens


def test_a_wrong_current_password_counts_like_a_login(session):
    mine = session()
    for _ in range(5):
        assert services.change_password(current="Wrong1", password="Neu456", caller=mine) == "wrong"
    assert services.change_password(current=holders.PASSWORD, password="Neu456", caller=mine) == "wrong"
    assert Credential.objects.get().failures == 5


@pytest.mark.parametrize("password, problem", [
    ("short", "too_short"), (holders.PASSWORD, "same_as_current"), (holders.INITIAL_PASSWORD, "same_as_initial")])
def test_a_password_against_the_rules_changes_and_counts_nothing(session, password, problem):
    with pytest.raises(services.PasswordRefused) as refusal:
        services.change_password(current=holders.PASSWORD, password=password, caller=session())
    assert problem in refusal.value.problems
    assert Credential.objects.get().failures == 0


@pytest.mark.parametrize("scope", ["suspended", ""])
def test_only_a_full_login_changes_it(session, caller, scope):
    with pytest.raises(Forbidden):
        services.change_password(current=holders.PASSWORD, password="Neu456", caller=session(scope) if scope else caller)
