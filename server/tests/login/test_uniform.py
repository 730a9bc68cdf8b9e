# SPDX-License-Identifier: Apache-2.0
"""R106: unknown UserID, wrong password and blocked account can't be told apart by what the door answers or does."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.domain.authentication import services
from testkit import holders

UNKNOWN = "ZZZZ9999"


def plain(response):
    """The page without what differs by chance: the form token, and the UserID that the visitor himself typed."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", response.content.decode())
    return re.sub(r'(name="user_id"[^>]*) value="[^"]*"', r"\1", text)


def headers(response):
    noise = ("X-Trace-Id", "Content-Security-Policy")
    return {name: value for name, value in response.items() if name not in noise}


def attempts(visitor, marie, caller, hashes):
    """What the three cases answered, and what each cost."""
    def observe(user_id, password):
        hashes.clear()
        with CaptureQueriesContext(connection) as queries:
            response = visitor.first_step(user_id, password)
        statements = [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]
        return response, len(hashes), statements

    found = {"unknown": observe(UNKNOWN, "Wrong1"), "wrong": observe(marie.user_id, "Wrong1")}
    for _ in range(4):
        services.check_first_step(user_id=marie.user_id, password="Wrong1", device="token", caller=caller)
    found["blocked, wrong"] = observe(marie.user_id, "Wrong1")
    found["blocked, right"] = observe(marie.user_id, holders.PASSWORD)
    return found


@pytest.mark.requirement("R106")
def test_the_same_bytes_status_and_headers(visitor, marie, caller, clock, hashes):
    found = attempts(visitor, marie, caller.at_instant(clock.now()), hashes)
    bodies = {plain(response) for response, _, _ in found.values()}
    assert len(bodies) == 1
    assert {response.status_code for response, _, _ in found.values()} == {200}
    first, *others = [headers(response) for response, _, _ in found.values()]
    assert all(other == first for other in others)
    assert {bool(response.cookies.get("paraph_session")) for response, _, _ in found.values()} == {False}


@pytest.mark.requirement("R106")
def test_the_same_hashes_and_queries(visitor, marie, caller, clock, hashes):
    found = attempts(visitor, marie, caller.at_instant(clock.now()), hashes)
    assert {count for _, count, _ in found.values()} == {1}
    numbers = {case: len(statements) for case, (_, _, statements) in found.items()}
    assert len(set(numbers.values())) == 1, numbers
    kinds = {case: [statement.split()[0] for statement in statements] for case, (_, _, statements) in found.items()}
    assert len({tuple(kind) for kind in kinds.values()}) == 1, kinds


@pytest.mark.requirement("R106")
def test_the_attempt_that_blocks_costs_what_the_others_cost(visitor, marie, caller, clock, hashes):
    costs = []
    for _ in range(5):
        with CaptureQueriesContext(connection) as queries:
            visitor.first_step(marie.user_id, "Wrong1")
        costs.append(len(queries))
    assert len(set(costs)) == 1, costs


@pytest.mark.requirement("R106")
def test_one_answer_for_every_wrong_code(visitor, marie, clock, system):
    def answer(code):
        visitor.first_step(marie.user_id)
        response = visitor.second_step(code)
        return response.status_code, re.sub(r'(name="code"[^>]*) value="[^"]*"', r"\1", plain(response))

    used = marie.code(clock.now())
    visitor.first_step(marie.user_id)
    visitor.second_step(used)
    visitor.post("/login/logout")
    old = marie.code(clock.now())
    clock.advance(minutes=4)
    never = f"{(int(marie.code(clock.now())) + 7) % 10**6:06d}"
    answers = [answer(never), answer(old), answer(used)]
    answers += [answer(never)]
    assert len(set(answers)) == 1
