# SPDX-License-Identifier: Apache-2.0
"""The helpdesk's security code: with UserID and password, for half an hour, once, for device management alone."""

from dataclasses import replace

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.authentication import queries, services
from paraph.domain.authentication.models import Credential
from testkit import holders


@pytest.fixture
def agent(now):
    return lambda: replace(now(), person="01900000-0000-7000-8000-00000000a9e7", session="s", scope="staff")


def log_in(holder, code, caller, **changes):
    given = {"user_id": holder.user_id, "password": holders.PASSWORD, "security_code": code}
    return services.log_in_with_security_code(caller=caller, **(given | changes))


@pytest.mark.requirement("R082", "R135")
def test_it_opens_a_session_for_devices_alone_and_names_the_agent(marie, now, agent):
    code = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    session = queries.session(log_in(marie, f"{code[:4]} {code[4:]}", now()), now().at)
    assert session.scope == "devices" and session.acr.endswith("/low")
    used = Event.objects.get(code="authentication.code.used")
    assert used.facts["agent"] == agent().person and used.facts["session"] == str(session.id)
    assert Event.objects.get(code="authentication.code.given").person == agent().person


@pytest.mark.requirement("R135")
def test_it_is_good_until_the_last_instant_of_thirty_minutes(marie, now, agent):
    code = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    assert log_in(marie, code, now(minutes=30)) is None
    code = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    assert log_in(marie, code, now(minutes=30, microseconds=-1)) is not None


@pytest.mark.requirement("R082")
def test_it_is_good_once_and_a_new_one_ends_the_old(marie, now, agent):
    old = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    code = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    assert log_in(marie, old, now()) is None
    assert log_in(marie, code, now()) is not None
    assert log_in(marie, code, now()) is None


@pytest.mark.requirement("R082")
@pytest.mark.parametrize("wrong", [{"user_id": "ZZZZ9999"}, {"password": "Wrong1"}, {"security_code": "00000000"}])
def test_each_wrong_one_alone_fails_and_counts(marie, now, agent, wrong):
    code = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    assert log_in(marie, code, now(), **wrong) is None
    assert Credential.objects.get().failures == (0 if "user_id" in wrong else 1)
    assert log_in(marie, code, now()) is not None


def test_a_blocked_account_is_not_opened_by_it(marie, now, agent):
    code = services.make_security_code(identity_id=marie.identity.id, caller=agent())
    for _ in range(5):
        log_in(marie, code, now(), password="Wrong1")
    assert log_in(marie, code, now()) is None


def test_unknown_and_wrong_cost_the_same_hashes(marie, now, agent, hashes):
    services.make_security_code(identity_id=marie.identity.id, caller=agent())
    costs = []
    for user_id in (marie.user_id, "ZZZZ9999"):
        before = len(hashes)
        log_in(marie, "11111111", now(), user_id=user_id)
        costs.append(len(hashes) - before)
    assert costs == [2, 2]
