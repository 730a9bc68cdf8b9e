# SPDX-License-Identifier: Apache-2.0
"""One table per record kind says which moves are legal; one method writes the state column.

Time makes no moves: a deadline is a question that a guard asks of an instant, and what must happen then is done by a
job that finds its work by query.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models

from paraph.kernel.errors import NotAllowed, Stale
from paraph.kernel.prepared import Changing


class Lifecycle:
    """`moves` maps a move's name to ({states it may leave}, state it reaches)."""

    def __init__(self, name: str, states: type, moves: dict[str, tuple[Iterable[Any], Any]]) -> None:
        self.name = name
        self.states = states
        self.moves = {move: (frozenset(sources), target) for move, (sources, target) in moves.items()}
        self._changing: dict[type, Changing] = {}

    def allows(self, state: Any, move: str) -> bool:
        return state in self.moves[move][0]

    def advance(self, record: Any, move: str, *, at: datetime, **facts: Any) -> None:
        """Moves the record only if its stored state is still the one read; `facts` are columns written with it.

        Refuses: NotAllowed (the table does not list the move from here), Stale (somebody moved it first).
        """
        sources, target = self.moves[move]
        if record.state not in sources:
            raise NotAllowed(record=self.name, state=str(record.state), move=move)
        kind = type(record)
        if kind not in self._changing:
            self._changing[kind] = Changing(lambda pk, state: kind._default_manager.filter(pk=pk, state=state))
        changed = self._changing[kind]({"state": target, "state_since": at, **facts}, pk=record.pk, state=record.state)
        if not changed:
            raise Stale(record=self.name, move=move)
        # Whoever moves a record has locked it: nothing else of it can have changed since.
        for name, value in {"state": str(target), "state_since": at, **facts}.items():
            setattr(record, name, value)

    def check_constraint(self, name: str) -> models.CheckConstraint:
        """The database itself refuses a state that the table does not know."""
        states = sorted({str(target) for _, target in self.moves.values()}
                        | {str(source) for sources, _ in self.moves.values() for source in sources})
        return models.CheckConstraint(condition=models.Q(state__in=states), name=name)

    def diagram(self) -> str:
        """The table as Mermaid text, for the documentation."""
        lines = ["stateDiagram-v2"]
        for move, (sources, target) in self.moves.items():
            lines += [f"    {source} --> {target}: {move}" for source in sorted(map(str, sources)) or ["[*]"]]
        return "\n".join(lines)
