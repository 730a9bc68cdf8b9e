# SPDX-License-Identifier: Apache-2.0
"""The loop and its connections: who may come, who has to go, and the threads behind."""

import asyncio
import resource
import signal
import time
from collections.abc import Callable
from email.utils import formatdate

import uvloop

from paraph.interfaces.front.connection import AtOnce, Connection, Phase
from paraph.interfaces.front.gateway import Application
from paraph.interfaces.front.limits import Limits
from paraph.interfaces.front.threads import Lane, Threads

_BACKLOG = 1024
_SPARE_DESCRIPTORS = 256
# How long answers under way may take when the process shall end.
_LAST_SECONDS = 6.0


class Front:
    """Serves one application. `at_once`, where the application has one, answers within the loop and never waits.

    `directly`, where `takes_directly` says so, answers a simple request in a thread, without WSGI.
    """

    def __init__(self, application: Application, lanes: tuple[Lane, ...], limits: Limits | None = None) -> None:
        self.application = application
        self.limits = limits or Limits()
        self.at_once: AtOnce = getattr(application, "at_once", lambda method, target, body: None)
        self.takes_directly = getattr(application, "takes_directly", lambda method, target: False)
        self.directly = getattr(application, "directly", None)
        self.connections: set[Connection] = set()
        self.held = 0
        self.ending = False
        self._lanes = [Threads(lane) for lane in lanes]
        self._date_second = 0
        self._date = b""

    def lane_of(self, path: str) -> Threads:
        return next(threads for threads in self._lanes if path.startswith(threads.lane.prefix))

    def date(self) -> bytes:
        """The value of a Date field, made once a second."""
        now = int(time.time())
        if now != self._date_second:
            self._date_second, self._date = now, formatdate(now, usegmt=True).encode("ascii")
        return self._date

    def opened(self, connection: Connection) -> None:
        """One connection more. Beyond the limit the one goes that has kept us waiting longest, else this one."""
        if self.ending or (len(self.connections) >= self.limits.connections and not self._let_one_go()):
            connection.drop()
            return
        self.connections.add(connection)

    def closed(self, connection: Connection) -> None:
        self.connections.discard(connection)

    def hold(self, octets: int) -> None:
        """So many octets more of bodies are in memory. Beyond the limit the oldest body under way goes."""
        self.held += octets
        while self.held > self.limits.held_octets and self._let_one_go(Phase.BODY):
            pass

    def _let_one_go(self, *phases: Phase) -> bool:
        wanted = phases or (Phase.IDLE, Phase.HEAD, Phase.BODY)
        waiting = [connection for connection in self.connections if connection.phase in wanted]
        if not waiting:
            return False
        min(waiting, key=lambda connection: connection.since).drop()
        return True

    async def run(
        self, host: str, port: int, *, several: bool = False, ready: Callable[[int], None] | None = None,
        stop: asyncio.Event | None = None,
    ) -> None:
        """Until SIGTERM or SIGINT, or `stop`. `several`: other processes listen at the same port. `ready` gets the port."""
        _allow_descriptors(self.limits.connections + _SPARE_DESCRIPTORS)
        loop = asyncio.get_running_loop()
        if stop is None:
            stop = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stop.set)
        listening = await loop.create_server(
            lambda: Connection(self, loop), host, port, backlog=_BACKLOG, reuse_port=several or None)
        if ready:
            ready(listening.sockets[0].getsockname()[1])
        while not stop.is_set():
            self._look_around(loop.time())
            try:
                await asyncio.wait_for(stop.wait(), 0.5)
            except TimeoutError:
                continue
        listening.close()
        await self._end(loop)

    def _look_around(self, now: float) -> None:
        for connection in [one for one in self.connections if one.deadline <= now]:
            connection.too_late()

    async def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ending = True
        end = loop.time() + _LAST_SECONDS
        while self.connections and loop.time() < end:
            self._look_around(loop.time())
            for connection in [one for one in self.connections if one.phase in (Phase.IDLE, Phase.HEAD, Phase.BODY)]:
                connection.drop()
            await asyncio.sleep(0.05)
        for connection in list(self.connections):
            connection.drop()
        for threads in self._lanes:
            threads.stop()


def _allow_descriptors(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


def serve(
    application: Application, host: str, port: int, *, lanes: tuple[Lane, ...], limits: Limits | None = None,
    several: bool = False,
) -> None:
    """Serve until a signal comes."""
    uvloop.run(Front(application, lanes, limits).run(host, port, several=several))
