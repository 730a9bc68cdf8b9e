# SPDX-License-Identifier: Apache-2.0
"""How the rest of the house talks to the signer: the Protocol `Signer`, in one process or over a Unix socket.

Bound once at start with `bind()`; everybody asks `bound()`. Whatever changes something takes an `attempt`: ask again
with the same one after a failure, and the answer is the one that the first try would have given.
"""

import os
import socket
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from paraph.kernel import tokens
from paraph.signer import sockets, wire
from paraph.signer.errors import SignerRefusal, SignerUnavailable
from paraph.signer.values import (
    DeviceInfo,
    Grant,
    HolderKeys,
    KeyInfo,
    Outcome,
    RecordEntry,
    RecordReport,
    ScanChallenge,
    Session,
    Signed,
    grant_statement,
    name_statement,
)

__all__ = ["DeviceInfo", "Grant", "HolderKeys", "InProcessSigner", "KeyHandle", "KeyInfo", "Outcome", "RecordEntry",
           "RecordReport", "ScanChallenge", "Session", "Signed", "Signer", "SignerRefusal", "SignerUnavailable", "SocketSigner",
           "bind", "bound", "grant_statement", "name_statement"]


class Signer(Protocol):
    """Every call may raise SignerRefusal (with a code; nothing was changed) or SignerUnavailable (ask again later).

    What a call does, takes and refuses stands at the function of the same name in `calls/`. `attempt` is the asker's own
    name for a question: asked again under it, the answer is the same and nothing happens twice. Serials are devices', instants
    are in UTC, hashes are SHA-256 in 32 octets.
    """

    def make_key(self, *, attempt: str, purpose: str, algorithm: str, label: str) -> KeyInfo: ...
    def key(self, key_id: str) -> KeyInfo: ...
    def sign(self, *, attempt: str, key_id: str, purpose: str, data: bytes, content: bytes = b"") -> bytes: ...
    def begin_list(self, *, attempt: str, key_id: str, purpose: str, head: bytes) -> None: ...
    def add_to_list(self, *, attempt: str, part: int, content: bytes) -> None: ...
    def sign_list(self, *, attempt: str, tail: bytes) -> bytes: ...
    def destroy_key(self, *, attempt: str, key_id: str) -> None: ...
    def import_token(self, *, attempt: str, serial: str, seed: bytes, method: str = "totp", digits: int = 6,
                     step_seconds: int = 30, counter: int = 0) -> None: ...
    def import_scan(self, *, attempt: str, serial: str, factory_key: bytes) -> None: ...
    def token_exists(self, serial: str) -> bool: ...
    def device(self, serial: str) -> DeviceInfo: ...
    def open_session(self, *, attempt: str, kind: str, holder: str, key_id: str | None, hashes: list[bytes],
                     labels: list[str], device_serial: str | None, statement: bytes = b"") -> Session: ...
    def authorise_with_code(self, *, attempt: str, session_id: str, device_serial: str, code: str,
                            shown_at: datetime | None = None) -> Outcome: ...
    def scan_activation(self, *, attempt: str, session_id: str, device_serial: str) -> ScanChallenge: ...
    def scan_device_code(self, *, attempt: str, session_id: str, device_serial: str, code: str) -> Outcome: ...
    def scan_challenge(self, *, attempt: str, session_id: str, device_serial: str, partner: str,
                       text: str) -> ScanChallenge: ...
    def scan_name(self, *, attempt: str, session_id: str, holder: str, subject: bytes,
                  same_as: str | None = None) -> ScanChallenge: ...
    def authorise_with_answer(self, *, attempt: str, session_id: str, device_serial: str, answer: str) -> Outcome: ...
    def scan_statement(self, session_id: str) -> bytes: ...
    def resynchronise(self, *, attempt: str, device_serial: str, codes: tuple[str, str], holder: str) -> Outcome: ...
    def grant_device(self, *, attempt: str, session_id: str, holder: str, device_serial: str,
                     replaces: str | None = None) -> None: ...
    def retire_device(self, *, attempt: str, device_serial: str) -> None: ...
    def approve_name(self, *, attempt: str, session_id: str, holder: str, subject: bytes,
                     same_as: str | None = None) -> None: ...
    def add_passkey(self, *, attempt: str, session_id: str, credential_id: str, public_key_der: bytes,
                    attested: bool) -> None: ...
    def remove_passkey(self, *, attempt: str, credential_id: str) -> None: ...
    def make_holder_keys(self, *, attempt: str, session_id: str, algorithm: str = "P-256") -> HolderKeys: ...
    def holder_sign(self, *, attempt: str, session_id: str) -> list[bytes]: ...
    def sign_with_code(self, *, attempt: str, session_id: str, device_serial: str, code: str,
                       shown_at: datetime | None = None) -> Signed: ...
    def sign_with_answer(self, *, attempt: str, session_id: str, device_serial: str, answer: str) -> Signed: ...
    def record(self, after: int = 0, limit: int = 1000) -> list[RecordEntry]: ...
    def alarms(self, after: int = 0, limit: int = 100) -> list[RecordEntry]: ...
    def verify_record(self) -> RecordReport: ...
    def health(self) -> dict[str, Any]: ...


# What may be asked over the socket: exactly the Protocol.
CALLS = frozenset(name for name in vars(Signer) if not name.startswith("_"))


class _Asking:
    """The Protocol's calls, each turned into one question."""

    def _ask(self, call: str, **given: Any) -> Any:
        raise NotImplementedError

    def make_key(self, *, attempt: str, purpose: str, algorithm: str, label: str) -> KeyInfo:
        return self._ask("make_key", attempt=attempt, purpose=purpose, algorithm=algorithm, label=label)

    def key(self, key_id: str) -> KeyInfo:
        return self._ask("key", key_id=key_id)

    def sign(self, *, attempt: str, key_id: str, purpose: str, data: bytes, content: bytes = b"") -> bytes:
        return self._ask("sign", attempt=attempt, key_id=key_id, purpose=purpose, data=data, content=content)

    def begin_list(self, *, attempt: str, key_id: str, purpose: str, head: bytes) -> None:
        self._ask("begin_list", attempt=attempt, key_id=key_id, purpose=purpose, head=head)

    def add_to_list(self, *, attempt: str, part: int, content: bytes) -> None:
        self._ask("add_to_list", attempt=attempt, part=part, content=content)

    def sign_list(self, *, attempt: str, tail: bytes) -> bytes:
        return self._ask("sign_list", attempt=attempt, tail=tail)

    def destroy_key(self, *, attempt: str, key_id: str) -> None:
        self._ask("destroy_key", attempt=attempt, key_id=key_id)

    def import_token(self, *, attempt: str, serial: str, seed: bytes, method: str = "totp", digits: int = 6,
                     step_seconds: int = 30, counter: int = 0) -> None:
        self._ask("import_token", attempt=attempt, serial=serial, seed=seed, method=method, digits=digits,
                  step_seconds=step_seconds, counter=counter)

    def token_exists(self, serial: str) -> bool:
        return self._ask("token_exists", serial=serial)

    def import_scan(self, *, attempt: str, serial: str, factory_key: bytes) -> None:
        self._ask("import_scan", attempt=attempt, serial=serial, factory_key=factory_key)

    def device(self, serial: str) -> DeviceInfo:
        return self._ask("device", serial=serial)

    def open_session(self, *, attempt: str, kind: str, holder: str, key_id: str | None, hashes: list[bytes],
                     labels: list[str], device_serial: str | None, statement: bytes = b"") -> Session:
        return self._ask("open_session", attempt=attempt, kind=kind, holder=holder, key_id=key_id, hashes=hashes,
                         labels=labels, device_serial=device_serial, statement=statement)

    def authorise_with_code(self, *, attempt: str, session_id: str, device_serial: str, code: str,
                            shown_at: datetime | None = None) -> Outcome:
        return self._ask("authorise_with_code", attempt=attempt, session_id=session_id, device_serial=device_serial,
                         code=code, shown_at=shown_at)

    def scan_activation(self, *, attempt: str, session_id: str, device_serial: str) -> ScanChallenge:
        return self._ask("scan_activation", attempt=attempt, session_id=session_id, device_serial=device_serial)

    def scan_device_code(self, *, attempt: str, session_id: str, device_serial: str, code: str) -> Outcome:
        return self._ask("scan_device_code", attempt=attempt, session_id=session_id, device_serial=device_serial,
                         code=code)

    def scan_challenge(self, *, attempt: str, session_id: str, device_serial: str, partner: str,
                       text: str) -> ScanChallenge:
        return self._ask("scan_challenge", attempt=attempt, session_id=session_id, device_serial=device_serial,
                         partner=partner, text=text)

    def scan_name(self, *, attempt: str, session_id: str, holder: str, subject: bytes,
                  same_as: str | None = None) -> ScanChallenge:
        return self._ask("scan_name", attempt=attempt, session_id=session_id, holder=holder, subject=subject,
                         same_as=same_as)

    def authorise_with_answer(self, *, attempt: str, session_id: str, device_serial: str, answer: str) -> Outcome:
        return self._ask("authorise_with_answer", attempt=attempt, session_id=session_id, device_serial=device_serial,
                         answer=answer)

    def scan_statement(self, session_id: str) -> bytes:
        return self._ask("scan_statement", session_id=session_id)

    def resynchronise(self, *, attempt: str, device_serial: str, codes: tuple[str, str], holder: str) -> Outcome:
        return self._ask("resynchronise", attempt=attempt, device_serial=device_serial, codes=codes, holder=holder)

    def grant_device(self, *, attempt: str, session_id: str, holder: str, device_serial: str,
                     replaces: str | None = None) -> None:
        self._ask("grant_device", attempt=attempt, session_id=session_id, holder=holder, device_serial=device_serial,
                  replaces=replaces)

    def retire_device(self, *, attempt: str, device_serial: str) -> None:
        self._ask("retire_device", attempt=attempt, device_serial=device_serial)

    def approve_name(self, *, attempt: str, session_id: str, holder: str, subject: bytes,
                     same_as: str | None = None) -> None:
        self._ask("approve_name", attempt=attempt, session_id=session_id, holder=holder, subject=subject,
                  same_as=same_as)

    def add_passkey(self, *, attempt: str, session_id: str, credential_id: str, public_key_der: bytes,
                    attested: bool) -> None:
        self._ask("add_passkey", attempt=attempt, session_id=session_id, credential_id=credential_id,
                  public_key_der=public_key_der, attested=attested)

    def remove_passkey(self, *, attempt: str, credential_id: str) -> None:
        self._ask("remove_passkey", attempt=attempt, credential_id=credential_id)

    def make_holder_keys(self, *, attempt: str, session_id: str, algorithm: str = "P-256") -> HolderKeys:
        return self._ask("make_holder_keys", attempt=attempt, session_id=session_id, algorithm=algorithm)

    def holder_sign(self, *, attempt: str, session_id: str) -> list[bytes]:
        return self._ask("holder_sign", attempt=attempt, session_id=session_id)

    def sign_with_code(self, *, attempt: str, session_id: str, device_serial: str, code: str,
                       shown_at: datetime | None = None) -> Signed:
        return self._ask("sign_with_code", attempt=attempt, session_id=session_id, device_serial=device_serial,
                         code=code, shown_at=shown_at)

    def sign_with_answer(self, *, attempt: str, session_id: str, device_serial: str, answer: str) -> Signed:
        return self._ask("sign_with_answer", attempt=attempt, session_id=session_id, device_serial=device_serial,
                         answer=answer)

    def record(self, after: int = 0, limit: int = 1000) -> list[RecordEntry]:
        return self._ask("record", after=after, limit=limit)

    def alarms(self, after: int = 0, limit: int = 100) -> list[RecordEntry]:
        return self._ask("alarms", after=after, limit=limit)

    def verify_record(self) -> RecordReport:
        return self._ask("verify_record")

    def health(self) -> dict[str, Any]:
        return self._ask("health")


class InProcessSigner(_Asking):
    """Asks a `core.Signer` in this process: for tests, and for a responder that runs the signer with its OCSP key
    alone."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def _ask(self, call: str, **given: Any) -> Any:
        return getattr(self._signer, call)(**given)


class SocketSigner(_Asking):
    """Asks a signer process. Safe with threads (a connection each, kept for the next question) and after a fork.

    A question whose connection broke is asked once more on a new one, which `attempt` makes safe.
    """

    def __init__(self, path: Path, timeout_seconds: float = 60.0) -> None:
        self._path = Path(path)
        self._timeout = timeout_seconds
        self._lock = threading.Lock()
        self._idle: list[socket.socket] = []
        self._process = os.getpid()

    def _ask(self, call: str, **given: Any) -> Any:
        question = {"call": call, "arguments": given}
        connection = self._take()
        try:
            answer = None if connection is None else self._exchange(connection, question)
        except (ConnectionError, wire.Unreadable):
            answer = None
        except OSError as error:
            raise SignerUnavailable() from error
        if answer is None:
            try:
                answer = self._exchange(sockets.connect(self._path, self._timeout), question)
            except (OSError, wire.Unreadable) as error:
                raise SignerUnavailable() from error
        if answer is None:
            raise SignerUnavailable()
        return _content(answer)

    def _take(self) -> socket.socket | None:
        with self._lock:
            if self._process != os.getpid():
                # The parent's connections: two processes on one would read each other's answers.
                self._idle, self._process = [], os.getpid()
            return self._idle.pop() if self._idle else None

    def _exchange(self, connection: socket.socket, question: Any) -> Any:
        try:
            wire.send(connection, question)
            answer = wire.receive(connection)
        except BaseException:
            connection.close()
            raise
        if answer is None:
            connection.close()
            return None
        with self._lock:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        with self._lock:
            while self._idle:
                self._idle.pop().close()


def _content(answer: Any) -> Any:
    if isinstance(answer, dict) and "answer" in answer:
        return answer["answer"]
    if isinstance(answer, dict) and isinstance(answer.get("refusal"), str):
        raise SignerRefusal(answer["refusal"])
    raise SignerUnavailable()


@dataclass(frozen=True)
class KeyHandle:
    """An infrastructure key as a `pki.keys.SigningKey`. Each signature is an attempt of its own. `content` is what the
    signer looks at beside the data (Signer.sign)."""

    signer: Signer
    info: KeyInfo
    content: bytes = b""

    @property
    def algorithm(self) -> str:
        return self.info.algorithm

    @property
    def public_key_der(self) -> bytes:
        return self.info.public_key_der

    def sign(self, data: bytes) -> bytes:
        return self.signer.sign(
            attempt=str(tokens.uuid7()), key_id=self.info.key_id, purpose=self.info.purpose, data=data,
            content=self.content)


_bound: Signer | None = None


def bind(signer: Signer | None) -> None:
    """The signer of this process, from now on; None takes it away again."""
    global _bound
    _bound = signer


def bound() -> Signer:
    """Raises SignerUnavailable when none was bound."""
    if _bound is None:
        raise SignerUnavailable()
    return _bound
