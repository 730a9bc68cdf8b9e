# SPDX-License-Identifier: Apache-2.0
"""A load generator in one process: sixteen connections, each with one request under way.

It counts answers and takes the server's processor time from the kernel. Answers per second of processor time don't
depend on what else the machine does, nor on how fast the generator is, so ratios of them are what is published.
"""

import select
import socket
import time
from dataclasses import dataclass

CONNECTIONS = 16


@dataclass(frozen=True)
class Measured:
    answers: int
    seconds: float
    processor_seconds: float

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds

    @property
    def per_processor_second(self) -> float:
        return self.answers / self.processor_seconds


def post(path: str, body: bytes, *, keep_alive: bool) -> bytes:
    """One HTTP request, ready to send."""
    connection = "keep-alive" if keep_alive else "close"
    head = (f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/ocsp-request\r\n"
            f"Content-Length: {len(body)}\r\nConnection: {connection}\r\n\r\n")
    return head.encode("ascii") + body


def measure(port: int, requests: list[bytes], seconds: float, process: int, *, keep_alive: bool) -> Measured:
    """Drive the server on `port`, of which `process` and its children do the work, for some seconds."""
    drive = _drive_kept if keep_alive else _drive_anew
    drive(port, requests, 0.5)
    before, begun = processor_seconds(process), time.monotonic()
    answers = drive(port, requests, seconds)
    return Measured(answers, time.monotonic() - begun, processor_seconds(process) - before)


def processor_seconds(process: int) -> float:
    """Time that a process and all its living descendants had a processor, to the nanosecond; threads that have ended count
    too (a hash that asks for several makes and ends them each time)."""
    # The processor clock of another process, as clock_getcpuclockid(3) names it on Linux.
    return sum(time.clock_gettime((~one << 3) | 2) for one in (process, *_descendants(process)))


def _descendants(process: int) -> list[int]:
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        children = [int(text) for text in file.read().split()]
    return [one for child in children for one in (child, *_descendants(child))]


def _connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=10)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _drive_kept(port: int, requests: list[bytes], seconds: float) -> int:
    poll = select.epoll()
    connections = {}
    for _ in range(CONNECTIONS):
        connection = _connect(port)
        connections[connection.fileno()] = connection
        poll.register(connection.fileno(), select.EPOLLIN)
    place = answers = 0
    total = len(requests)
    waiting = dict.fromkeys(connections, b"")
    for connection in connections.values():
        connection.sendall(requests[place % total])
        place += 1
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for number, _ in poll.poll(1):
            connection = connections[number]
            data = waiting[number] + connection.recv(65536)
            if not is_whole(data):
                waiting[number] = data
                continue
            waiting[number] = b""
            answers += 1
            connection.sendall(requests[place % total])
            place += 1
    for connection in connections.values():
        connection.close()
    poll.close()
    return answers


def _drive_anew(port: int, requests: list[bytes], seconds: float) -> int:
    poll = select.epoll()
    connections: dict[int, tuple[socket.socket, bytes]] = {}
    place = answers = 0
    total = len(requests)

    def begin() -> None:
        nonlocal place
        connection = _connect(port)
        connection.sendall(requests[place % total])
        place += 1
        connections[connection.fileno()] = (connection, b"")
        poll.register(connection.fileno(), select.EPOLLIN)

    for _ in range(CONNECTIONS):
        begin()
    end = time.monotonic() + seconds
    # The last ones are waited for: a server that writes to a closed connection may not survive it.
    while connections:
        for number, _ in poll.poll(10):
            connection, data = connections[number]
            received = connection.recv(65536)
            data += received
            if not is_whole(data):
                if not received:
                    raise RuntimeError("a connection ended before its answer")
                connections[number] = (connection, data)
                continue
            answers += 1
            del connections[number]
            poll.unregister(number)
            connection.close()
            if time.monotonic() < end:
                begin()
    poll.close()
    return answers


def is_whole(data: bytes) -> bool:
    """Whether an HTTP answer has come completely; raises RuntimeError for any status but 200."""
    head, _, body = data.partition(b"\r\n\r\n")
    at = head.lower().find(b"content-length:")
    if at < 0:
        return False
    if not head.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
        raise RuntimeError(head.split(b"\r\n")[0].decode("ascii", "replace"))
    return len(body) >= int(head[at + 15:].split(b"\r\n", 1)[0])
