# SPDX-License-Identifier: Apache-2.0
"""Certificate paths from a certificate to a trust anchor (RFC 5280 clause 6; the XCV block of EN 319 102-1 clause 5.2.6).

What a path may contain is narrow on purpose: a critical extension that is not understood here, and constraints of names or
policies, end it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtensionOID

LONGEST = 6
MOST_TRIED = 60
UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS, ExtensionOID.KEY_USAGE, ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES, ExtensionOID.SUBJECT_ALTERNATIVE_NAME, ExtensionOID.CRL_DISTRIBUTION_POINTS,
}
# ETSI TS 119 312: nothing below this may be relied upon today.
WEAK_HASHES = (hashes.MD5, hashes.SHA1)
LEAST_RSA_BITS = 1900
LEAST_CURVE_BITS = 224
# What reading foreign certificates may raise.
UNREADABLE = (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion)


@dataclass(frozen=True)
class Pool:
    """Certificates that were found, and the anchors that are trusted, by subject name."""

    anchors: tuple[x509.Certificate, ...]
    found: dict[bytes, list[x509.Certificate]] = field(default_factory=dict)

    @classmethod
    def of(cls, anchors: Iterable[bytes], found: Iterable[bytes]) -> "Pool":
        """From DER. Certificates that can't be read are left out: they can't help anybody."""
        pool = cls(tuple(x509.load_der_x509_certificate(anchor) for anchor in anchors))
        for encoding in dict.fromkeys(found):
            certificate = readable(encoding)
            if certificate is not None:
                pool.found.setdefault(certificate.subject.public_bytes(), []).append(certificate)
        return pool


def readable(encoding: bytes) -> x509.Certificate | None:
    """The certificate if everything that is asked of it later can be read."""
    try:
        certificate = x509.load_der_x509_certificate(encoding)
        for entry in certificate.extensions:
            entry.value  # noqa: B018  (reading is the check)
        certificate.subject.public_bytes()
        certificate.issuer.public_bytes()
        certificate.public_key()
        certificate.signature_hash_algorithm  # noqa: B018
    except UNREADABLE:
        return None
    return certificate


def paths(leaf: x509.Certificate, pool: Pool) -> Iterator[list[x509.Certificate]]:
    """Every path [leaf, …, anchor] whose names and signatures fit, the shortest first, up to a bound of work."""
    waiting = [[leaf]]
    tried = 0
    while waiting:
        path = waiting.pop(0)
        last = path[-1]
        if last in pool.anchors:
            yield path
            continue
        if len(path) >= LONGEST:
            continue
        name = last.issuer.public_bytes()
        anchors = [anchor for anchor in pool.anchors if anchor.subject.public_bytes() == name]
        for candidate in [*anchors, *pool.found.get(name, ())]:
            tried += 1
            if tried > MOST_TRIED:
                return
            if candidate not in path and issued(candidate, last):
                waiting.append([*path, candidate])


def issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, *UNREADABLE):
        return False
    return True


def flaw(path: list[x509.Certificate], at: datetime) -> str:
    """What keeps a path from being valid at `at`, or "". Codes: not_yet_valid, expired, not_an_authority, path_too_long,
    not_for_certificates, unknown_extension, weak_algorithm."""
    for depth, certificate in enumerate(path):
        if at < certificate.not_valid_before_utc:
            return "not_yet_valid"
        if at > certificate.not_valid_after_utc:
            return "expired"
        if any(entry.critical and entry.oid not in UNDERSTOOD for entry in certificate.extensions) or _constrains(
                certificate):
            return "unknown_extension"
        if is_weak(certificate, signed=depth < len(path) - 1):
            return "weak_algorithm"
        # RFC 5280 clause 6.1.4 (l): an authority's certificate for itself, under another key, is no step.
        below = sum(not _is_self_issued(one) for one in path[1:depth])
        if depth and (problem := _authority_flaw(certificate, below)):
            return problem
    return ""


def _authority_flaw(certificate: x509.Certificate, below: int) -> str:
    constraints = extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        return "not_an_authority"
    if constraints.path_length is not None and below > constraints.path_length:
        return "path_too_long"
    usage = extension(certificate, x509.KeyUsage)
    return "" if usage is None or usage.key_cert_sign else "not_for_certificates"


def _constrains(certificate: x509.Certificate) -> bool:
    # They ought to be critical, and some authorities forget it.
    return any(extension(certificate, kind) is not None for kind in (x509.NameConstraints, x509.PolicyConstraints))


def _is_self_issued(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def is_weak(certificate: x509.Certificate, *, signed: bool = True) -> bool:
    """A key or, where its own signature counts, a hash that is no longer relied upon."""
    if signed and isinstance(certificate.signature_hash_algorithm, WEAK_HASHES):
        return True
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.key_size < LEAST_RSA_BITS
    return isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_CURVE_BITS


def extension(certificate: x509.Certificate, kind: type) -> x509.ExtensionType | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
