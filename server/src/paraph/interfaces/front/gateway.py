# SPDX-License-Identifier: Apache-2.0
"""WSGI (PEP 3333): a complete request becomes a call in a thread; an answer is taken from it piece by piece."""

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

Application = Callable[[dict, Callable], Iterable[bytes]]
# So much is taken from an application at a time; what is longer waits in it until its reader has taken the piece before.
PIECE = 256 * 1024


class Asked(NamedTuple):
    """A request's head: `version` is 1.1 or 1.0, names of `fields` are in small letters; `closes`: the connection ends with
    the answer."""

    method: bytes
    target: bytes
    version: bytes
    fields: list[tuple[bytes, bytes]]
    closes: bool


@dataclass
class Answer:
    """What an application said. `rest` gives what follows `content`, if anything does, and must be closed."""

    status: int
    reason: bytes
    headers: list[tuple[bytes, bytes]]
    content: bytes
    rest: "Rest | None"


class Rest:
    """The rest of a long answer."""

    def __init__(self, pieces: Iterator[bytes], close: Callable[[], None]) -> None:
        self._pieces = pieces
        self.close = close

    def next(self) -> tuple[bytes, bool]:
        """About as much as `PIECE`, and whether that was all."""
        taken = bytearray()
        for piece in self._pieces:
            taken += piece
            if len(taken) >= PIECE:
                return bytes(taken), False
        return bytes(taken), True


def environ(
    asked: Asked, body: bytes, *, server: tuple[str, int], client: tuple[str, int],
) -> dict:
    """The request as PEP 3333 writes it. A name with an underscore could pass for another one: it is left out."""
    path, _, query = asked.target.partition(b"?")
    given = {
        "REQUEST_METHOD": asked.method.decode("ascii"), "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"), "QUERY_STRING": query.decode("latin-1"),
        "SERVER_NAME": server[0], "SERVER_PORT": str(server[1]), "REMOTE_ADDR": client[0], "REMOTE_PORT": str(client[1]),
        "SERVER_PROTOCOL": f"HTTP/{asked.version.decode('ascii')}",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
    }
    for name, value in asked.fields:
        if b"_" in name or name in (b"content-length", b"transfer-encoding"):
            continue
        key = name.decode("ascii").upper().replace("-", "_")
        key = key if key == "CONTENT_TYPE" else f"HTTP_{key}"
        text = value.decode("latin-1")
        given[key] = f"{given[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{text}" if key in given else text
    if body or asked.method in (b"POST", b"PUT", b"PATCH"):
        given["CONTENT_LENGTH"] = str(len(body))
    return given


def call(application: Application, given: dict) -> Answer:
    """Runs in a thread: the answer, all of it if it is not much longer than a piece."""
    started: list = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable:
        started[:] = [status, headers]
        return written.extend

    written = bytearray()
    result = application(given, start_response)
    close = getattr(result, "close", _nothing)
    try:
        rest = Rest(iter(result), close)
        content, is_all = rest.next()
        status, _, reason = started[0].partition(" ")
        answer = Answer(
            int(status), reason.encode("latin-1"),
            # Django's cookies begin with a blank.
            [(name.encode("latin-1"), value.strip(" \t").encode("latin-1")) for name, value in started[1]],
            bytes(written) + content, None if is_all else rest)
    except BaseException:
        close()
        raise
    if is_all:
        close()
    return answer


def _nothing() -> None:
    pass
