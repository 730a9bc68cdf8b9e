# SPDX-License-Identifier: Apache-2.0
import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lane:
    """Threads of their own for the addresses that begin with `prefix`, how many requests may wait for them, and how
    large a body they take, in octets. What is asked beyond is refused at once, so that nobody waits in vain."""

    prefix: str
    threads: int
    waiting: int
    largest_body: int


class Busy(Exception):
    """As many requests wait for the lane's threads as may."""


class Threads:
    """A lane's threads, and how many requests are with them or wait for them."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self._executor = ThreadPoolExecutor(lane.threads, thread_name_prefix=f"lane {lane.prefix}")
        self._taken = 0

    async def run(self, act: Callable, *arguments: Any) -> Any:
        """Begin a request; raises Busy."""
        if self._taken >= self.lane.threads + self.lane.waiting:
            raise Busy()
        return await self.go_on(act, *arguments)

    async def go_on(self, act: Callable, *arguments: Any) -> Any:
        """A further step of a request that was let in: it waits its turn, however many there are."""
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, act, *arguments)
        finally:
            self._taken -= 1

    def stop(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)
