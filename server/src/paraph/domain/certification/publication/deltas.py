# SPDX-License-Identifier: Apache-2.0
"""Does a delta list on its base say what the full list of the same number says (RFC 5280 clause 5.2.4)?

Read from the published bytes by another library than the one that wrote them, as `agreement` does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509

from paraph.domain.certification.models import Authority, RevocationList
from paraph.domain.certification.publication import crl, scopes

_Entry = tuple[object, str]


@dataclass(frozen=True)
class Difference:
    """A serial of which delta and base together say something else than the full list; "" where there is no delta."""

    authority: str
    shard: int
    serial: str


def differences() -> Iterator[Difference]:
    """Yield every serial that the newest delta of a scope tells wrongly, and each scope that lacks the delta it promises.

    A base whose bytes are not kept any more is not looked at: nobody can have fetched it within its life.
    """
    for authority in Authority.objects.filter(deltas=True).exclude(certificate_der=b"").order_by("created_at"):
        for shard in scopes.shards(authority):
            yield from _of_scope(authority, shard)


def _of_scope(authority: Authority, shard: int) -> Iterator[Difference]:
    full = crl.newest_of(authority.name, shard)
    if full is None:
        return
    earlier = authority.lists.filter(
        shard=shard, base_number=None, octets__gt=0, number__lt=full.number, next_update__gt=full.this_update)
    delta = authority.lists.filter(shard=shard, number=full.number, octets__gt=0).exclude(base_number=None).first()
    if delta is None:
        if earlier.exists() and _promises(full):
            yield Difference(authority.name, shard, "")
        return
    base = authority.lists.filter(shard=shard, base_number=None, number=delta.base_number).first()
    if base is None or not _is_kept(base):
        return
    said, wanted = _read(base), _read(full)
    for serial, entry in _read(delta).items():
        if entry[1] == x509.ReasonFlags.remove_from_crl.value:
            said.pop(serial, None)
        else:
            said[serial] = entry
    for serial in sorted(said.keys() | wanted.keys()):
        if said.get(serial) != wanted.get(serial):
            yield Difference(authority.name, shard, serial)


def _is_kept(row: RevocationList) -> bool:
    return bool(row.der) or row.parts.exists()


def _promises(full: RevocationList) -> bool:
    """Whether the list says where its delta is: one made before there were deltas does not."""
    try:
        _load(full).extensions.get_extension_for_class(x509.FreshestCRL)
    except x509.ExtensionNotFound:
        return False
    return True


def _load(row: RevocationList) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(b"".join(crl.content(row)))


def _read(row: RevocationList) -> dict[str, _Entry]:
    found = {}
    for entry in _load(row):
        try:
            reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
        except x509.ExtensionNotFound:
            reason = ""
        found[f"{entry.serial_number:x}"] = (entry.revocation_date_utc, reason)
    return found
