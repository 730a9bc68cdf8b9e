# SPDX-License-Identifier: Apache-2.0
"""So many at once may do what is costly; the others wait in a fair queue, or are told at once that it is full.

Whoever asks from one address gets his turn after each of the others had one, however often he asks, and holds only so
many places and seats in the queue, so that he never takes all threads of this process.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from paraph.kernel.errors import Refusal

# For whom this thread works: the address that asks; empty for our own jobs and commands, which nobody multiplies.
asker: ContextVar[str] = ContextVar("asker", default="")


class Busy(Refusal):
    """Too much is asked at this moment. Nothing was judged, counted or changed."""

    code = "busy"
    sentence = "Trop de personnes se connectent en ce moment. Patientez quelques secondes, puis recommencez."
    status = 503
    retry_after = 5


class Places:
    """`at_once` work, `each` may work or wait for one asker, and nobody waits longer than `patience` seconds."""

    def __init__(self, *, at_once: int, each: int, patience: float) -> None:
        self._lock = threading.Lock()
        self._free = at_once
        self._each = each
        self._patience = patience
        self._present: Counter[str] = Counter()
        self._queues: OrderedDict[str, deque[threading.Event]] = OrderedDict()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for the present asker, as long as the block lasts. Refuses: Busy."""
        who = asker.get()
        self._take(who)
        try:
            yield
        finally:
            self._give(who)

    def _take(self, who: str) -> None:
        with self._lock:
            if who and self._present[who] >= self._each:
                raise Busy()
            self._present[who] += 1
            if self._free:
                self._free -= 1
                return
            turn = threading.Event()
            self._queues.setdefault(who, deque()).append(turn)
        if turn.wait(self._patience):
            return
        with self._lock:
            # The turn may have come between the end of the wait and this line.
            if turn.is_set():
                return
            self._queues[who].remove(turn)
            self._leave(who)
            if not self._queues[who]:
                del self._queues[who]
        raise Busy()

    def _give(self, who: str) -> None:
        with self._lock:
            self._leave(who)
            if not self._queues:
                self._free += 1
                return
            following, queue = next(iter(self._queues.items()))
            turn = queue.popleft()
            if queue:
                self._queues.move_to_end(following)
            else:
                del self._queues[following]
            turn.set()

    def _leave(self, who: str) -> None:
        self._present[who] -= 1
        if not self._present[who]:
            del self._present[who]
