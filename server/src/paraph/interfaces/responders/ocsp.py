# SPDX-License-Identifier: Apache-2.0
"""`/pki/ocsp`: RFC 6960 over HTTP, with the caching of RFC 9919.

A GET carries the request as base64 in the path. An answer that a cache may keep says for how long, which is never
until its end, so that a change of status is seen soon. Answers to requests with a nonce, and errors, are kept by
nobody.
"""

import base64
import binascii
import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, unquote_to_bytes

from django.db import DatabaseError

from paraph.domain.certification import services as certification
from paraph.domain.certification.publication import ocsp as publication
from paraph.interfaces.responders import wire
from paraph.interfaces.responders.table import Entry, Table
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import ocsp
from paraph.pki.ocsp import Failure, OcspError
from paraph.signer import client
from paraph.signer.errors import SignerUnavailable

logger = logging.getLogger("paraph.responders")

_TYPE = wire.OCSP_TYPE
# RFC 9919 clause 5: longer requests go by POST. A little more than its 255 octets for those who don't know it.
_LONGEST_PATH = 2048
_ADDRESSES = (b"/pki/ocsp", b"/pki/ocsp/")
_COUNTED_SECONDS = 60
_NOT_KEPT = [("Cache-Control", "no-store")]
_NEVER = datetime.min.replace(tzinfo=UTC)


class Unknown:
    """Counts questions about serials that were never issued, and writes the sums once a minute: a flood is one row."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._lock = threading.Lock()
        self._asked: dict[object, int] = {}
        self._written = float("-inf")

    def count(self, authority_id: object, unknown: int) -> None:
        with self._lock:
            if unknown:
                self._asked[authority_id] = self._asked.get(authority_id, 0) + unknown
        self.write_when_due()

    def write_when_due(self) -> None:
        with self._lock:
            if not self._asked or self._steady() - self._written < _COUNTED_SECONDS:
                return
            asked, self._asked, self._written = self._asked, {}, self._steady()
        caller = Caller.system(at=clock.bound().now(), name="responder")
        for identifier, number in asked.items():
            certification.count_unknown(authority_id=identifier, asked=number, caller=caller)


class Responder:
    """The WSGI callable."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._table = Table(clock.bound, steady)
        self._unknown = Unknown(steady)

    def __call__(self, environ: dict, start_response: Callable):
        method = environ["REQUEST_METHOD"]
        try:
            if method == "POST" and environ["PATH_INFO"] in ("/pki/ocsp", "/pki/ocsp/"):
                request = wire.body(environ, ocsp.LARGEST_REQUEST)
            elif method in ("GET", "HEAD"):
                request = _from_path(environ["PATH_INFO"])
            else:
                return wire.fail(start_response, 405, [("Allow", "GET, HEAD, POST")])
        except wire.Unreadable as refused:
            return wire.fail(start_response, refused.status)
        entry = self._answer(request)
        if method == "POST":
            return wire.send(start_response, _TYPE, entry.der, entry.headers)
        return wire.conditional(environ, start_response, _TYPE, entry.der, entry.headers, entry.tag)

    def at_once(self, method: bytes, target: bytes, body: bytes) -> tuple[bytes, bytes] | None:
        """The stored answer to an HTTP request, as (head up to the date of sending, content), if it is at hand.

        Runs in the event loop: it waits for nothing, not even for the database.
        """
        if method == b"POST":
            entry = self._table.find_at_once(body) if target in _ADDRESSES else None
            return entry and (entry.head, entry.der)
        if method != b"GET" or not target.startswith(b"/pki/ocsp/"):
            return None
        try:
            entry = self._table.find_at_once(_from_path(unquote(target.decode("ascii"))))
        except (wire.Unreadable, UnicodeDecodeError):
            return None
        return entry and (entry.head.replace(b"Date: ", b"ETag: %b\r\nDate: " % entry.tag.encode("ascii")), entry.der)

    def takes_directly(self, method: bytes, target: bytes) -> bool:
        return method == b"POST" and target in _ADDRESSES

    def directly(self, method: bytes, target: bytes, body: bytes) -> tuple[bytes, bytes]:
        """The same answer as by WSGI, for a request that `takes_directly` let through, as (head, content)."""
        entry = self._answer(body) if len(body) <= ocsp.LARGEST_REQUEST else _failure(Failure.MALFORMED_REQUEST)
        return entry.head, entry.der

    def _answer(self, request: bytes) -> Entry:
        try:
            return self._table.find(request) or self._ask(request)
        except DatabaseError:
            # The exception may quote what was asked: it is not logged.
            logger.error("the database does not answer")
            return _failure(Failure.TRY_LATER)

    def _ask(self, request: bytes) -> Entry:
        try:
            parsed = ocsp.parse_request(request)
            certificate_id = parsed.certificates[0].encoding
            if parsed.nonce is not None and len(parsed.certificates) == 1:
                known = self._table.statement(certificate_id)
                if known is not None:
                    now = clock.bound().now()
                    encoding = publication.answer_from(
                        known[0], parsed.certificates[0], parsed.nonce, known[1], now, client.bound())
                    self._unknown.write_when_due()
                    return Entry(encoding, _NOT_KEPT, now)
            seen = self._table.mark()
            answered = publication.answer(request, clock.bound().now(), client.bound())
            entry = _entry(answered)
            self._unknown.count(answered.authority_id, answered.unknown)
            if answered.stored:
                self._table.keep(request, entry, seen)
            elif answered.statement is not None:
                self._table.keep_statement(certificate_id, answered.statement, seen)
            return entry
        except OcspError as error:
            return _failure(error.failure)
        except SignerUnavailable:
            return _failure(Failure.TRY_LATER)
        except Refusal as refused:
            logger.error("no answer could be made", extra={"fields": {"code": refused.code}})
            return _failure(Failure.INTERNAL_ERROR)
        finally:
            wire.release_connection()


def _from_path(path: str) -> bytes:
    text = path.removeprefix("/pki/ocsp").removeprefix("/")
    if not text or len(text) > _LONGEST_PATH:
        raise wire.Unreadable(400)
    try:
        # Some clients percent-encode twice, or leave out the padding.
        octets = unquote_to_bytes(text)
        return base64.b64decode(octets + b"=" * (-len(octets) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise wire.Unreadable(400) from error


def _entry(answered: publication.Answered) -> Entry:
    if not answered.max_age:
        return Entry(answered.der, _NOT_KEPT, answered.until)
    headers = [
        ("Cache-Control", f"max-age={answered.max_age}, public, no-transform, must-revalidate"),
        ("Last-Modified", wire.http_date(answered.made_at)),
        ("Expires", wire.http_date(answered.until)),
    ]
    # From memory only as long as the stated age still ends before the answer does.
    return Entry(answered.der, headers, answered.until - timedelta(seconds=answered.max_age))


def _failure(failure: Failure) -> Entry:
    return Entry(ocsp.error(failure), _NOT_KEPT, _NEVER)
