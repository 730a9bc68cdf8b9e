# SPDX-License-Identifier: Apache-2.0
"""Was a certificate revoked or on hold at an instant? OCSP answers (RFC 6960) and lists (RFC 5280 clause 6.3) that are
authentic are heard; everything else is left aside."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from paraph.domain.validation.paths import UNREADABLE, WEAK_HASHES, extension, issued
from paraph.pki import keys

# Between two clocks, and between the whole seconds of one format and the fractions of another.
TOLERANCE = timedelta(seconds=30)
HOLD = "certificate_hold"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What one authentic answer or list says of one certificate: "good" or "revoked" (a hold is revoked with its reason)."""

    kind: str
    status: str
    source: str
    this_update: datetime
    next_update: datetime | None
    revoked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """At the instant asked about: "good", "revoked", "on_hold" or "unknown", and the fact that says so.

    `later` is set where the certificate was good then and is revoked by now.
    """

    state: str
    fact: Fact | None = None
    later: Fact | None = None


@dataclass(frozen=True)
class Archive:
    """All answers and lists at hand: those in the document, which existed at `proven`, and the live ones.

    `proven` is the time of a trusted document time-stamp over the whole archive, or the instant of the validation.
    """

    answers: tuple[tuple[str, bytes], ...]
    lists: tuple[tuple[str, bytes], ...]
    proven: datetime

    def facts(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> list[Fact]:
        """Everything authentic about this certificate; what its signer could no longer sign at `at` counts only if it is
        proven to have existed before."""
        known = []
        for source, encoding in self.answers:
            known += _from_answer(encoding, source, certificate, issuer, self.proven if source == "document" else at)
        for source, encoding in self.lists:
            known += _from_list(encoding, source, certificate, issuer)
        return known


def status_at(facts: Iterable[Fact], at: datetime) -> Status:
    """What the facts together say about the instant `at`.

    A revocation counts from its time on for ever; a hold from its time to the moment of the fact, since it may have been
    lifted later. Good is what was said at or after `at`; what was said before counts while it had not run out.
    """
    facts = list(facts)
    for fact in facts:
        if fact.status == "revoked" and fact.revoked_at <= at:
            if fact.reason != HOLD:
                return Status(state="revoked", fact=fact)
            if at <= fact.this_update + TOLERANCE:
                return Status(state="on_hold", fact=fact)
    later = next((fact for fact in facts if fact.status == "revoked" and fact.revoked_at > at), None)
    after = sorted((fact for fact in facts if fact.this_update >= at - TOLERANCE
                    and (fact.status == "good" or fact.revoked_at > at)), key=lambda fact: fact.this_update)
    if after:
        return Status(state="good", fact=after[0], later=later)
    in_force = [fact for fact in facts if fact.next_update is not None and fact.this_update <= at <= fact.next_update]
    if in_force:
        newest = max(in_force, key=lambda fact: fact.this_update)
        return Status(state="good" if newest.status == "good" else "on_hold", fact=newest, later=later)
    return Status(state="unknown")


# --- OCSP -------------------------------------------------------------------------------------------------------------


def _from_answer(
    encoding: bytes, source: str, certificate: x509.Certificate, issuer: x509.Certificate, existed: datetime
) -> Iterator[Fact]:
    try:
        response = ocsp.load_der_ocsp_response(encoding)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return
        singles = [one for one in response.responses if _is_about(one, certificate, issuer)]
        if not singles or not _is_authentic(response, issuer, existed):
            return
        for one in singles:
            fact = _answer_fact(one, source)
            if fact is not None:
                yield fact
    except UNREADABLE:
        return


def _answer_fact(one: ocsp.OCSPSingleResponse, source: str) -> Fact | None:
    common = {"kind": "ocsp", "source": source, "this_update": one.this_update_utc, "next_update": one.next_update_utc}
    if one.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return Fact(status="good", **common)
    if one.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        return Fact(status="revoked", revoked_at=one.revocation_time_utc, reason=_reason(one.revocation_reason), **common)
    return None


def _is_about(one: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    digest = {hashes.SHA1: sha1, hashes.SHA256: sha256}.get(type(one.hash_algorithm))
    if digest is None or one.serial_number != certificate.serial_number:
        return False
    return (one.issuer_name_hash == digest(issuer.subject.public_bytes()).digest()
            and one.issuer_key_hash == digest(_key_bits(issuer)).digest())


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The subjectPublicKey bits: what a CertID hashes."""
    encoding = certificate.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return keys.public_key_bits(encoding)


def _is_authentic(response: ocsp.OCSPResponse, issuer: x509.Certificate, existed: datetime) -> bool:
    if isinstance(response.signature_hash_algorithm, WEAK_HASHES):
        return False
    for signer in [issuer, *response.certificates]:
        if signer != issuer and not _is_delegate(signer, issuer):
            continue
        # An answer signed after the responder's end, or that may have been, is no answer.
        if not signer.not_valid_before_utc <= response.produced_at_utc <= signer.not_valid_after_utc:
            continue
        if existed > signer.not_valid_after_utc:
            continue
        if verifies(signer.public_key(), response.signature, response.tbs_response_bytes,
                    response.signature_hash_algorithm):
            return True
    return False


def _is_delegate(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    purposes = extension(certificate, x509.ExtendedKeyUsage)
    return purposes is not None and ExtendedKeyUsageOID.OCSP_SIGNING in purposes and issued(issuer, certificate)


# --- lists ------------------------------------------------------------------------------------------------------------


def _from_list(
    encoding: bytes, source: str, certificate: x509.Certificate, issuer: x509.Certificate
) -> Iterator[Fact]:
    try:
        revoked = x509.load_der_x509_crl(encoding)
        if revoked.issuer != issuer.subject or isinstance(revoked.signature_hash_algorithm, WEAK_HASHES):
            return
        usage = extension(issuer, x509.KeyUsage)
        if (usage is not None and not usage.crl_sign) or not revoked.is_signature_valid(issuer.public_key()):
            return
        if not _covers(revoked, certificate):
            return
        entry = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
        common = {"kind": "crl", "source": source, "this_update": revoked.last_update_utc,
                  "next_update": revoked.next_update_utc}
        if entry is None:
            yield Fact(status="good", **common)
        else:
            reason = next((one.value.reason for one in entry.extensions if isinstance(one.value, x509.CRLReason)), None)
            yield Fact(status="revoked", revoked_at=entry.revocation_date_utc, reason=_reason(reason), **common)
    except UNREADABLE:
        return


def _covers(revoked: x509.CertificateRevocationList, certificate: x509.Certificate) -> bool:
    """A list that is a delta, speaks for another issuer, or leaves this certificate or its kind out says nothing here."""
    for entry in revoked.extensions:
        if isinstance(entry.value, x509.IssuingDistributionPoint):
            constraints = extension(certificate, x509.BasicConstraints)
            is_authority = constraints is not None and constraints.ca
            point = entry.value
            if point.indirect_crl or point.only_some_reasons or point.only_contains_attribute_certs:
                return False
            if (point.only_contains_ca_certs and not is_authority) or (
                    point.only_contains_user_certs and is_authority):
                return False
            if (point.full_name or point.relative_name) and not _places(point, revoked.issuer) & _named(certificate):
                return False
        elif entry.critical:
            return False
    return True


Place = x509.GeneralName


def _named(certificate: x509.Certificate) -> set[Place]:
    """Where a certificate says that its lists are (RFC 5280 clause 6.3.3 (b) (2) (i))."""
    points = extension(certificate, x509.CRLDistributionPoints) or ()
    return {place for point in points if not point.crl_issuer for place in _places(point, certificate.issuer)}


def _places(point: x509.DistributionPoint | x509.IssuingDistributionPoint, issuer: x509.Name) -> set[Place]:
    """The names of a point; one that is relative to the list's issuer is a name below it."""
    if point.relative_name is not None:
        return {x509.DirectoryName(x509.Name([*issuer.rdns, point.relative_name]))}
    return set(point.full_name or ())


# --- both -------------------------------------------------------------------------------------------------------------


def _reason(reason: x509.ReasonFlags | None) -> str:
    """The reason in our spelling: "" when none was given."""
    return "" if reason is None else "".join(
        f"_{character.lower()}" if character.isupper() else character for character in reason.value)


def verifies(key: object, signature: bytes, data: bytes, algorithm: hashes.HashAlgorithm | None) -> bool:
    """ECDSA and RSA PKCS#1 v1.5 signatures of responders; others are not known here and don't count."""
    if algorithm is None:
        return False
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), algorithm)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
