# SPDX-License-Identifier: Apache-2.0
"""Threads that begin at one instant; a holder who has everything."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from paraph.domain.devices.methods import passkey

from .walking import holder_with_everything


@pytest.fixture
def at_once():
    """Calls `act` so many times in parallel and returns what each gave, or the exception that it raised."""

    def run(act: Callable[[int], object], times: int = 16) -> list[object]:
        given: list[object] = [None] * times
        start = threading.Barrier(times)

        def one(number: int) -> None:
            start.wait()
            try:
                given[number] = act(number)
            except Exception as error:  # handed to the test, which looks at it
                given[number] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=(number,)) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return given

    return run


@pytest.fixture
def rita(signer, clock, system):
    """With Token, Scan and passkey, in a house that has passkeys as long as the test runs."""
    before = passkey.current()
    yield holder_with_everything(system, clock)
    passkey.use(before)
