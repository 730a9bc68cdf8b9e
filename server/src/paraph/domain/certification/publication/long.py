# SPDX-License-Identifier: Apache-2.0
"""Long lists: made from the one before, in parts, so that memory stays flat and few changes cost little.

The entries stand in the order of their serials, in groups by the first four hex digits. Of the list before it is known
how many octets each group takes; the next list takes its groups over as they are and reads from the database only those
in which something changed. Without a list before, all entries are read once into a file.
"""

import hashlib
import tempfile
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from paraph.domain.certification.models import Authority, RevocationList, RevocationListPart
from paraph.domain.certification.publication import scopes
from paraph.pki import der
from paraph.pki.crl import Frame

# Up to here a list is read, signed and stored in one piece.
SHORT = 5000
_GROUPS = 1 << 16
_PART = 1 << 20
_PARTS_AT_ONCE = 8
# Beyond it reading everything anew is not slower, and takes no lock.
_MOST_CHANGED_GROUPS = 2000


@dataclass
class Before:
    """`entries` entries as they were at the authority's `version`, read once from front to back."""

    version: int
    entries: int
    lengths: array
    read: Callable[[int], bytes]


class Broken(Exception):
    """The parts of the list before are not all there."""


def is_long(authority: Authority, shard: int) -> bool:
    """Whether more entries stand on the list than are made in one piece. Looks no further than it must."""
    return scopes.listed(authority, shard).order_by()[SHORT:SHORT + 1].exists()


def before(authority: Authority, shard: int, *, anew: bool = False) -> Before:
    """The newest long list of this scope, or with `anew`, or without one, all entries from the database."""
    newest = (
        RevocationList.objects.filter(authority=authority, shard=shard, base_number=None, octets__gt=0)
        .exclude(lengths=b"").defer("der").order_by("-number").first()
    )
    if newest is not None and not anew:
        changed = scopes.changes(authority, shard).filter(number__gt=newest.status_version)
        if changed.count() <= _MOST_CHANGED_GROUPS:
            return Before(newest.status_version, newest.entries, _unpack(bytes(newest.lengths)), _Parts(newest).read)
    return _from_database(authority, shard)


def changed_since(before: Before, authority: Authority, shard: int) -> dict[int, list[bytes]]:
    """The groups in which something changed since, as they are now. The caller holds the authority's lock."""
    serials = scopes.changes(authority, shard).filter(number__gt=before.version).values_list("serial", flat=True)
    groups = sorted({_group(serial) for serial in serials})
    # One statement, written once and asked for each group: writing it costs several times what asking does.
    begin, end = "begin", "end"
    rows = scopes.listed(authority, shard).filter(serial__gte=begin, serial__lt=end).values_list("crl_entry")
    statement, given = rows.query.sql_with_params()
    found = {}
    with connection.cursor() as cursor:
        for group in groups:
            bounds = {begin: _bound(group), end: _bound(group + 1)}
            cursor.execute(statement, [bounds.get(value, value) for value in given])
            found[group] = [bytes(entry) for entry, in cursor.fetchall()]
    return found


def lengths_of(before: Before, changed: Mapping[int, list[bytes]]) -> array:
    lengths = before.lengths[:]
    for group, entries in changed.items():
        lengths[group] = sum(map(len, entries))
    return lengths


def store(
    reserved: RevocationList, before: Before, changed: Mapping[int, list[bytes]], frame: Frame,
    show: Callable[[int, bytes], None],
) -> tuple[bytes, int]:
    """Write the parts of the list and show each to the signer; return the digest that is signed, and how many entries there
    are. Raises Broken, and what `show` raises."""
    digest = hashlib.new("sha384" if frame.algorithm == "P-384" else "sha256", frame.head)
    octets, waiting = 0, []
    taken = _Taken(before, changed)
    place = _place_of_superseded(reserved)
    for number, content in enumerate(_in_parts(taken.pieces())):
        digest.update(content)
        octets += len(content)
        if octets > frame.entries_octets:
            raise Broken()
        show(number, content)
        waiting.append(RevocationListPart(list=reserved, number=number, content=content))
        if len(waiting) == _PARTS_AT_ONCE:
            _write(waiting, place)
            waiting = []
    _write(waiting, place)
    if octets != frame.entries_octets:
        raise Broken()
    digest.update(frame.tail)
    return digest.digest(), taken.entries


def stream(settled: RevocationList) -> Iterator[bytes]:
    """The whole list, part by part."""
    yield bytes(settled.head)
    parts = _Parts(settled)
    while content := parts.next():
        yield content
    yield bytes(settled.tail)


def forget_superseded(authority: Authority, shard: int) -> None:
    """Only the two newest lists keep their parts: one is served, the other may be in somebody's hands."""
    kept = list(
        RevocationList.objects.filter(authority=authority, shard=shard, octets__gt=0).exclude(lengths=b"")
        .order_by("-number").values_list("number", flat=True)[:2]
    )
    if len(kept) == 2:
        RevocationListPart.objects.filter(
            list__authority=authority, list__shard=shard, list__number__lt=kept[1]).delete()


def _place_of_superseded(reserved: RevocationList) -> RevocationList | None:
    """The oldest list that still has its parts, if one more than the newest has them: it gives its place to this one.

    To write over a row of the same size costs half of what a new one and the end of the old one do.
    """
    with_parts = list(
        RevocationList.objects.filter(authority=reserved.authority_id, shard=reserved.shard, octets__gt=0)
        .exclude(lengths=b"").filter(Exists(RevocationListPart.objects.filter(list=OuterRef("pk"))))
        .only("pk").order_by("number")
    )
    return with_parts[0] if len(with_parts) > 1 else None


def _write(parts: list[RevocationListPart], place: RevocationList | None) -> None:
    new = []
    with transaction.atomic():
        for part in parts:
            old = RevocationListPart.objects.filter(list=place, number=part.number) if place else None
            if old is None or not old.update(list=part.list_id, content=part.content):
                new.append(part)
        RevocationListPart.objects.bulk_create(new)


def _from_database(authority: Authority, shard: int) -> Before:
    # Read before the entries: what changes meanwhile counts as changed and is read again.
    version = Authority.objects.values_list("status_version", flat=True).get(pk=authority.pk)
    lengths, entries = array("I", bytes(4 * _GROUPS)), 0
    # It goes away with what holds its `read`.
    file = tempfile.TemporaryFile()  # noqa: SIM115
    rows = scopes.listed(authority, shard).values_list("serial", "crl_entry")
    for serial, entry in rows.iterator(chunk_size=2000):
        file.write(entry)
        lengths[_group(serial)] += len(entry)
        entries += 1
    file.seek(0)
    return Before(version, entries, lengths, file.read)


class _Parts:
    """The entries of a long list, read as from a file."""

    def __init__(self, of: RevocationList) -> None:
        self._list = of
        self._number = 0
        self._held = b""

    def next(self) -> bytes:
        content = RevocationListPart.objects.filter(list=self._list, number=self._number).values_list(
            "content", flat=True).first()
        self._number += 1
        return b"" if content is None else bytes(content)

    def read(self, octets: int) -> bytes:
        if len(self._held) < octets:
            self._held += self.next()
        content, self._held = self._held[:octets], self._held[octets:]
        return content


class _Taken:
    """The entries of the new list: those of the one before, with the changed groups in their places. Counts them."""

    def __init__(self, before: Before, changed: Mapping[int, list[bytes]]) -> None:
        self._before = before
        self._changed = changed
        self.entries = before.entries

    def pieces(self) -> Iterator[bytes]:
        before, begin = self._before, 0
        for group in sorted(self._changed):
            yield from _take(before, sum(before.lengths[begin:group]))
            gone = b"".join(_take(before, before.lengths[group]))
            self.entries += len(self._changed[group]) - sum(1 for _ in der.elements(gone))
            yield b"".join(self._changed[group])
            begin = group + 1
        yield from _take(before, sum(before.lengths[begin:]))


def _take(before: Before, octets: int) -> Iterator[bytes]:
    while octets:
        content = before.read(min(octets, _PART))
        if not content:
            raise Broken()
        octets -= len(content)
        yield content


def _in_parts(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """All of one size but the last."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) >= _PART:
            yield bytes(waiting[:_PART])
            del waiting[:_PART]
    if waiting:
        yield bytes(waiting)


def _unpack(packed: bytes) -> array:
    lengths = array("I")
    lengths.frombytes(packed)
    return lengths


def _group(serial: str) -> int:
    return int(serial[:4].ljust(4, "0"), 16)


def _bound(group: int) -> str:
    """The least serial of a group, as text: also one with fewer than four digits. After the last group comes none."""
    return f"{group:04x}".rstrip("0") if group < _GROUPS else "g"
