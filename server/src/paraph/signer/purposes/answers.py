# SPDX-License-Identifier: Apache-2.0
"""ResponseData of OCSP (RFC 6960 clause 4.2.1): an answer of this responder, made now, good for a limited time.

What it says of a certificate is known outside only. But what the world was told, the signer remembers: a holder's key
is destroyed only after an answer said that its certificate has ended (`ended_in`).
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from paraph.kernel import rules
from paraph.pki import der, keys, oids
from paraph.pki.crl import Reason
from paraph.signer.database import to_microseconds
from paraph.signer.purposes.content import InfrastructureKey, extensions, must, near, reading

LARGEST = 64 * 1024
_SINGLE_EXTENSIONS = frozenset((oids.OCSP_ARCHIVE_CUTOFF, oids.INVALIDITY_DATE))
_EXTENSIONS = frozenset((oids.OCSP_NONCE,))
_GOOD, _REVOKED, _UNKNOWN = 0x80, 0xA1, 0x82


@dataclass(frozen=True, slots=True)
class Answer:
    """`ended` are the serials that were said to be revoked for good, in lower-case hex."""

    key_identifier: bytes
    produced_at: datetime
    times: tuple[tuple[datetime, datetime | None], ...]
    ended: tuple[str, ...]


def read(data: bytes) -> Answer:
    """Refuses wrong_content, too_large."""
    must(len(data) <= LARGEST, "too_large")
    with reading():
        responder, produced, singles, *rest = der.read(data).children()
        [name] = responder.children(0xA2)
        must(name.tag == der.OCTET_STRING and produced.tag == der.GENERALIZED_TIME and len(rest) <= 1)
        if rest:
            must(extensions(rest[0], 0xA1).keys() <= _EXTENSIONS)
        times, ended = [], []
        for single in singles.children():
            begin, end, serial = _single(single)
            times.append((begin, end))
            if serial is not None:
                ended.append(serial)
        must(bool(times))
        return Answer(name.content, produced.time(), tuple(times), tuple(ended))


def _single(single: der.Element) -> tuple[datetime, datetime | None, str | None]:
    """When the answer begins and ends, and the serial of a certificate that it says has ended."""
    certificate, status, begin, *rest = single.children()
    must(begin.tag == der.GENERALIZED_TIME)
    end = None
    if rest and rest[0].tag == 0xA0:
        [until] = rest.pop(0).children(0xA0)
        must(until.tag == der.GENERALIZED_TIME)
        end = until.time()
    if rest:
        must(extensions(rest.pop(0), 0xA1).keys() <= _SINGLE_EXTENSIONS)
    must(not rest)
    _hash, name, key, serial = certificate.children()
    must(name.tag == key.tag == der.OCTET_STRING and serial.tag == der.INTEGER)
    ended = None
    if status.tag == _REVOKED:
        since, *reason = status.children(_REVOKED)
        must(since.tag == der.GENERALIZED_TIME and len(reason) <= 1)
        since.time()
        if not reason or _reason(reason[0]) is not Reason.CERTIFICATE_HOLD:
            ended = f"{serial.integer():x}"
    else:
        must(status.tag in (_GOOD, _UNKNOWN) and not status.content)
    return begin.time(), end, ended


def _reason(wrapped: der.Element) -> Reason:
    [value] = wrapped.children(0xA0)
    must(value.tag == der.ENUMERATED)
    return Reason(value.integer())


def permit(key: InfrastructureKey, answer: Answer, at: datetime) -> None:
    """Refuses wrong_issuer, wrong_time, wrong_validity."""
    must(answer.key_identifier == keys.key_identifier(key.public_key_der), "wrong_issuer")
    near(answer.produced_at, at)
    longest = timedelta(seconds=rules.current().ocsp_life_seconds)
    for begin, end in answer.times:
        must(begin <= answer.produced_at, "wrong_time")
        must(end is not None and begin < end <= answer.produced_at + longest, "wrong_validity")


def ended_in(connection: sqlite3.Connection, key: InfrastructureKey, answer: Answer) -> list[tuple[str, str]]:
    """Certificates of holders' keys, as (issuer's key, serial), that have ended by this answer and not before."""
    found: list[tuple[str, str]] = []
    for serial in answer.ended:
        rows = connection.execute(
            "SELECT issuer_key FROM certified WHERE serial = ? AND holder_key IS NOT NULL AND ended_at IS NULL "
            "AND issuer_key IN (SELECT issuer_key FROM certified WHERE public_key_digest = ?)",
            (serial, sha256(key.public_key_der).digest()))
        found += [(row["issuer_key"], serial) for row in rows]
    return found


def note_ended(connection: sqlite3.Connection, ended: list[tuple[str, str]], at: datetime) -> None:
    connection.executemany("UPDATE certified SET ended_at = ? WHERE issuer_key = ? AND serial = ?",
                           [(to_microseconds(at), *pair) for pair in ended])
