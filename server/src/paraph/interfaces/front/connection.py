# SPDX-License-Identifier: Apache-2.0
"""One connection of a client: HTTP/1.1, a request at a time."""

import asyncio
import logging
from collections.abc import Callable
from enum import IntEnum, auto
from typing import Protocol

import h11

from paraph.interfaces.front import gateway, quick
from paraph.interfaces.front.answers import Writing, refusal
from paraph.interfaces.front.gateway import Asked
from paraph.interfaces.front.limits import Limits
from paraph.interfaces.front.quick import Begun
from paraph.interfaces.front.threads import Busy, Threads

logger = logging.getLogger("paraph.front")

_NEVER = float("inf")


class Phase(IntEnum):
    """IDLE: no request has begun. HEAD and BODY: one is coming in. ANSWERING: it is with a thread, or its answer is going
    out. ENDING: the answer was a refusal; what still comes is thrown away, so that the refusal is read."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()
    ANSWERING = auto()
    ENDING = auto()


# (method, target, body) → an answer's head up to the value of its Date, and its content; or None.
AtOnce = Callable[[bytes, bytes, bytes], tuple[bytes, bytes] | None]


class Front(Protocol):
    """What a connection asks of the front that it belongs to (`server.Front`)."""

    application: gateway.Application
    limits: Limits
    at_once: AtOnce
    takes_directly: Callable[[bytes, bytes], bool]
    directly: Callable[[bytes, bytes, bytes], tuple[bytes, bytes]]
    held: int
    ending: bool

    def lane_of(self, path: str) -> Threads: ...
    def date(self) -> bytes: ...
    def hold(self, octets: int) -> None: ...
    def opened(self, connection: "Connection") -> None: ...
    def closed(self, connection: "Connection") -> None: ...


class Connection(asyncio.Protocol):
    def __init__(self, front: Front, loop: asyncio.AbstractEventLoop) -> None:
        self._front = front
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser: h11.Connection | None = None
        self._request: h11.Request | None = None
        self._simple: Begun | None = None
        self._threads: Threads | None = None
        self._body = bytearray()
        self._left = b""
        self._later = b""
        self._room = asyncio.Event()
        self._room.set()
        self._task: asyncio.Task | None = None
        self.phase = Phase.IDLE
        self.since = loop.time()
        self.deadline = _NEVER

    # --- what the loop tells ------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._enter(Phase.IDLE, self._front.limits.idle_seconds)
        self._front.opened(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._forget_body()
        self._front.closed(self)
        self._room.set()

    def data_received(self, data: bytes) -> None:
        while data:
            data = self._take_in(data)

    def _take_in(self, data: bytes) -> bytes:
        """Returns what came after the request that is whole now."""
        if self.phase is Phase.ENDING:
            return b""
        if self.phase is Phase.ANSWERING:
            # Another request, before the answer to this one: its turn will come.
            self._later += data
            self._transport.pause_reading()
            return b""
        if self.phase is Phase.IDLE:
            begun = quick.read(data)
            if begun is not None:
                head, body = begun.head, begun.body
                answer = self._front.at_once(head.method, head.target, body) if begun.is_whole else None
                if answer is not None:
                    self._say_at_once(answer, head.closes)
                    return b""
            if begun is not None and self._may_come(begun):
                if begun.is_whole:
                    self._answer_in_thread(begun, body)
                else:
                    self._simple = begun
                    self._enter(Phase.BODY, self._front.limits.time_for_body(begun.head.length))
                    self._take_body(begun.body)
                return b""
            self._begin()
        if self._simple is not None:
            return self._take_rest(self._simple, data)
        self._parser.receive_data(data)
        self._proceed()
        data, self._left = self._left, b""
        return data

    def eof_received(self) -> None:
        # Half a request will never become a whole one. An answer under way is not disturbed: nothing is read then.
        return None

    def pause_writing(self) -> None:
        self._room.clear()
        if self.phase is Phase.IDLE:
            self._wait_for_reader()

    def _wait_for_reader(self) -> None:
        # Many small answers that nobody takes: no more questions until they are.
        self._transport.pause_reading()
        self.deadline = self._loop.time() + self._front.limits.answer_seconds

    def resume_writing(self) -> None:
        self._room.set()
        if self.phase is Phase.IDLE:
            self._transport.resume_reading()
            self.deadline = self._loop.time() + self._front.limits.idle_seconds

    # --- what the front tells -----------------------------------------------------------------------------------------

    def drop(self) -> None:
        """Gone at once, whatever was under way."""
        self.phase = Phase.ENDING
        self._front.closed(self)
        self._forget_body()
        self._transport.abort()

    def too_late(self) -> None:
        """The time for what should have happened is over."""
        if self.phase in (Phase.HEAD, Phase.BODY):
            self._refuse(408)
        else:
            self.drop()

    # --- a request comes in -------------------------------------------------------------------------------------------

    def _enter(self, phase: Phase, seconds: float) -> None:
        self.phase = phase
        self.since = self._loop.time()
        self.deadline = self.since + seconds

    def _may_come(self, begun: Begun) -> bool:
        """Whether its body may be as long as it says; the parser's way refuses it otherwise."""
        self._threads = self._front.lane_of(begun.head.target.partition(b"?")[0].decode("ascii"))
        return begun.head.length <= self._threads.lane.largest_body

    def _take_rest(self, begun: Begun, data: bytes) -> bytes:
        missing = begun.head.length - len(self._body)
        self._take_body(data[:missing])
        if len(data) >= missing:
            body = bytes(self._body)
            self._simple = None
            self._forget_body()
            answer = self._front.at_once(begun.head.method, begun.head.target, body)
            if answer is not None:
                self.phase = Phase.IDLE
                self._say_at_once(answer, begun.head.closes)
            else:
                self._answer_in_thread(begun, body)
        return data[missing:]

    def _answer_in_thread(self, begun: Begun, body: bytes) -> None:
        head = begun.head
        if self._front.takes_directly(head.method, head.target):
            self._enter(Phase.ANSWERING, _NEVER)
            self._task = self._loop.create_task(self._answer_directly(head, body))
        else:
            self._answer_by_application(begun.asked(), body)

    def _begin(self) -> None:
        self._parser = h11.Connection(h11.SERVER, max_incomplete_event_size=self._front.limits.head_octets)
        self._enter(Phase.HEAD, self._front.limits.head_seconds)

    def _proceed(self) -> None:
        try:
            while self.phase in (Phase.HEAD, Phase.BODY):
                event = self._parser.next_event()
                if event in (h11.NEED_DATA, h11.PAUSED):
                    return
                if isinstance(event, h11.ConnectionClosed):
                    self._end(0)
                    return
                self._take(event)
        except h11.RemoteProtocolError as error:
            self._refuse(error.error_status_hint)

    def _take(self, event: h11.Event) -> None:
        if isinstance(event, h11.Request):
            self._take_head(event)
        elif isinstance(event, h11.Data):
            self._take_body(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            self._answer()

    def _take_head(self, request: h11.Request) -> None:
        self._request = request
        path = request.target.partition(b"?")[0].decode("latin-1")
        if not path.startswith("/"):
            self._refuse(400)
            return
        # h11 counts only what is not whole yet.
        if sum(len(name) + len(value) for name, value in request.headers) + len(request.target) > self._front.limits.head_octets:
            self._refuse(431)
            return
        self._threads = self._front.lane_of(path)
        # h11 lets nothing but digits through.
        length = int(next((value for name, value in request.headers if name == b"content-length"), b"0"))
        largest = self._threads.lane.largest_body
        if length > largest:
            self._refuse(413)
            return
        # A body in chunks says no length: it has the time of the largest.
        chunked = any(name == b"transfer-encoding" for name, _ in request.headers)
        self._enter(Phase.BODY, self._front.limits.time_for_body(largest if chunked else length))
        if self._parser.they_are_waiting_for_100_continue:
            self._transport.write(self._parser.send(h11.InformationalResponse(status_code=100, headers=[], reason=b"Continue")))

    def _take_body(self, data: bytes) -> None:
        if len(self._body) + len(data) > self._threads.lane.largest_body:
            self._refuse(413)
            return
        self._body += data
        self._front.hold(len(data))

    def _forget_body(self) -> None:
        self._front.held -= len(self._body)
        self._body = bytearray()

    # --- its answer goes out ------------------------------------------------------------------------------------------

    def _say_at_once(self, answer: tuple[bytes, bytes], closes: bool) -> None:
        head, content = answer
        date = self._front.date()
        if closes:
            self._transport.write(b"%b%b\r\nConnection: close\r\n\r\n%b" % (head, date, content))
            self._end(self._front.limits.answer_seconds)
        else:
            self._transport.write(b"%b%b\r\n\r\n%b" % (head, date, content))
            if self._room.is_set():
                self.since = self._loop.time()
                self.deadline = self.since + self._front.limits.idle_seconds

    def _answer(self) -> None:
        request, body = self._request, bytes(self._body)
        asked = Asked(bytes(request.method), bytes(request.target), bytes(request.http_version), list(request.headers),
                      self._parser.their_state is not h11.DONE)
        self._left = bytes(self._parser.trailing_data[0])
        self._parser = self._request = None
        self._forget_body()
        if not any(name.startswith(b"if-") or name == b"range" for name, _ in asked.fields):
            answer = self._front.at_once(asked.method, asked.target, body)
            if answer is not None:
                self.phase = Phase.IDLE
                self._say_at_once(answer, asked.closes)
                return
        self._answer_by_application(asked, body)

    def _answer_by_application(self, asked: Asked, body: bytes) -> None:
        self._transport.pause_reading()
        self._enter(Phase.ANSWERING, _NEVER)
        # It is in memory until it is answered.
        self._take_body(body)
        self._task = self._loop.create_task(self._answer_from_thread(asked, body))

    async def _answer_directly(self, head: quick.Head, body: bytes) -> None:
        try:
            answer = await self._threads.run(self._front.directly, head.method, head.target, body)
        except Busy:
            self._refuse(503)
            return
        except Exception as error:
            logger.error("the application failed", exc_info=error)
            self._refuse(500)
            return
        if not self._transport.is_closing():
            self._say_at_once(answer, head.closes)
            if not head.closes:
                self._go_on()

    async def _answer_from_thread(self, asked: Asked, body: bytes) -> None:
        given = gateway.environ(
            asked, body, server=self._transport.get_extra_info("sockname")[:2],
            client=self._transport.get_extra_info("peername")[:2])
        try:
            answer = await self._threads.run(gateway.call, self._front.application, given)
        except Busy:
            self._refuse(503)
            return
        except Exception as error:
            # What an application raises is its fault, never its client's: the front says so and goes on.
            logger.error("the application failed", exc_info=error)
            self._refuse(500)
            return
        finally:
            self._forget_body()
        await self._send(Writing(asked, answer, asked.closes or self._front.ending))

    async def _send(self, writing: Writing) -> None:
        answer = writing.answer
        try:
            head = writing.head(self._front.date())
            if writing.has_content:
                self._write(head + writing.content(answer.content))
                await self._send_rest(writing)
                self._write(writing.end())
            else:
                self._write(head)
        except Exception as error:
            # Too late to say so in HTTP: an answer that breaks off is seen to be none.
            logger.error("the application failed within its answer", exc_info=error)
            self.drop()
            return
        finally:
            if answer.rest is not None:
                await self._threads.go_on(answer.rest.close)
        await self._taken()
        self._next(writing.closes)

    async def _send_rest(self, writing: Writing) -> None:
        rest = writing.answer.rest
        is_all = rest is None
        while not is_all:
            await self._taken()
            if self._transport.is_closing():
                return
            content, is_all = await self._threads.go_on(rest.next)
            self._write(writing.content(content))

    def _write(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)

    async def _taken(self) -> None:
        """Until the client has taken (nearly) all that was written; it must keep a pace."""
        self.deadline = self._loop.time() + self._front.limits.time_for_answer(self._transport.get_write_buffer_size())
        await self._room.wait()
        self.deadline = _NEVER

    def _next(self, closes: bool) -> None:
        """The connection is ready for another request, which may have come already."""
        if self._transport.is_closing():
            return
        if closes or self._front.ending:
            self._end(self._front.limits.time_for_answer(self._transport.get_write_buffer_size()))
            return
        self._go_on()

    def _go_on(self) -> None:
        """Idle again; what came meanwhile is taken in."""
        data, self._later = self._later, b""
        self._enter(Phase.IDLE, self._front.limits.idle_seconds)
        if self._room.is_set():
            self._transport.resume_reading()
        else:
            self._wait_for_reader()
        self.data_received(data)

    def _end(self, seconds: float) -> None:
        """What was written still goes out, if it is taken within this time."""
        self._enter(Phase.ENDING, seconds)
        self._transport.close()

    def _refuse(self, status: int) -> None:
        """A plain answer of our own, after which the connection ends."""
        self._write(refusal(status, self._front.date()))
        self._forget_body()
        self._enter(Phase.ENDING, self._front.limits.ending_seconds)
        self._transport.resume_reading()
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()
