# SPDX-License-Identifier: Apache-2.0
"""Lanes for known browsers (decision 0012): a stranger can't lock a holder out of the browser he always uses."""

from dataclasses import replace

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential, KnownBrowser
from paraph.domain.notifications.models import Message
from paraph.kernel import rules
from testkit import holders


@pytest.fixture
def one_account():
    before = rules.current()
    rules.use(replace(before, lockout_lanes=False))
    yield
    rules.use(before)


@pytest.fixture
def now(caller, clock):
    def at(browser="", **parts):
        clock.advance(**parts)
        return replace(caller, at=clock.now(), browser=browser)
    return at


def first(holder, caller, password="Wrong1"):
    return services.check_first_step(user_id=holder.user_id, password=password, device="token",
                                     caller=caller).transaction_id


def log_in(holder, caller):
    login = first(holder, caller, holders.PASSWORD)
    return login and services.check_code(transaction_id=login, code=holder.code(caller.at), caller=caller).outcome


@pytest.fixture
def at_home(marie, now):
    services.remember_browser(identity_id=marie.identity.id, caller=now("home"))
    return marie


@pytest.mark.requirement("R150")
def test_fifty_wrong_passwords_from_elsewhere_while_the_owner_logs_in(lanes, at_home, now):
    for number in range(50):
        elsewhere = replace(now(seconds=10), address=f"192.0.2.{number % 5}")
        assert first(at_home, elsewhere) is None
        if number % 10 == 9:
            assert log_in(at_home, now("home", seconds=31)) == "accepted"
    assert log_in(at_home, now()) is None, "the lane of strangers is blocked, also for a right password"
    assert Credential.objects.get().failures == 5


@pytest.mark.requirement("R150")
def test_each_lane_has_its_own_five(lanes, at_home, now):
    for _ in range(4):
        first(at_home, now("home"))
        first(at_home, now("elsewhere"))
    assert first(at_home, now("home"), holders.PASSWORD) and first(at_home, now(), holders.PASSWORD)
    assert first(at_home, now("home")) is None
    assert first(at_home, now("home"), holders.PASSWORD) is None
    assert first(at_home, now("elsewhere"), holders.PASSWORD) is not None


@pytest.mark.requirement("R153", part="later: the app")
def test_unblocking_opens_both_lanes(lanes, at_home, now):
    for _ in range(5):
        first(at_home, now("home"))
        first(at_home, now("elsewhere"))
    received = services.Received(initial_password=holders.INITIAL_PASSWORD)
    done = services.unblock(user_id=at_home.user_id, received=received, code=at_home.code(now().at), caller=now())
    assert done == "accepted"
    credential = Credential.objects.get()
    assert (credential.failures, credential.known_failures) == (0, 0)
    assert first(at_home, now("home"), holders.PASSWORD) and first(at_home, now("elsewhere"), holders.PASSWORD)


@pytest.mark.requirement("R150")
def test_without_lanes_the_whole_account_is_blocked(one_account, at_home, now):
    for _ in range(5):
        first(at_home, now("elsewhere"))
    assert first(at_home, now("home"), holders.PASSWORD) is None


@pytest.mark.requirement("R150")
def test_the_owner_gives_a_stranger_no_new_tries_by_logging_in(lanes, at_home, now):
    for _ in range(4):
        first(at_home, now())
    assert log_in(at_home, now("home", minutes=1)) == "accepted"
    first(at_home, now())
    assert first(at_home, now(), holders.PASSWORD) is None


def test_codes_count_in_the_lane_of_their_password(lanes, at_home, now):
    login = first(at_home, now("home"), holders.PASSWORD)
    for _ in range(5):
        services.check_code(transaction_id=login, code="000000", caller=now())
    credential = Credential.objects.get()
    assert (credential.known_failures, credential.failures) == (5, 0)
    assert first(at_home, now("home"), holders.PASSWORD) is None
    assert first(at_home, now(), holders.PASSWORD) is not None


@pytest.mark.requirement("R151")
def test_a_blocked_lane_of_known_browsers_opens_after_twelve_hours(lanes, at_home, now):
    for _ in range(5):
        first(at_home, now("home"))
    assert first(at_home, now("home", hours=12, seconds=-1), holders.PASSWORD) is None
    assert first(at_home, now("home", seconds=1), holders.PASSWORD) is not None


def test_both_lanes_are_told(lanes, at_home, now, system):
    accounts.record_contact(identity_id=at_home.identity.id, kind="email", value="marie@example.lu", read_back=True,
                            caller=system)
    for _ in range(5):
        first(at_home, now("home"))
    assert services.tell_blocked(caller=now(minutes=1)) == 1
    for _ in range(5):
        first(at_home, now())
    assert services.tell_blocked(caller=now(minutes=1)) == 1
    assert Message.objects.filter(template="login_blocked").count() == 2


def test_a_browser_is_known_for_one_holder_only(lanes, at_home, now, system):
    other = holders.new(system, given_names="Anne")
    for _ in range(5):
        first(other, now("home"))
    assert Credential.objects.get(identity=other.identity).failures == 5
    assert first(at_home, now("home"), holders.PASSWORD) is not None


def test_only_the_newest_ten_browsers_are_known(lanes, marie, now):
    for number in range(12):
        services.remember_browser(identity_id=marie.identity.id, caller=now(f"browser {number}", minutes=1))
    assert KnownBrowser.objects.count() == 10
    for _ in range(5):
        first(marie, now("browser 0"))
    assert first(marie, now("browser 1"), holders.PASSWORD) is None
    assert first(marie, now("browser 2"), holders.PASSWORD) is not None
