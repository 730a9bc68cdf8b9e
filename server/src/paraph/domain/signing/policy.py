# SPDX-License-Identifier: Apache-2.0
"""Who may sign what with which certificate, decided on rows that the caller of these functions has locked."""

import unicodedata
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as _

from paraph.domain.certification.lifecycle import State as CertificateState
from paraph.domain.certification.models import Certificate
from paraph.domain.signing.lifecycle import State
from paraph.domain.signing.models import SignatureRequest
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound, Refusal
from paraph.pki import scan

# What a signature with a certificate of this level is, in the words of eIDAS Art. 3 (11), (12). An advanced signature
# based on a qualified certificate stays advanced without a declared signature creation device.
LEGAL_LEVELS = {"ncp": "advanced", "qcp-n": "advanced_qualified_certificate", "qcp-n-qscd": "qualified"}
UPLOAD_LIFE = timedelta(hours=24)
# After this long an interrupted signature is taken up by the job; a request that is being answered is faster.
INTERRUPTED_AFTER = timedelta(seconds=60)
LONGEST_NAME = 200


class NoCertificate(Refusal):
    code = "no_signature_certificate"
    sentence = _("Vous n’avez pas encore de certificat de signature actif. Activez-le dans Mon espace.")


class WrongCertificate(Refusal):
    """Only a signature certificate signs (R068): the authentication certificate of the same person does not."""

    code = "not_a_signature_certificate"
    sentence = _("Ce certificat ne sert pas à signer. Choisissez votre certificat de signature.")


class CertificateSuspended(Refusal):
    code = "certificate_suspended"
    sentence = _("Votre certificat est suspendu : la signature est refusée. Réactivez-le dans Mon espace.")


class CertificateRevoked(Refusal):
    code = "certificate_revoked"
    sentence = _("Votre certificat est révoqué : il ne peut plus signer. Commandez un nouveau certificat.")


class CertificateNotActive(Refusal):
    code = "certificate_not_active"
    sentence = _("Votre certificat n’est pas encore activé. Activez-le dans Mon espace.")


class CertificateOver(Refusal):
    code = "certificate_over"
    sentence = _("Votre certificat est arrivé à son terme. Commandez-en un nouveau.")


class AlreadyAnswered(Refusal):
    """The request has been signed, declined or given up, or is being signed."""

    code = "signature_request_answered"
    sentence = _("Cette demande de signature n’est plus ouverte.")


def permit_holder(request: SignatureRequest | None, caller: Caller) -> None:
    """Nobody else learns that the request exists. A session that can only reactivate does not sign."""
    if request is None or not caller.identity or request.identity_id != caller.identity:
        raise NotFound()
    if caller.scope != "full":
        raise Forbidden()


def permit_open(request: SignatureRequest) -> None:
    """Refuses AlreadyAnswered where it was authorised, was declined or has ended."""
    if request.state != State.REQUESTED:
        raise AlreadyAnswered()


def permit_authorised(request: SignatureRequest) -> None:
    """No code was accepted for it, or it has come to its end."""
    if request.state != State.AUTHORISED:
        raise NotAllowed(record="signature_request", state=request.state, move="start")


def permit_certificate(certificate: Certificate, identity_id: str, at: datetime) -> None:
    """Refuses, each with its own code: another's, of another use, suspended, revoked, not active yet, over."""
    if certificate.subject_id != identity_id:
        raise NotFound()
    if certificate.usage != "signature":
        raise WrongCertificate()
    if certificate.state == CertificateState.SUSPENDED:
        raise CertificateSuspended()
    if certificate.state == CertificateState.REVOKED:
        raise CertificateRevoked()
    if certificate.state != CertificateState.ACTIVE or at < certificate.not_before:
        raise CertificateNotActive()
    if at >= certificate.not_after:
        raise CertificateOver()


def legal_level(certificate: Certificate) -> str:
    """ "advanced", "advanced_qualified_certificate" or "qualified"."""
    return LEGAL_LEVELS[certificate.level]


def clean_name(file_name: str) -> str:
    """The file's own name without folders, control characters and other things that don't print."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(c if c.isprintable() else " " for c in unicodedata.normalize("NFC", last)).strip()
    if len(shown) > LONGEST_NAME:
        stem, dot, suffix = shown.rpartition(".")
        shown = f"{stem[:LONGEST_NAME - 10]}…{dot}{suffix[:8]}" if dot else shown[:LONGEST_NAME]
    return shown or "document.pdf"


def label(file_name: str, described: str) -> str:
    """What the signer's session says of the hash that it allows, and what a Scan shows: the document's name and, in the
    holder's words, how long it is. At most scan.LONGEST_LABEL octets."""
    tail = f", {described}" if described else ""
    return scan.shortened(file_name, scan.LONGEST_LABEL - len(tail.encode())) + tail
