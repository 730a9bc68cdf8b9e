# SPDX-License-Identifier: Apache-2.0
"""Costly work: only so much at once, turn by turn, and a clear refusal when there is no room."""

import threading
import time

import pytest

from paraph.kernel import places, secrets
from paraph.kernel.places import Busy, Places, asker


class Worker(threading.Thread):
    """Takes a place for `who`, keeps it until it may leave, and writes down who came when."""

    def __init__(self, where, who, order):
        super().__init__()
        self.where, self.who, self.order = where, who, order
        self.leave, self.inside, self.refused = threading.Event(), threading.Event(), None
        self.start()

    def run(self):
        asker.set(self.who)
        try:
            with self.where.place():
                self.order.append(self.who)
                self.inside.set()
                self.leave.wait(60)
        except Busy as refusal:
            self.refused = refusal
            self.inside.set()


def until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def waiting(where):
    return sum(len(queue) for queue in where._queues.values())


def test_no_more_than_the_places_work_at_once():
    where, order = Places(at_once=2, each=9, patience=50), []
    workers = [Worker(where, f"{number}", order) for number in range(3)]
    until(lambda: len(order) == 2 and waiting(where) == 1)
    next(worker for worker in workers if worker.inside.is_set()).leave.set()
    until(lambda: len(order) == 3)
    for worker in workers:
        worker.leave.set()
        worker.join()
    assert (where._free, where._present, where._queues) == (2, {}, {})


def test_each_asker_gets_a_turn_before_one_gets_two():
    where, order = Places(at_once=1, each=9, patience=50), []
    workers = [Worker(where, "first", order)]
    until(lambda: order == ["first"])
    for who in ("greedy", "greedy", "greedy", "modest"):
        before = waiting(where)
        workers.append(Worker(where, who, order))
        until(lambda before=before: waiting(where) == before + 1)
    for worker in workers:
        worker.leave.set()
    for worker in workers:
        worker.join()
    assert order == ["first", "greedy", "modest", "greedy", "greedy"]


def test_one_asker_holds_so_many_and_the_next_is_told_at_once():
    where, order = Places(at_once=1, each=2, patience=50), []
    workers = [Worker(where, "greedy", order)]
    until(lambda: len(order) == 1)
    workers.append(Worker(where, "greedy", order))
    until(lambda: waiting(where) == 1)
    third = Worker(where, "greedy", order)
    third.join(30)
    assert third.refused.status == 503 and third.refused.retry_after == 5
    other = Worker(where, "other", order)
    until(lambda: waiting(where) == 2)
    for worker in [*workers, other]:
        worker.leave.set()
        worker.join()
    assert order == ["greedy", "greedy", "other"]


def test_nobody_waits_for_ever():
    where, order = Places(at_once=1, each=9, patience=0.05), []
    holder = Worker(where, "a", order)
    until(lambda: order == ["a"])
    late = Worker(where, "b", order)
    late.join(30)
    assert late.refused.code == "busy"
    holder.leave.set()
    holder.join()
    assert (where._free, where._present, where._queues) == (1, {}, {})


def test_our_own_work_is_never_told_that_it_is_too_much():
    where, order = Places(at_once=1, each=1, patience=50), []
    workers = [Worker(where, "", order) for _ in range(4)]
    for worker in workers:
        worker.leave.set()
        worker.join()
    assert order == [""] * 4


@pytest.fixture
def one_place():
    where = Places(at_once=1, each=1, patience=0.01)
    secrets.limit_to(where)
    yield where
    secrets.limit_to(Places(at_once=2, each=3, patience=50))


@pytest.mark.parametrize("hash_it", [
    lambda stored: secrets.hash_secret("x", "password"), lambda stored: secrets.verify_secret("x", stored, "password"),
    lambda stored: secrets.dummy_verify("x")], ids=["new", "known", "nobody"])
def test_every_hash_takes_a_place(one_place, hash_it):
    stored = secrets.hash_secret("x", "password")
    secrets.dummy_verify("made before")
    with one_place.place(), pytest.raises(places.Busy):
        hash_it(stored)
    hash_it(stored)
