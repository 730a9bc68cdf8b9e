# SPDX-License-Identifier: Apache-2.0
"""Online certificate status: RFC 6960 requests and answers, RFC 9654 nonces, RFC 9919 caching profile.

The parser is our own because it faces the network: it is strict, takes a bounded number of octets and requests, and
refuses with an `OcspError` that carries the protocol's own error. The builder is our own because the answers need
single extensions (archive cut-off), several certificates in one answer, and bytes that are known before something
signs them.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from paraph.pki import der, keys, oids
from paraph.pki.crl import Reason, invalidity_date

LARGEST_REQUEST = 16 * 1024
MOST_CERTIFICATES = 64
# RFC 9654 clause 2.1.
NONCE_OCTETS = range(1, 129)

_HASHES: dict[str, Callable[[bytes], bytes]] = {
    oids.SHA1: lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    oids.SHA256: lambda data: hashlib.sha256(data).digest(),
}
HASHES = tuple(_HASHES)


class Failure(IntEnum):
    """OCSPResponseStatus other than successful (RFC 6960 clause 4.2.1)."""

    MALFORMED_REQUEST = 1
    INTERNAL_ERROR = 2
    TRY_LATER = 3
    SIGNATURE_REQUIRED = 5
    UNAUTHORIZED = 6


class Status(StrEnum):
    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class OcspError(Exception):
    """The request gets an error answer instead of a status; `failure` says which."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.name.lower())
        self.failure = failure


@dataclass(frozen=True, slots=True)
class CertificateId:
    """Which certificate is asked about. `encoding` is what the answer repeats. `serial` is lower-case hex."""

    hash_algorithm: str
    issuer_name_hash: bytes
    issuer_key_hash: bytes
    serial: str
    encoding: bytes


@dataclass(frozen=True, slots=True)
class Request:
    certificates: tuple[CertificateId, ...]
    nonce: bytes | None


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority as a CertID names it: the hashes of its name and its key, by hash algorithm."""

    hashes: dict[str, tuple[bytes, bytes]]

    @classmethod
    def of(cls, name: bytes, public_key_der: bytes) -> "Issuer":
        """`name` is the DER of the authority's subject, `public_key_der` its SubjectPublicKeyInfo."""
        bits = keys.public_key_bits(public_key_der)
        return cls({algorithm: (digest(name), digest(bits)) for algorithm, digest in _HASHES.items()})

    def issued(self, certificate: CertificateId) -> bool:
        """Whether the CertID names this authority as the issuer."""
        return self.hashes.get(certificate.hash_algorithm) == (
            certificate.issuer_name_hash, certificate.issuer_key_hash)

    def prefix(self, hash_algorithm: str, *, with_null: bool = True) -> bytes:
        """The content of a CertID up to its serial: the same for all certificates of the authority."""
        identifier = der.sequence(der.object_identifier(hash_algorithm), der.null() if with_null else b"")
        name_hash, key_hash = self.hashes[hash_algorithm]
        return identifier + der.octet_string(name_hash) + der.octet_string(key_hash)

    def certificate_id(self, hash_algorithm: str, serial: str) -> bytes:
        """The DER of a CertID, with the NULL parameters that nearly all programs write."""
        return der.tagged(der.SEQUENCE, self.prefix(hash_algorithm) + der.integer(int(serial, 16)))


@dataclass(frozen=True, slots=True)
class SingleAnswer:
    """What is said about one certificate. Instants are whole seconds.

    A suspended certificate is `revoked` at the beginning of the suspension with the reason CERTIFICATE_HOLD. A serial
    that was never issued is `unknown`, never `good` (EN 319 411-1 OVR-6.6.3-02). `invalid_since` is the invalidityDate of
    its entry on the list.
    """

    certificate_id: bytes
    status: Status
    this_update: datetime
    next_update: datetime | None = None
    revoked_at: datetime | None = None
    reason: Reason | None = None
    archive_cutoff: datetime | None = None
    invalid_since: datetime | None = None

    def encoding(self) -> bytes:
        if (self.status is Status.REVOKED) != (self.revoked_at is not None):
            raise ValueError("an instant of revocation belongs to a revoked certificate and to no other")
        extensions = b""
        if self.archive_cutoff is not None:
            cutoff = der.octet_string(der.generalized_time(self.archive_cutoff))
            extensions = der.sequence(der.object_identifier(oids.OCSP_ARCHIVE_CUTOFF), cutoff)
        if self.invalid_since is not None:
            extensions += invalidity_date(self.invalid_since)
        return der.sequence(
            self.certificate_id,
            self._status(),
            der.generalized_time(self.this_update),
            der.explicit(0, der.generalized_time(self.next_update)) if self.next_update else b"",
            der.explicit(1, der.sequence(extensions)) if extensions else b"",
        )

    def _status(self) -> bytes:
        if self.revoked_at is not None:
            reason = der.explicit(0, der.enumerated(self.reason)) if self.reason else b""
            return der.tagged(0xA1, der.generalized_time(self.revoked_at) + reason)
        return der.tagged(0x80 if self.status is Status.GOOD else 0x82, b"")


def parse_request(data: bytes) -> Request:
    """Read an OCSPRequest. A signature on it is allowed and ignored: the status is public.

    Raises OcspError(MALFORMED_REQUEST) for anything that is not one, for more octets or certificates than the limits,
    for a nonce of zero or more than 128 octets, and for a critical extension that is not understood.
    """
    if len(data) > LARGEST_REQUEST:
        raise OcspError(Failure.MALFORMED_REQUEST)
    try:
        return _request(data)
    except (der.Malformed, IndexError, ValueError) as error:
        raise OcspError(Failure.MALFORMED_REQUEST) from error


def to_be_signed(
    *,
    responder_key: bytes,
    produced_at: datetime,
    answers: list[SingleAnswer],
    nonce: bytes | None = None,
) -> bytes:
    """Return the DER of ResponseData; the responder is named by the hash of its key, as RFC 9919 wants it."""
    extensions = b""
    if nonce is not None:
        value = der.octet_string(der.octet_string(nonce))
        extensions = der.explicit(1, der.sequence(der.sequence(der.object_identifier(oids.OCSP_NONCE), value)))
    return der.sequence(
        der.explicit(2, der.octet_string(keys.key_identifier(responder_key))),
        der.generalized_time(produced_at),
        der.tagged(der.SEQUENCE, b"".join(answer.encoding() for answer in answers)),
        extensions,
    )


def assemble(to_be_signed: bytes, algorithm: str, signature: bytes, certificates: list[bytes]) -> bytes:
    """Return the DER of a successful OCSPResponse; `certificates` holds the responder's certificate."""
    basic = der.sequence(
        to_be_signed,
        keys.signature_algorithm(algorithm),
        der.bit_string(signature),
        der.explicit(0, der.tagged(der.SEQUENCE, b"".join(certificates))) if certificates else b"",
    )
    response = der.sequence(der.object_identifier(oids.OCSP_BASIC), der.octet_string(basic))
    return der.sequence(der.enumerated(0), der.explicit(0, response))


def error(failure: Failure) -> bytes:
    """Return the DER of an OCSPResponse that carries no status. It is not signed."""
    return der.sequence(der.enumerated(failure))


def _request(data: bytes) -> Request:
    outer = der.read(data)
    parts = _sequence(outer)
    if len(parts) > 2 or (len(parts) == 2 and parts[1].tag != 0xA0):
        raise der.Malformed("not an OCSPRequest")
    fields = _sequence(parts[0])
    fields = fields[1:] if _is_version_one(fields[0]) else fields
    if fields[0].tag == 0xA1:  # requestorName
        fields = fields[1:]
    if len(fields) > 2:
        raise der.Malformed("not a TBSRequest")
    requests = _sequence(fields[0])
    if not 1 <= len(requests) <= MOST_CERTIFICATES:
        raise der.Malformed("no request, or more than are answered at once")
    nonce = None
    if len(fields) == 2:
        for identifier, critical, value in _extensions(fields[1], 0xA2):
            if identifier == oids.OCSP_NONCE:
                if nonce is not None:
                    raise der.Malformed("two nonces")
                nonce = _nonce(value)
            elif critical:
                raise der.Malformed("a critical extension that is not understood")
    return Request(tuple(_certificate(request) for request in requests), nonce)


def _certificate(request: der.Element) -> CertificateId:
    fields = _sequence(request)
    if len(fields) > 2:
        raise der.Malformed("not a Request")
    if len(fields) == 2 and any(critical for _, critical, _ in _extensions(fields[1], 0xA0)):
        raise der.Malformed("a critical extension that is not understood")
    algorithm, name_hash, key_hash, serial = _sequence(fields[0])
    identifier, *parameters = _sequence(algorithm)
    if len(parameters) > 1 or name_hash.tag != der.OCTET_STRING or key_hash.tag != der.OCTET_STRING:
        raise der.Malformed("not a CertID")
    if serial.tag != der.INTEGER or len(serial.content) > 21:
        raise der.Malformed("not a serial number")
    number = serial.integer()
    # A negative serial was never issued by anybody; as text it equals no stored one.
    text = f"{number:x}" if number >= 0 else f"-{-number:x}"
    return CertificateId(
        identifier.object_identifier(), name_hash.content, key_hash.content, text, fields[0].encoding)


def _extensions(wrapper: der.Element, tag: int) -> list[tuple[str, bool, bytes]]:
    (inner,) = wrapper.children(tag)
    found = []
    for extension in _sequence(inner):
        identifier, *others = _sequence(extension)
        critical = len(others) == 2
        # DER leaves a default of FALSE out; some programs write it all the same.
        if critical and (others[0].tag != der.BOOLEAN or others[0].content not in (b"\x00", b"\xff")):
            raise der.Malformed("not an extension")
        if len(others) not in (1, 2) or others[-1].tag != der.OCTET_STRING:
            raise der.Malformed("not an extension")
        found.append((identifier.object_identifier(), critical and others[0].content == b"\xff", others[-1].content))
    return found


def _nonce(value: bytes) -> bytes:
    inner = der.read(value)
    if inner.tag != der.OCTET_STRING or len(inner.content) not in NONCE_OCTETS:
        raise der.Malformed("not a nonce")
    return inner.content


def _is_version_one(element: der.Element) -> bool:
    if element.tag != 0xA0:
        return False
    if element.content != der.integer(0):
        raise der.Malformed("another version")
    return True


def _sequence(element: der.Element) -> list[der.Element]:
    if element.tag != der.SEQUENCE:
        raise der.Malformed("not a SEQUENCE")
    return element.children()
