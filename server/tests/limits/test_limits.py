# SPDX-License-Identifier: Apache-2.0
"""Tries by address and by name: the last that is allowed, the first that is refused, and when the next is free."""

import re
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.limits import policy, services
from paraph.domain.limits.models import Allowance
from paraph.domain.limits.policy import Limit, source_of
from paraph.domain.limits.services import TooManyAttempts
from paraph.kernel.caller import Caller
from testkit.races import at_once


@pytest.fixture
def three(limited):
    """Three tries within a minute: one is back every twenty seconds."""
    limited("door", tries=3, seconds=60)


def spend(caller, **given):
    try:
        services.spend(kind="door", caller=caller, **given)
    except TooManyAttempts as refusal:
        return refusal.retry_after
    return None


@pytest.mark.both_databases
def test_the_last_try_is_allowed_and_the_next_one_is_not(db, three, caller):
    assert [spend(caller) for _ in range(4)] == [None, None, None, 20]


@pytest.mark.both_databases
def test_tries_come_back_one_by_one_at_their_instant(db, three, caller):
    for _ in range(3):
        spend(caller)
    early, due = (caller.at_instant(caller.at + timedelta(seconds=20) - wait)
                  for wait in (timedelta(microseconds=1), timedelta(0)))
    assert spend(early) == 1
    assert spend(due) is None
    assert spend(due) == 20


def test_after_the_whole_window_all_tries_are_there_and_not_one_more(db, three, caller):
    for _ in range(3):
        spend(caller)
    later = caller.at_instant(caller.at + timedelta(days=1))
    assert [spend(later) for _ in range(4)] == [None, None, None, 20]


def test_a_refused_try_costs_nothing(db, three, caller):
    for _ in range(50):
        spend(caller)
    assert spend(caller.at_instant(caller.at + timedelta(seconds=20))) is None


def test_other_addresses_names_browsers_and_kinds_count_apart(db, three, caller):
    for _ in range(4):
        spend(caller)
    assert spend(replace(caller, address="192.0.2.9")) is None
    assert spend(caller, name="AAAA1111") is None
    assert spend(caller, browser="b") is None
    services.spend(kind="fraud", caller=caller)


def test_a_known_browser_counts_wherever_it_is(db, three, caller):
    for number in range(3):
        spend(replace(caller, address=f"192.0.2.{number}"), browser="b")
    assert spend(caller, browser="b") == 20


def test_a_good_try_is_given_back(db, three, caller):
    for _ in range(10):
        assert spend(caller) is None
        services.give_back(kind="door", caller=caller)


def test_asking_counts_nothing_and_refuses_what_would_be_refused(db, three, caller):
    for _ in range(5):
        services.refuse_spent(kind="door", caller=caller)
    for _ in range(3):
        spend(caller)
    with pytest.raises(TooManyAttempts) as refused:
        services.refuse_spent(kind="door", caller=caller)
    assert refused.value.retry_after == 20
    services.refuse_spent(kind="door", caller=caller.at_instant(caller.at + timedelta(seconds=20)))


def test_no_tries_in_the_profile_is_no_limit(db, limited, caller):
    limited("door", tries=0)
    assert {spend(caller) for _ in range(20)} == {None}
    assert not Allowance.objects.exists()


def test_neither_address_nor_name_stands_in_the_database(db, three, caller):
    spend(replace(caller, address="192.0.2.9"), name="AAAA1111")
    row = Allowance.objects.get()
    assert row.kind == "door" and re.fullmatch("[0-9a-f]{64}", row.source)
    for plain in ("192.0.2.9", "192.0.2.9/32", "AAAA1111"):
        assert row.source != sha256(plain.encode()).hexdigest(), "anybody could count up the addresses to this digest"


def test_a_try_costs_the_same_with_many_rows(db, three, caller):
    def statements():
        with CaptureQueriesContext(connection) as asked:
            spend(caller)
        return len(asked)

    spend(caller)
    few = statements()
    Allowance.objects.bulk_create(Allowance(kind="door", source=f"{number:064}", used_until=0) for number in range(2000))
    assert statements() == few == 1
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN UPDATE limits_allowance SET used_until = 1 WHERE kind = 'door' AND source = 'x' "
                       "AND used_until <= 5")
        assert "USING INDEX" in str(cursor.fetchall())


def test_rows_that_say_nothing_leave(db, three, caller):
    spend(caller)
    before, at = (caller.at + timedelta(seconds=20) - wait for wait in (timedelta(microseconds=1), timedelta(0)))
    assert services.forget_allowances(caller=caller.at_instant(before)) == 0
    assert services.forget_allowances(caller=caller.at_instant(at)) == 1


@pytest.mark.both_databases
def test_sixteen_at_once_get_exactly_the_tries_that_there_are(transactional_db, limited, clock):
    limited("door", tries=5, seconds=60)
    given = at_once(lambda number: spend(Caller(at=clock.now(), channel="web", address="192.0.2.9")))
    assert given.count(None) == 5


@pytest.mark.parametrize(("address", "source"), [
    ("192.0.2.9", "192.0.2.9"), ("::ffff:192.0.2.9", "192.0.2.9"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
    ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"), ("2001:db8:1:3::", "2001:db8:1:3::/64"),
    ("", ""), ("unix:", "unix:")])
def test_whom_an_address_stands_for(address, source):
    assert source_of(address) == source


@pytest.fixture
def restored():
    yield
    policy.use({})


@pytest.mark.usefixtures("restored")
def test_an_operator_gives_numbers_of_his_own():
    policy.use({"door": {"tries": 7}, "fraud": {"tries": 0}, "place": {"tries": 2, "seconds": 10}})
    assert (policy.limit("door"), policy.limit("fraud"), policy.limit("place"), policy.limit("follow")) == (
        Limit(7, 900), Limit(0, 3600), Limit(2, 10), Limit(30, 3600))


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize("numbers", [
    {"dooor": {"tries": 1}}, {"door": {"tires": 1}}, {"door": {"tries": -1}}, {"door": {"seconds": 0}},
    {"door": {"tries": 1000, "seconds": 1}}])
def test_numbers_that_cannot_be_meant_are_refused(numbers):
    with pytest.raises(ValueError, match="limit"):
        policy.use(numbers)


@pytest.mark.usefixtures("restored")
def test_the_most_tries_in_a_second_are_exactly_as_many(db, caller):
    policy.use({"door": {"tries": 999, "seconds": 1}})
    assert [spend(caller) for _ in range(1000)] == [None] * 999 + [1]
