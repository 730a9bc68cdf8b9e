# SPDX-License-Identifier: Apache-2.0
"""Certificate revocation lists: RFC 5280 clause 5, with the demands of ETSI EN 319 411-1 and 411-2 clause 6.3.9.

Each revoked certificate's entry is built once, when it is revoked, and stored; a list is then a concatenation and one
signature, so its cost grows with its size and nothing else. A suspended certificate stands in the list with the reason
certificateHold and is simply gone from the next full list once it is resumed: removeFromCRL is for delta lists.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from paraph.pki import der, keys, oids
from paraph.pki.x509 import list_distribution_points

# RFC 5280 clause 5.2.3: at most 20 octets, never negative.
_LARGEST_NUMBER = 1 << 159
_SERIAL = re.compile(r"[0-9a-f]{1,40}")

# EN 319 411-1 CSS-6.3.9-06: the nextUpdate of the last list of an authority.
NEVER_UPDATED_AGAIN = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


class Reason(IntEnum):
    """CRLReason (RFC 5280 clause 5.3.1). Number 7 is not used."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


_REASON_EXTENSIONS = {
    reason: der.sequence(der.object_identifier(oids.REASON_CODE), der.octet_string(der.enumerated(reason)))
    for reason in Reason
}


@dataclass(frozen=True)
class Scope:
    """What a list covers, as its critical issuing distribution point says (RFC 5280 clause 5.2.5)."""

    addresses: tuple[str, ...] = ()
    only_user_certificates: bool = False
    only_authority_certificates: bool = False


def revoked_entry(
    serial: str, at: datetime, reason: Reason | None = None, invalid_since: datetime | None = None,
) -> bytes:
    """Return the DER of one revokedCertificates element.

    `serial` is lower-case hex. `at` is the instant of revocation, or of the beginning of the suspension, in whole
    seconds. A reason of UNSPECIFIED is left out, as RFC 5280 wants it. `invalid_since`, in whole seconds too, is when the
    key is known or suspected to have been compromised (invalidityDate, RFC 5280 clause 5.3.2). Raises ValueError for a
    serial that no certificate can have.
    """
    if not _SERIAL.fullmatch(serial) or not 0 < int(serial, 16) < _LARGEST_NUMBER:
        raise ValueError("a serial is a positive number of at most 20 octets, in lower-case hex")
    elements = der.integer(int(serial, 16)) + der.time(at)
    extensions = _REASON_EXTENSIONS[reason] if reason else b""
    if invalid_since is not None:
        extensions += invalidity_date(invalid_since)
    return der.sequence(elements, der.sequence(extensions) if extensions else b"")


def invalidity_date(at: datetime) -> bytes:
    """The extension of an entry, and of an OCSP answer (RFC 6960 clause 4.4.5); always a GeneralizedTime."""
    return der.sequence(der.object_identifier(oids.INVALIDITY_DATE), der.octet_string(der.generalized_time(at)))


@dataclass(frozen=True)
class Frame:
    """What stands around the entries of a list: `head`, then the entries one after another, then `tail`, is signed."""

    head: bytes
    tail: bytes
    entries_octets: int
    algorithm: str

    def around(self, signature: bytes) -> tuple[bytes, bytes]:
        """What stands before and after the entries in the signed CertificateList."""
        ending = keys.signature_algorithm(self.algorithm) + der.bit_string(signature)
        octets = len(self.head) + self.entries_octets + len(self.tail) + len(ending)
        return bytes((der.SEQUENCE,)) + der.length(octets) + self.head, self.tail + ending


def frame(
    *,
    algorithm: str,
    issuer: bytes,
    authority_key_identifier: bytes,
    number: int,
    this_update: datetime,
    next_update: datetime,
    entries_octets: int,
    scope: Scope | None = None,
    expired_from: datetime | None = None,
    base_number: int | None = None,
    freshest: str = "",
) -> Frame:
    """Return what stands around `entries_octets` octets of entries, so that a list of any size can be streamed.

    `issuer` is the DER of the authority's subject name. `expired_from` adds ExpiredCertsOnCRL (ITU-T X.509 clause
    9.5.2.8): entries of certificates that expired since then are kept. `base_number` makes it a delta list, whose
    entries alone may have the reason REMOVE_FROM_CRL; `freshest` is where the deltas of a full list are (RFC 5280 clause
    5.2.6).
    """
    if not 0 <= number < _LARGEST_NUMBER:
        raise ValueError("a list number is a non-negative number of at most 20 octets")
    if next_update <= this_update:
        raise ValueError("the next update is not after this one")
    fields = b"".join((
        der.integer(1),
        keys.signature_algorithm(algorithm),
        issuer,
        der.time(this_update),
        der.time(next_update),
        # Absent, not empty, when nothing is revoked (clause 5.1.2.6).
        bytes((der.SEQUENCE,)) + der.length(entries_octets) if entries_octets else b"",
    ))
    tail = der.explicit(0, der.sequence(*_extensions(
        authority_key_identifier, number, base_number, scope, expired_from, freshest)))
    octets = len(fields) + entries_octets + len(tail)
    return Frame(bytes((der.SEQUENCE,)) + der.length(octets) + fields, tail, entries_octets, algorithm)


def to_be_signed(*, entries: Iterable[bytes], **given: Any) -> bytes:
    """Return the DER of a TBSCertList with these entries; the other arguments are those of `frame`."""
    revoked = b"".join(entries)
    made = frame(entries_octets=len(revoked), **given)
    return made.head + revoked + made.tail


def assemble(to_be_signed: bytes, algorithm: str, signature: bytes) -> bytes:
    """Return the DER of the signed CertificateList."""
    return der.sequence(to_be_signed, keys.signature_algorithm(algorithm), der.bit_string(signature))


def _extensions(
    authority_key_identifier: bytes, number: int, base_number: int | None, scope: Scope | None,
    expired_from: datetime | None, freshest: str,
) -> Iterator[bytes]:
    yield _extension(oids.AUTHORITY_KEY_IDENTIFIER,
                     der.sequence(der.implicit(0, der.octet_string(authority_key_identifier))))
    yield _extension(oids.CRL_NUMBER, der.integer(number))
    if base_number is not None:
        if base_number >= number:
            raise ValueError("a delta list has a greater number than its base")
        if freshest:
            raise ValueError("a delta list does not point to deltas")
        yield _extension(oids.DELTA_CRL_INDICATOR, der.integer(base_number), critical=True)
    if scope is not None:
        yield _extension(oids.ISSUING_DISTRIBUTION_POINT, _distribution_point(scope), critical=True)
    if freshest:
        yield _extension(oids.FRESHEST_CRL, list_distribution_points(freshest))
    if expired_from is not None:
        yield _extension(oids.EXPIRED_CERTS_ON_CRL, der.generalized_time(expired_from))


def _extension(identifier: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(
        der.object_identifier(identifier), der.boolean(True) if critical else b"", der.octet_string(value)
    )


def _distribution_point(scope: Scope) -> bytes:
    if scope.only_user_certificates and scope.only_authority_certificates:
        raise ValueError("a list covers either users' or authorities' certificates, or both by saying neither")
    name = b""
    if scope.addresses:
        full_name = b"".join(der.implicit(6, der.ia5_string(address)) for address in scope.addresses)
        name = der.explicit(0, der.tagged(0xA0, full_name))
    value = der.sequence(
        name,
        der.implicit(1, der.boolean(True)) if scope.only_user_certificates else b"",
        der.implicit(2, der.boolean(True)) if scope.only_authority_certificates else b"",
    )
    if value == der.sequence():
        raise ValueError("an issuing distribution point says something")
    return value
