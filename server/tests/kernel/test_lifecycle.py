# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum

import pytest

from paraph.kernel import lifecycle
from paraph.kernel.errors import NotAllowed, Stale
from paraph.kernel.lifecycle import Lifecycle


class State(StrEnum):
    OPEN = "open"
    SHUT = "shut"
    GONE = "gone"


TABLE = Lifecycle("door", State, {
    "shut": ({State.OPEN}, State.SHUT), "open": ({State.SHUT}, State.OPEN), "remove": ({State.SHUT}, State.GONE)})


class Plain:
    """A change without SQL (kernel.prepared.Changing)."""

    def __init__(self, question):
        self.question = question

    def __call__(self, changes, **given):
        return self.question(**given).update(**changes)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    monkeypatch.setattr(lifecycle, "Changing", Plain)


class Rows:
    """What Lifecycle needs of a model's manager: one stored row with a guarded update."""

    def __init__(self, state):
        self.stored = {"pk": 1, "state": state}

    def filter(self, **wanted):
        rows = self

        class Same:
            def update(self, **values):
                if all(rows.stored[name] == value for name, value in wanted.items()):
                    rows.stored.update(values)
                    return 1
                return 0
        return Same()


def door(state, rows=None):
    record = type("Door", (), {"_default_manager": rows or Rows(state)})()
    record.pk, record.state = 1, state
    return record


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", ["shut", "open", "remove"])
def test_only_listed_moves_are_made(state, move):
    record = door(state)
    if TABLE.allows(state, move):
        TABLE.advance(record, move, at=7, by="somebody")
        assert (record.state, record.state_since, record.by) == (TABLE.moves[move][1], 7, "somebody")
        assert record._default_manager.stored == {
            "pk": 1, "state": record.state, "state_since": 7, "by": "somebody"}, "stored as it says"
    else:
        with pytest.raises(NotAllowed):
            TABLE.advance(record, move, at=None)
        assert record.state == state


def test_a_stale_copy_loses():
    rows = Rows(State.OPEN)
    first, second = door(State.OPEN, rows), door(State.OPEN, rows)
    TABLE.advance(first, "shut", at=None)
    with pytest.raises(Stale):
        TABLE.advance(second, "shut", at=None)


def test_the_diagram_shows_every_move():
    assert TABLE.diagram().count("-->") == 3


def test_a_move_from_nowhere_begins_the_diagram():
    assert Lifecycle("door", State, {"build": ((), State.OPEN)}).diagram().splitlines()[1] == "    [*] --> open: build"
