# SPDX-License-Identifier: Apache-2.0
"""The signer as a process of its own: a Unix socket, one question and one answer at a time per connection.

A peer must be a process of the same user, of root, or of a user on the list (`users.Askers`); the kernel says who it is, for
each connection. What cannot be read is refused and the connection closed. Logs name calls, codes and kinds of errors,
never an argument or an answer.
"""

import inspect
import logging
import signal
import socket
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from paraph.kernel.clock import Clock
from paraph.kernel.errors import Refusal
from paraph.signer import sockets, users, wire
from paraph.signer.client import CALLS
from paraph.signer.core import Signer
from paraph.signer.errors import SignerRefusal, SignerUnavailable
from paraph.signer.stores import StoreSettings
from paraph.signer.values import House

log = logging.getLogger("paraph.signer")

MOST_CONNECTIONS = 128
TICK_SECONDS = 1.0
PROBE_SECONDS = 30.0
TELL_SECONDS = 60.0


# What each call takes: read once.
_ARGUMENTS = {call: inspect.signature(getattr(Signer, call)) for call in CALLS}


class Server:
    """Serves `signer` at `socket_path` from `start()` to `stop()`."""

    def __init__(self, signer: Signer, socket_path: Path, askers: users.Askers | None = None) -> None:
        self._signer = signer
        self._askers = askers or users.Askers()
        self._path = Path(socket_path)
        self._stopping = threading.Event()
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._refused: dict[int, float] = {}
        self._listener: socket.socket | None = None

    def start(self) -> None:
        """Listens when it returns. Raises OSError when another signer answers there."""
        self._listener = sockets.listen(self._path, self._askers.group)
        for target in (self._accept, self._tick):
            thread = threading.Thread(target=target, name=f"signer{target.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """No new questions; the one being answered is finished; the signer is closed."""
        self._stopping.set()
        if self._listener is not None:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        with self._lock:
            open_ones = list(self._connections)
        for connection in open_ones:
            # Only the reading half: an answer that is on its way still gets out.
            _shut(connection, socket.SHUT_RD)
        for thread in self._threads:
            thread.join(timeout=10)
        self._signer.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()  # type: ignore[union-attr]
            except OSError:
                if self._stopping.is_set():
                    return
                log.exception("accept failed")
                self._stopping.wait(0.1)
                continue
            peer = sockets.peer_user(connection)
            if not self._askers.admit(peer):
                self._tell_refused(peer)
                connection.close()
            elif not self._free.acquire(blocking=False):
                log.warning("refused a connection: %d are open", MOST_CONNECTIONS)
                connection.close()
            else:
                with self._lock:
                    self._connections.add(connection)
                threading.Thread(target=self._converse, args=(connection,), name="signer_peer", daemon=True).start()

    def _tell_refused(self, peer: int) -> None:
        # Once a minute for each user: whoever is refused must not fill the log.
        now = time.monotonic()
        if now - self._refused.get(peer, -TELL_SECONDS) >= TELL_SECONDS:
            self._refused[peer] = now
            log.warning("refused a peer: user %d is not on the list", peer)

    def _converse(self, connection: socket.socket) -> None:
        try:
            while not self._stopping.is_set():
                question = wire.receive(connection)
                if question is None:
                    return
                wire.send(connection, self._answer(question))
        except wire.Unreadable as error:
            log.warning("refused a frame: %s", error)
            _tell(connection, {"refusal": "unreadable"})
        except OSError as error:
            log.info("connection ended: %s", type(error).__name__)
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()
            self._free.release()

    def _answer(self, question: Any) -> dict[str, Any]:
        call, given = _read(question)
        if call is None:
            return {"refusal": "unreadable"}
        try:
            return {"answer": getattr(self._signer, call)(**given)}
        except SignerRefusal as refusal:
            log.info("%s refused: %s", call, refusal.code)
            return {"refusal": refusal.code}
        except SignerUnavailable as error:
            log.error("%s: %s", call, error.code)
            return {"unavailable": error.code}
        except Exception as error:
            # The message of an unforeseen error may hold what was given; its place in the program does not.
            log.error("%s failed: %s at %s", call, type(error).__name__, _place(error))
            return {"unavailable": "internal"}

    def _tick(self) -> None:
        since_probe = 0.0
        while not self._stopping.wait(TICK_SECONDS):
            since_probe += TICK_SECONDS
            try:
                self._signer.tick()
                if since_probe >= PROBE_SECONDS:
                    since_probe = 0.0
                    self._signer.health()
            except Refusal as error:
                log.error("keep-alive: %s", error.code)
            except Exception as error:
                log.error("keep-alive failed: %s at %s", type(error).__name__, _place(error))


def _read(question: Any) -> tuple[str | None, dict[str, Any]]:
    """The call and its arguments, or (None, {}) for anything that is not a call of the Protocol with its arguments."""
    if not isinstance(question, dict) or set(question) != {"call", "arguments"}:
        return None, {}
    call, given = question["call"], question["arguments"]
    if not isinstance(call, str) or call not in CALLS or not isinstance(given, dict):
        return None, {}
    try:
        _ARGUMENTS[call].bind(None, **given)
    except TypeError:
        return None, {}
    return call, given


def _tell(connection: socket.socket, answer: dict[str, Any]) -> None:
    try:
        wire.send(connection, answer)
    except OSError:
        log.info("the peer left before its answer")


def _shut(connection: socket.socket, how: int) -> None:
    try:
        connection.shutdown(how)
    except OSError:
        log.debug("a connection was already closed")


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "unknown"


def serve(
    socket_path: Path, data_dir: Path, passphrase: str, clock: Clock, store: StoreSettings | None = None,
    house: House | None = None, askers: users.Askers | None = None,
) -> None:
    """Runs until SIGTERM or SIGINT. Raises WrongKeyStore, StoreUnavailable, OSError before it listens."""
    server = Server(Signer.open(Path(data_dir), passphrase, clock, store, house), Path(socket_path), askers)
    finished = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: finished.set())
    server.start()
    log.info("the signer listens")
    finished.wait()
    server.stop()
