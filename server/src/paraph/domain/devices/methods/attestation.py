# SPDX-License-Identifier: Apache-2.0
"""Who vouches for an authenticator: nobody, itself, or a maker whose roots the operator's list holds (WebAuthn 6.5, 8)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from fido2.attestation import AppleAttestation, AttestationType, PackedAttestation, TpmAttestation
from fido2.attestation.base import InvalidAttestation
from fido2.webauthn import AttestationObject

from paraph.domain.devices.methods.passkey import Conveyance, Model, RelyingParty

# Formats of authenticators that recognise their holder; the one of U2F does not, and SafetyNet is switched off.
FORMATS = {"packed": PackedAttestation, "tpm": TpmAttestation, "apple": AppleAttestation}
LONGEST_PATH = 5
LONGEST_FORMAT = 32


class Kind(StrEnum):
    """`not_asked`: the statement is kept and was not judged. `none`: there is no statement. `own`: the credential vouches
    for itself. `maker`: a certificate of a listed model does."""

    NOT_ASKED = "not_asked"
    NONE = "none"
    OWN = "own"
    MAKER = "maker"


@dataclass(frozen=True)
class Attestation:
    """What was verified: the format, who vouches, and the listed model's name."""

    format: str
    kind: Kind
    model: str = ""


def judge(
    statement: AttestationObject, client_data_hash: bytes, relying_party: RelyingParty, at: datetime
) -> Attestation | None:
    """None: the statement is wrong, or of a format that is not known here."""
    name = statement.fmt
    if not isinstance(name, str) or len(name) > LONGEST_FORMAT or not isinstance(statement.att_stmt, dict):
        return None
    if relying_party.conveyance is Conveyance.NONE:
        return Attestation(name, Kind.NOT_ASKED)
    if name == "none":
        return Attestation(name, Kind.NONE) if not statement.att_stmt else None
    if name not in FORMATS:
        return None
    try:
        result = FORMATS[name]().verify(statement.att_stmt, statement.auth_data, client_data_hash)
        if result.attestation_type is AttestationType.SELF:
            return Attestation(name, Kind.OWN)
        model = relying_party.model(UUID(bytes=bytes(statement.auth_data.credential_data.aaguid)))
        if model is None:
            return Attestation(name, Kind.NONE)
        return Attestation(name, Kind.MAKER, model.name) if _leads_to_root(result.trust_path, model, at) else None
    except (InvalidAttestation, InvalidSignature, UnsupportedAlgorithm, NotImplementedError, x509.InvalidVersion,
            x509.DuplicateExtension, x509.ExtensionNotFound, x509.UnsupportedGeneralNameType):
        return None


def is_let_in(attestation: Attestation, relying_party: RelyingParty) -> bool:
    """Where the make is asked for: listed models, and, if the operator wants them, those that vouch for themselves."""
    return attestation.kind is Kind.MAKER or attestation.kind is Kind.OWN and relying_party.self_attestation


def _leads_to_root(path: list[bytes], model: Model, at: datetime) -> bool:
    """RFC 5280 as far as these short paths need it: each signed by the next, authorities being such, all in their time."""
    if not 0 < len(path) <= LONGEST_PATH:
        return False
    certificates = [x509.load_der_x509_certificate(der) for der in path]
    if any(not one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in certificates):
        return False
    for child, parent in zip(certificates, certificates[1:], strict=False):
        if not _is_authority(parent) or not _is_signed_by(child, parent):
            return False
    last = certificates[-1]
    roots = [x509.load_der_x509_certificate(der) for der in model.roots]
    return any(last == root or _is_signed_by(last, root) for root in roots)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _is_signed_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
