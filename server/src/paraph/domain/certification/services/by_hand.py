# SPDX-License-Identifier: Apache-2.0
"""Certificates that no order leads to: seals, servers, and services whose keys lie elsewhere. Always with four eyes."""

import base64
from datetime import datetime

from django.utils.translation import gettext_noop

from paraph.domain.certification import policy, queries
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Approval, Certificate
from paraph.domain.certification.services.approving import ask_approval, begin_deed
from paraph.domain.certification.services.issuing import issue as issue_certificate
from paraph.domain.certification.services.issuing import would_issue
from paraph.domain.certification.services.moving import activate, resume, revoke, suspend
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, Refusal
from paraph.pki import csr, profiles
from paraph.pki.names import Subject


class RequestRefused(Refusal):
    """What was given is no certification request, or its key did not sign it."""

    code = "request_refused"
    sentence = gettext_noop(
        "Cette demande de certificat (PKCS#10) n’est pas acceptée : elle est illisible, trop grande, ou n’est pas signée "
        "par sa propre clé. Rien n’a été modifié."
    )
    status = 400


class EvidenceMissing(Refusal):
    """An organisation is certified only on papers that somebody can find again, for somebody who asked for it."""

    code = "evidence_missing"
    sentence = gettext_noop("Indiquez qui demande ce certificat et où se trouvent les pièces vérifiées.")


class PersonsCertificate(Refusal):
    """A person's certificate is not an operator's to move, and an authority's not one operator's alone."""

    code = "persons_certificate"
    sentence = gettext_noop(
        "Le certificat d’une personne se suspend et se révoque au service client, celui d’une autorité avec l’accord d’une "
        "seconde personne. Rien n’a été modifié."
    )


def ask_issuance(
    *,
    profile: str,
    subject: Subject,
    request: bytes,
    reason: str,
    caller: Caller,
    applicant: str = "",
    evidence: str = "",
    identification: str = "",
    authority: str = "",
    device: str = "",
    ends_at: datetime | None = None,
) -> Approval:
    """Somebody wants one certificate for the key that signed `request` (PKCS#10); another person must allow it.

    The key and the certificate are judged now, so what is shown to the approver is what can be issued. `applicant` is who
    asks for it on behalf of the organisation, and neither asks here nor decides; `evidence` says where the verified papers
    are (and, for a server, how its names were verified). Nothing of the request's own subject is taken over.
    Refuses: NotByHand, RequestRefused, EvidenceMissing, ProfileNotInForce, NoAuthority, KeyRefused, KeyAlreadyCertified,
    CertificateRefused, DeviceNotDeclared, and what ask_approval refuses.
    """
    content = draft_issuance(
        profile=profile, subject=subject, request=request, caller=caller, applicant=applicant, evidence=evidence,
        identification=identification, authority=authority, device=device,
    )
    return ask_approval(
        action=policy.ISSUE_BY_HAND, content=content, subject=applicant.strip(), reason=reason, ends_at=ends_at,
        caller=caller,
    )


def draft_issuance(
    *, profile: str, subject: Subject, request: bytes, caller: Caller, applicant: str = "", evidence: str = "",
    identification: str = "", authority: str = "", device: str = "",
) -> dict:
    """What an approval would be about, with nothing written. Refuses: what ask_issuance refuses for its content."""
    rules = queries.profile_in_force(profile)
    policy.permit_by_hand(rules)
    parsed = _parsed(request)
    if rules.holder != "service" and not (applicant.strip() and evidence.strip()):
        raise EvidenceMissing()
    issuer = would_issue(
        profile=profile, subject_id=subject_id_of(rules, subject), subject=subject, public_key_der=parsed.public_key_der,
        identification=identification, authority=authority, device=device, dns_names=_names(rules, parsed), caller=caller,
    )
    return policy.issuance_by_hand(
        profile=rules, authority=issuer.name, subject=subject, dns_names=_names(rules, parsed), request=parsed,
        identification=identification, evidence=evidence.strip(), device=device,
    )


def issue_by_hand(*, approval_id: object, caller: Caller) -> Certificate:
    """The certificate that two people agreed on, active. One approval makes one certificate, also after a crash.

    Refuses: Forbidden, NotFound, NotApproved (also when another version of the profile is in force by now), and whatever
    issuing refuses.
    """
    approval = begin_deed(approval_id=approval_id, action=policy.ISSUE_BY_HAND, caller=caller)
    content = approval.content
    parsed = _parsed(base64.b64decode(content["request"]))
    rules = profiles.get(content["profile"], content["version"])
    subject = Subject(**({"common_name": ""} | content["subject"]))
    generation = f"by-hand:{approval.id}"
    certificate = issue_certificate(
        attempt=generation, profile=rules.name, version=rules.version, subject_id=subject_id_of(rules, subject),
        subject=subject, public_key_der=parsed.public_key_der, generation=generation,
        identification=content["identification"], key_id="", authority=content["authority"], device=content["device"],
        dns_names=tuple(content["dns_names"]), caller=caller,
    )
    if certificate.state == State.ISSUED:
        activate(generation=generation, caller=caller)
        certificate.refresh_from_db()
    return certificate


def key_to_certify(content: dict) -> tuple[bytes, bytes, tuple[str, ...]]:
    """Of an approved issuance: the key, the encoded name, and the extended key usages. The signer must be told on its own
    host that this key from elsewhere may be certified so."""
    parsed = _parsed(base64.b64decode(content["request"]))
    subject = Subject(**({"common_name": ""} | content["subject"]))
    return parsed.public_key_der, subject.encode(), profiles.get(content["profile"], content["version"]).purposes


def subject_id_of(profile: profiles.Profile, subject: Subject) -> str:
    """Whose certificate it is, as a plain value: the organisation, or one of our services."""
    if profile.holder == "service":
        return profile.usage
    return f"organisation:{subject.organization_identifier or f'{subject.country} {subject.organization}'}"[:80]


def _names(profile: profiles.Profile, parsed: csr.Request) -> tuple[str, ...]:
    return parsed.dns_names if profile.holder == "web" else ()


def _parsed(request: bytes) -> csr.Request:
    try:
        return csr.parse(request)
    except csr.Refused as refused:
        raise RequestRefused(failure=refused.failure.value) from refused


def move_by_hand(
    *, serial: str, move: str, caller: Caller, reason: str = "", received_at: datetime | None = None,
    invalid_since: datetime | None = None,
) -> list[Certificate]:
    """An operator revokes, suspends or resumes what was issued by hand or to our own services ("revoke", "suspend", "resume").

    Certificates of people are the helpdesk's affair (registration tells the holder and closes his sessions), those of
    authorities need four eyes. Returns what moved.
    Refuses: Forbidden, NotFound, PersonsCertificate, and what the move refuses.
    """
    policy.permit_operator(caller)
    certificate = queries.by_serial(serial)
    if profiles.get(certificate.profile, certificate.profile_version).holder not in policy.BY_HAND:
        raise PersonsCertificate(serial=serial)
    generation = certificate.generation
    match move:
        case "revoke":
            return revoke(generation=generation, reason=reason, received_at=received_at, invalid_since=invalid_since,
                          caller=caller)
        case "suspend":
            return suspend(generation=generation, reason=reason, received_at=received_at, caller=caller)
        case "resume":
            return resume(generation=generation, received_at=received_at, caller=caller)
    raise NotAllowed(record="certificate", state=str(certificate.state), move=move)
