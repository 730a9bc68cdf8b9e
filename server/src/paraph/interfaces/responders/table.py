# SPDX-License-Identifier: Apache-2.0
"""Stored OCSP answers in memory, at most one second behind the database.

The table holds what was asked for, as it was answered. Before it answers, it makes sure that within the last second
it has seen each authority's counter of changes; a counter that moved empties what is held of that authority. So a
suspension or revocation is seen a second after its commit, in every process, and a process without a key can serve.
"""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError

from paraph.domain.certification.models import Authority
from paraph.domain.certification.publication import facts
from paraph.domain.certification.publication.ocsp import Statement
from paraph.interfaces.responders import wire
from paraph.kernel.clock import Clock
from paraph.pki import oids
from paraph.pki.ocsp import Issuer

logger = logging.getLogger("paraph.responders")

_FRESH_SECONDS = 0.5
_STALE_SECONDS = 1.0
# A new responder is no change of status. Its predecessor is still valid for much longer than this when it comes.
_RESPONDER_LASTS = timedelta(minutes=1)
# About 600 octets each: some 60 MB. An entry more empties the table, which fills again as it is asked.
_MOST_ENTRIES = 100_000

# Where the serial begins in a CertID's content, by the second octet of its AlgorithmIdentifier: SHA-1 and SHA-256, each
# with and without NULL parameters.
_SERIAL_AT = {0x09: 55, 0x07: 53, 0x0D: 83, 0x0B: 81}


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer with its HTTP headers. It is served until `until`, well before its own end.

    `tag` is its entity tag, `head` its headers as they are sent, up to the date of sending.
    """

    der: bytes
    headers: list[tuple[str, str]]
    until: datetime
    tag: str = field(init=False)
    head: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tag", wire.entity_tag(self.der))
        object.__setattr__(self, "head", wire.head(len(self.der), self.headers))


class Table:
    """Threads share it; the global interpreter lock makes each dictionary access atomic."""

    def __init__(self, clock: Callable[[], Clock], steady: Callable[[], float]) -> None:
        self._clock = clock
        self._steady = steady
        self._lock = threading.Lock()
        self._seen = float("-inf")
        self._now: datetime | None = None
        self._versions: dict[object, int] = {}
        self._authorities: dict[bytes, object] = {}
        self._entries: dict[object, dict[bytes, Entry]] = {}
        self._statements: dict[object, dict[bytes, tuple[Statement, datetime]]] = {}
        self._looker = ThreadPoolExecutor(1, thread_name_prefix="status table")
        self._looks = False

    def find(self, request: bytes) -> Entry | None:
        """Return the answer to a request, or None where it has to be found elsewhere.

        Only the shape that nearly all programs send is understood here: one certificate, no extension, no signature,
        shorter than 128 octets.
        """
        if not _is_common(request):
            return None
        self._catch_up()
        return self._entry(request)

    def find_at_once(self, request: bytes) -> Entry | None:
        """The same without ever waiting for the database: None also when it was looked at too long ago.

        A look that is due is begun in a thread of the table's own, so that under load nobody has to wait for one.
        """
        age = self._steady() - self._seen
        if age >= _STALE_SECONDS or not _is_common(request):
            return None
        if age >= _FRESH_SECONDS and not self._looks:
            self._looks = True
            self._looker.submit(self._look_in_passing)
        return self._entry(request)

    def _entry(self, request: bytes) -> Entry | None:
        begin = 10 + _SERIAL_AT.get(request[11], 128)
        entries = self._entries.get(self._authorities.get(request[10:begin]))
        if entries is None:
            return None
        # The whole CertID is the key: it also says how the issuer was named.
        entry = entries.get(request[8:])
        return entry if entry is not None and self._now < entry.until else None

    def statement(self, certificate_id: bytes) -> tuple[Statement, datetime] | None:
        """What is known of a certificate, and when it was known to be true; None where it has to be read."""
        self._catch_up()
        held = self._statements.get(self._authority_of(certificate_id), {}).get(certificate_id)
        if held is None or self._now >= held[1]:
            return None
        return held[0], self._now

    def keep_statement(self, certificate_id: bytes, statement: Statement, seen: float) -> None:
        """Hold what was read from the database after `seen`, as `keep` does."""
        with self._lock:
            statements = self._statements.get(self._authority_of(certificate_id))
            if statements is None or seen != self._seen:
                return
            if len(statements) >= _MOST_ENTRIES:
                statements.clear()
            statements[certificate_id] = (statement, self._now + _RESPONDER_LASTS)

    def _authority_of(self, certificate_id: bytes) -> object:
        return self._authorities.get(certificate_id[2:2 + _SERIAL_AT.get(certificate_id[3], 128)])

    def keep(self, request: bytes, entry: Entry, seen: float) -> None:
        """Hold an answer that was read from the database after `seen` (what `mark` gave before the reading)."""
        if not _is_common(request):
            return
        begin = 10 + _SERIAL_AT.get(request[11], 128)
        with self._lock:
            entries = self._entries.get(self._authorities.get(request[10:begin]))
            # If the counter was looked at in between, the answer may be older than the change that it showed.
            if entries is None or seen != self._seen:
                return
            if len(entries) >= _MOST_ENTRIES:
                entries.clear()
            entries[request[8:]] = entry

    def mark(self) -> float:
        return self._seen

    def _catch_up(self) -> None:
        age = self._steady() - self._seen
        if age < _FRESH_SECONDS:
            return
        # One thread looks while the others still may answer; past the limit they wait for it.
        if self._lock.acquire(blocking=age >= _STALE_SECONDS):
            try:
                if self._steady() - self._seen >= _FRESH_SECONDS:
                    self._look()
            finally:
                self._lock.release()

    def _look_in_passing(self) -> None:
        try:
            self._catch_up()
        except DatabaseError:
            # Whoever asks next finds the table too old, asks the database, and says what is wrong.
            logger.error("the database does not answer")
        finally:
            self._looks = False

    def _look(self) -> None:
        begun = self._steady()
        versions = {}
        for key, version in Authority.objects.exclude(certificate_der=b"").values_list("pk", "status_version"):
            versions[key] = version
            if key not in self._versions:
                for name in _names(facts.issuer_of(Authority.objects.get(pk=key))):
                    self._authorities[name] = key
            if self._versions.get(key) != version:
                self._entries[key] = {}
                self._statements[key] = {}
        self._versions = versions
        self._now = self._clock().now()
        self._seen = begun
        wire.release_connection()


def _is_common(request: bytes) -> bool:
    size = len(request)
    return 64 < size < 128 and request[:8] == _heads[size]


def _names(issuer: Issuer) -> list[bytes]:
    return [
        issuer.prefix(algorithm, with_null=with_null)
        for algorithm in (oids.SHA1, oids.SHA256) for with_null in (True, False)
    ]


def _head(size: int) -> bytes:
    """The first octets of the common request of `size` octets: OCSPRequest, TBSRequest, requestList, Request."""
    return bytes(octet for depth in range(1, 5) for octet in (0x30, size - 2 * depth))


_heads = [b""] * 64 + [_head(size) for size in range(64, 128)]
