# SPDX-License-Identifier: Apache-2.0
"""The probe: reads our own published addresses over HTTP as a stranger does, and notes what it sees.

It uses the addresses in the certificates, another library than the one that wrote the lists and answers, and verifies
signatures up to the authority's key. What can't be fetched or does not verify was not seen.
"""

import base64
import logging
import urllib.request
from collections.abc import Callable
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509 import ocsp

from paraph.domain.certification import services
from paraph.domain.certification.services.visibility import IN_ANSWER, ON_LIST, Awaited
from paraph.kernel.caller import Caller
from paraph.pki.crl import Reason

logger = logging.getLogger("paraph.jobs")

_SECONDS = 10
_LARGEST = 256 * 1024 * 1024
Fetch = Callable[[str], bytes]


def fetch(address: str) -> bytes:
    """GET over HTTP. Raises OSError; ValueError for another scheme or too many octets."""
    if not address.startswith(("http://", "https://")):
        raise ValueError("not an address of the web")
    with urllib.request.urlopen(address, timeout=_SECONDS) as answer:
        content = answer.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError("too large")
    return content


def probe(caller: Caller, get: Fetch = fetch) -> int:
    """Looks for each change that was not seen yet. Returns how many were seen now."""
    lists: dict[tuple[str, bytes], x509.CertificateRevocationList | None] = {}
    # Of an address that does not answer nothing more is asked in this round.
    silent: set[str] = set()
    told = 0
    for awaited in services.awaited():
        places = set()
        encoded = bytes(awaited.certificate.der)
        issuer_der = bytes(awaited.certificate.authority.certificate_der)
        if not encoded or not issuer_der:
            continue
        subject, issuer = x509.load_der_x509_certificate(encoded), x509.load_der_x509_certificate(issuer_der)
        if ON_LIST in awaited.places and _on_list(awaited, subject, issuer, lists, get, caller.at):
            places.add(ON_LIST)
        if IN_ANSWER in awaited.places and _in_answer(awaited, subject, issuer, silent, get, caller.at):
            places.add(IN_ANSWER)
        if places:
            told += services.seen(certificate_id=awaited.certificate.pk, number=awaited.number, places=places, caller=caller)
    return told


def _on_list(awaited: Awaited, subject, issuer, lists: dict, get: Fetch, at: datetime) -> bool:
    address = _list_address(subject)
    if address is None:
        # It names no list, so there is none to be seen on.
        return True
    known = (address, issuer.public_bytes(serialization.Encoding.DER))
    if known not in lists:
        lists[known] = _get_list(address, issuer, get, at)
    found = lists[known]
    if found is None:
        return False
    entry = found.get_revoked_certificate_by_serial_number(subject.serial_number)
    if entry is None:
        return not awaited.expected.revoked
    try:
        reason = Reason(_number(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason))
    except x509.ExtensionNotFound:
        reason = Reason.UNSPECIFIED
    return _is(awaited, entry.revocation_date_utc, reason)


def _get_list(address: str, issuer, get: Fetch, at: datetime) -> x509.CertificateRevocationList | None:
    try:
        found = x509.load_der_x509_crl(get(address))
    except (OSError, ValueError) as error:
        logger.warning("a list can't be read", extra={"fields": {"address": address, "error": type(error).__name__}})
        return None
    good = found.is_signature_valid(issuer.public_key()) and found.next_update_utc > at
    return found if good else None


def _in_answer(awaited: Awaited, subject, issuer, silent: set[str], get: Fetch, at: datetime) -> bool:
    address = _responder_address(subject)
    if address is None:
        return True
    if address in silent:
        return False
    request = ocsp.OCSPRequestBuilder().add_certificate(subject, issuer, hashes.SHA1()).build()
    path = base64.b64encode(request.public_bytes(serialization.Encoding.DER)).decode("ascii")
    try:
        answer = ocsp.load_der_ocsp_response(get(f"{address}/{path}"))
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL or answer.next_update_utc <= at:
            return False
        _verify(answer, issuer)
    except (OSError, ValueError, InvalidSignature) as error:
        silent.add(address)
        logger.warning("an answer can't be read", extra={"fields": {"address": address, "error": type(error).__name__}})
        return False
    if answer.serial_number != subject.serial_number:
        return False
    if answer.certificate_status is ocsp.OCSPCertStatus.GOOD:
        return not awaited.expected.revoked
    if answer.certificate_status is not ocsp.OCSPCertStatus.REVOKED:
        return False
    reason = answer.revocation_reason
    return _is(awaited, answer.revocation_time_utc, Reason(_number(reason)) if reason else Reason.UNSPECIFIED)


def _is(awaited: Awaited, since: datetime, reason: Reason) -> bool:
    expected = awaited.expected
    return expected.revoked and (expected.since, expected.reason) == (since, reason)


def _verify(answer, issuer) -> None:
    """The answer is signed by a responder that the issuer certified. Raises InvalidSignature, ValueError."""
    [responder] = answer.certificates
    responder.verify_directly_issued_by(issuer)
    key = responder.public_key()
    given = (answer.signature, answer.tbs_response_bytes)
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(*given, ec.ECDSA(answer.signature_hash_algorithm))
    else:
        key.verify(*given, padding.PKCS1v15(), answer.signature_hash_algorithm)


def _list_address(subject: x509.Certificate) -> str | None:
    try:
        points = subject.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return None
    return next(name.value for point in points for name in point.full_name or ())


def _responder_address(subject: x509.Certificate) -> str | None:
    try:
        access = subject.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return None
    methods = (entry.access_location.value for entry in access
               if entry.access_method == x509.AuthorityInformationAccessOID.OCSP)
    return next(methods, None)


_NUMBERS = {
    x509.ReasonFlags.unspecified: 0, x509.ReasonFlags.key_compromise: 1, x509.ReasonFlags.ca_compromise: 2,
    x509.ReasonFlags.affiliation_changed: 3, x509.ReasonFlags.superseded: 4,
    x509.ReasonFlags.cessation_of_operation: 5, x509.ReasonFlags.certificate_hold: 6,
    x509.ReasonFlags.privilege_withdrawn: 9, x509.ReasonFlags.aa_compromise: 10,
}


def _number(reason: x509.ReasonFlags) -> int:
    return _NUMBERS[reason]
