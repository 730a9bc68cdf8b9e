# SPDX-License-Identifier: Apache-2.0
"""TBSCertList (RFC 5280 clause 5.1), also one too long to be sent in one piece: head, entries, tail.

The head says whose list it is, from when to when, and how many octets of entries follow; the tail holds the extensions.
Of the entries it is checked that they are elements one after another, as many octets as the head promises; what they
say is not: who is revoked is known outside only.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from paraph.kernel import rules
from paraph.pki import der, keys, oids
from paraph.pki.crl import NEVER_UPDATED_AGAIN
from paraph.signer.database import to_microseconds
from paraph.signer.purposes.content import InfrastructureKey, extensions, must, near, reading

LARGEST_HEAD = 4 * 1024
LARGEST_TAIL = 8 * 1024
# Of entries: beyond it the service is broken, or somebody wants to fill the memory of those who read lists.
LARGEST = 1 << 30

_LARGEST_NUMBER = 1 << 62
_AHEAD = 256
_FEW = 16
_ALLOWED = frozenset((
    oids.AUTHORITY_KEY_IDENTIFIER, oids.CRL_NUMBER, oids.DELTA_CRL_INDICATOR, oids.ISSUING_DISTRIBUTION_POINT,
    oids.FRESHEST_CRL, oids.EXPIRED_CERTS_ON_CRL))


@dataclass(frozen=True)
class Head:
    """`octets` is how long the whole TBSCertList is, `begins` where its entries begin."""

    algorithm: bytes
    issuer: bytes
    this_update: datetime
    next_update: datetime
    octets: int
    begins: int
    entries_octets: int


@dataclass(frozen=True)
class Tail:
    number: int
    base_number: int | None
    scope: bytes
    authority_key_identifier: bytes


def read_head(data: bytes) -> Head:
    """`data` begins with the head; what follows is not looked at. Refuses wrong_content."""
    with reading():
        tag, begin, count = _header(data, 0)
        must(tag == der.SEQUENCE)
        octets, offset = begin + count, begin
        version, offset = _element(data, offset)
        must(version.encoding == der.integer(1))
        algorithm, offset = _element(data, offset)
        issuer, offset = _element(data, offset)
        must(algorithm.tag == issuer.tag == der.SEQUENCE)
        this_update, offset = _element(data, offset)
        next_update, offset = _element(data, offset)
        times = this_update.time(), next_update.time()
        must((this_update.encoding, next_update.encoding) == (der.time(times[0]), der.time(times[1])))
        entries = 0
        if data[offset:offset + 1] == bytes((der.SEQUENCE,)):
            _tag, offset, entries = _header(data, offset)
            must(entries > 0)
        must(offset <= LARGEST_HEAD and entries <= LARGEST)
        return Head(algorithm.encoding, issuer.encoding, *times, octets, offset, entries)


def read_tail(data: bytes) -> Tail:
    """Refuses wrong_content."""
    must(len(data) <= LARGEST_TAIL)
    with reading():
        found = extensions(der.read(data), 0xA0)
        must(found.keys() <= _ALLOWED)
        number = der.read(found[oids.CRL_NUMBER].value)
        must(number.tag == der.INTEGER and 0 <= number.integer() < _LARGEST_NUMBER)
        base_number = None
        if oids.DELTA_CRL_INDICATOR in found:
            base = der.read(found[oids.DELTA_CRL_INDICATOR].value)
            must(found[oids.DELTA_CRL_INDICATOR].critical and base.tag == der.INTEGER)
            base_number = base.integer()
            must(0 <= base_number < number.integer())
        scope = found.get(oids.ISSUING_DISTRIBUTION_POINT)
        must(scope is None or (scope.critical and bool(der.read(scope.value).children())))
        return Tail(number.integer(), base_number, b"" if scope is None else scope.value,
                    found[oids.AUTHORITY_KEY_IDENTIFIER].value)


def is_list(data: bytes) -> bool:
    """Whether it begins like a list: a certificate begins with its version in a tag of its own."""
    with reading():
        _tag, begin, _count = _header(data, 0)
        return data[begin:begin + 1] == bytes((der.INTEGER,))


class Reading:
    """One list, read and digested piece by piece."""

    def __init__(self, key: InfrastructureKey, data: bytes) -> None:
        """`data` is the head, with nothing after it. Refuses wrong_content."""
        self.key, self.head = key, read_head(data)
        must(len(data) == self.head.begins)
        self.part, self.last = 0, b""
        self._digest = hashlib.new("sha384" if key.algorithm == "P-384" else "sha256", data)
        self._octets, self._rest = 0, b""

    @classmethod
    def of(cls, key: InfrastructureKey, data: bytes) -> tuple["Reading", bytes]:
        """A list that is there as a whole: its reading after the entries, and its tail."""
        head = read_head(data)
        begun = cls(key, data[:head.begins])
        end = head.begins + head.entries_octets
        must(end <= len(data))
        begun.add(data[head.begins:end])
        return begun, data[end:]

    def add(self, content: bytes) -> None:
        """More of the entries. Refuses wrong_content."""
        self._octets += len(content)
        must(self._octets <= self.head.entries_octets)
        self._digest.update(content)
        waiting = self._rest + content
        self._rest = waiting[_whole_entries(waiting):]

    def finish(self, tail: bytes) -> tuple[Tail, bytes]:
        """What the tail says, and the digest of the whole. The reading is good for nothing else afterwards. Refuses
        wrong_content."""
        must(self._octets == self.head.entries_octets and not self._rest)
        must(self.head.begins + self._octets + len(tail) == self.head.octets)
        self._digest.update(tail)
        return read_tail(tail), self._digest.digest()


def _whole_entries(content: bytes) -> int:
    """How many octets of entries are there as a whole. Refuses wrong_content where there is no entry."""
    offset, end = 0, len(content)
    while offset + 2 <= end:
        # An entry is a sequence of a serial, an instant and an extension or two: always shorter than 128 octets.
        tag, count = content[offset], content[offset + 1]
        must(tag == der.SEQUENCE and count < 0x80)
        step = count + 2
        # Neighbours are mostly as long as each other, so their tags and lengths are looked at together.
        ahead = content[offset:offset + step * _AHEAD]
        alike = min(_leading(ahead[0::step], tag), _leading(ahead[1::step], count), len(ahead) // step)
        if not alike:
            break
        offset += alike * step
        if alike < _FEW:
            offset = _one_by_one(content, offset)
    return offset


def _one_by_one(content: bytes, offset: int) -> int:
    """The same for the next entries where neighbours differ in length: looking ahead costs more there than it saves."""
    last = len(content) - 2
    for _ in range(_AHEAD):
        if offset > last:
            break
        must(content[offset] == der.SEQUENCE and content[offset + 1] < 0x80)
        step = content[offset + 1] + 2
        if offset + step > len(content):
            break
        offset += step
    return offset


def _leading(octets: bytes, value: int) -> int:
    return len(octets) - len(octets.lstrip(bytes((value,))))


def permit(
    connection: sqlite3.Connection, key: InfrastructureKey, head: Head, tail: Tail, at: datetime
) -> dict[str, Any]:
    """Notes the number and returns the facts for the record. Refuses no_authority, wrong_issuer, wrong_time,
    wrong_validity, number_not_rising."""
    own = connection.execute("SELECT name FROM authorities WHERE key_id = ?", (key.key_id,)).fetchone()
    must(own is not None, "no_authority")
    identifier = der.sequence(der.implicit(0, der.octet_string(keys.key_identifier(key.public_key_der))))
    must((head.algorithm, head.issuer) == (keys.signature_algorithm(key.algorithm), own["name"]), "wrong_issuer")
    must(tail.authority_key_identifier == identifier, "wrong_issuer")
    near(head.this_update, at)
    longest = timedelta(seconds=rules.current().crl_life_seconds)
    must(head.this_update < head.next_update, "wrong_validity")
    must(head.next_update in (head.this_update + longest, NEVER_UPDATED_AGAIN)
         or head.next_update < head.this_update + longest, "wrong_validity")
    _permit_number(connection, key, head, tail)
    return {"form": "list", "number": tail.number, "base": tail.base_number, "scope": sha256(tail.scope).hexdigest()}


def _permit_number(connection: sqlite3.Connection, key: InfrastructureKey, head: Head, tail: Tail) -> None:
    """Numbers rise within a scope (RFC 5280 clause 5.2.3); a scope that is new begins above all that there were. A delta
    has the number of the full list made with it."""
    delta = tail.base_number is not None
    last = connection.execute(
        "SELECT number, this_update FROM list_numbers WHERE key_id = ? AND scope = ? AND delta = ?",
        (key.key_id, tail.scope, delta)).fetchone()
    moment = to_microseconds(head.this_update)
    if last is None:
        highest = connection.execute(
            "SELECT max(number) AS number FROM list_numbers WHERE key_id = ?", (key.key_id,)).fetchone()["number"]
        must(highest is None or tail.number + delta > highest, "number_not_rising")
    else:
        must(tail.number > last["number"] and moment >= last["this_update"], "number_not_rising")
    connection.execute(
        "INSERT INTO list_numbers VALUES (?1,?2,?3,?4,?5) "
        "ON CONFLICT (key_id, scope, delta) DO UPDATE SET number = ?4, this_update = ?5",
        (key.key_id, tail.scope, delta, tail.number, moment))


def _header(data: bytes, offset: int) -> tuple[int, int, int]:
    """Tag, where the content begins, and how many octets it has."""
    tag, first = data[offset], data[offset + 1]
    begin = offset + 2
    if first & 0x80:
        octets = first & 0x7F
        must(1 <= octets <= 4)
        count = int.from_bytes(data[begin:begin + octets], "big")
        begin += octets
        must(der.length(count) == data[offset + 1:begin])
        return tag, begin, count
    return tag, begin, first


def _element(data: bytes, offset: int) -> tuple[der.Element, int]:
    _tag, begin, count = _header(data, offset)
    end = begin + count
    must(end <= LARGEST_HEAD)
    return der.read(data[offset:end]), end
