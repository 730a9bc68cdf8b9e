# SPDX-License-Identifier: Apache-2.0
"""Files that cost much and are sent by anybody: they must not take the service away from everybody else."""

import threading

import pytest

from paraph.domain.validation import services
from paraph.kernel import confinement
from paraph.kernel.confinement import AT_ONCE, Limits, TooBusy

STRANGERS = Limits(at_once=2)


@pytest.fixture
def slow_children(monkeypatch):
    """Children that work until they are let go; how many are at it."""
    let_go, at_it = threading.Event(), threading.Semaphore(0)

    def work(module, message, limits):
        at_it.release()
        assert let_go.wait(120)
        return confinement._frame({}, b"")

    monkeypatch.setattr(confinement, "_communicate", work)
    yield at_it
    let_go.set()


def start(module, limits):
    thread = threading.Thread(target=lambda: confinement.run(module, {}, b"", limits), daemon=True)
    thread.start()


def test_costly_files_of_strangers_leave_places_and_threads_to_others(slow_children):
    for _ in range(2):
        start("of strangers", STRANGERS)
        assert slow_children.acquire(timeout=60)
    with pytest.raises(TooBusy):
        confinement.run("of strangers", {}, b"", STRANGERS)
    start("of holders", Limits())
    assert slow_children.acquire(timeout=60), "a holder's document waits behind those of strangers"


def test_anybody_may_only_use_half_of_the_places():
    assert services.LIMITS.at_once * 2 <= AT_ONCE


def test_a_place_is_free_again_after_a_failure(monkeypatch):
    def fall(module, message, limits):
        raise confinement.ChildFailed(module)

    monkeypatch.setattr(confinement, "_communicate", fall)
    for _ in range(5):
        with pytest.raises(confinement.ChildFailed):
            confinement.run("of strangers who fall", {}, b"", STRANGERS)
