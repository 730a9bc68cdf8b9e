# SPDX-License-Identifier: Apache-2.0
"""The same thing done many times at one instant, each in a thread with a database connection of its own."""

import threading
from collections.abc import Callable

from django.db import connections

from paraph.kernel.errors import Refusal


def at_once(action: Callable[[int], object], times: int = 16) -> list[object]:
    """What each call gave, or the code of its refusal. `action` takes its number; another exception fails the test."""
    outcomes: list[object] = []
    barrier = threading.Barrier(times)

    def call(number: int) -> None:
        try:
            barrier.wait()
            outcomes.append(action(number))
        except Refusal as refusal:
            outcomes.append(refusal.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=call, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == times
    return outcomes
