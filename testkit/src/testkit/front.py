# SPDX-License-Identifier: Apache-2.0
"""The front with an application of the test's, in a thread, at a port of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvloop

from paraph.interfaces.front.limits import Limits
from paraph.interfaces.front.server import Front
from paraph.interfaces.front.threads import Lane

ONE_LANE = (Lane("", threads=2, waiting=4, largest_body=1024 * 1024),)


class Running:
    """A front that answers at `port`."""

    def __init__(self, front: Front, port: int) -> None:
        self.front = front
        self.port = port

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, request: bytes) -> bytes:
        """All that comes back on a connection of its own until it ends."""
        with self.connect() as connection:
            connection.sendall(request)
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    """What comes until the connection ends; an end by force counts as one."""
    data = bytearray()
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionResetError:
        pass
    return bytes(data)


@contextmanager
def running(
    application: Callable, *, lanes: tuple[Lane, ...] = ONE_LANE, limits: Limits | None = None,
) -> Iterator[Running]:
    front = Front(application, lanes, limits)
    started = threading.Event()
    held: dict = {}

    async def serve() -> None:
        held["loop"], held["stop"] = asyncio.get_running_loop(), asyncio.Event()

        def ready(port: int) -> None:
            held["port"] = port
            started.set()

        await front.run("127.0.0.1", 0, ready=ready, stop=held["stop"])

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        if not started.wait(60):
            raise RuntimeError("the front did not start")
        yield Running(front, held["port"])
    finally:
        held["loop"].call_soon_threadsafe(held["stop"].set)
        thread.join(60)
