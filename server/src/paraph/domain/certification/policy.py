# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils.translation import gettext_noop

from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Certificate
from paraph.kernel import clock, rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, Refusal
from paraph.pki import csr, oids, profiles, x509
from paraph.pki.crl import Reason

# Why a certificate is suspended or revoked, in our words, and the CRLReason that the world reads (RFC 5280, 5.3.1).
CAUSES = {
    "unspecified": Reason.UNSPECIFIED,
    "holder_request": Reason.CESSATION_OF_OPERATION,
    "lost": Reason.CESSATION_OF_OPERATION,
    "stolen": Reason.KEY_COMPROMISE,
    "compromised": Reason.KEY_COMPROMISE,
    "defective": Reason.CESSATION_OF_OPERATION,
    "replaced": Reason.SUPERSEDED,
    "data_changed": Reason.AFFILIATION_CHANGED,
    "left_organisation": Reason.AFFILIATION_CHANGED,
    "deceased": Reason.CESSATION_OF_OPERATION,
    "contract_ended": Reason.PRIVILEGE_WITHDRAWN,
    "misissued": Reason.PRIVILEGE_WITHDRAWN,
    "authority_decision": Reason.PRIVILEGE_WITHDRAWN,
    "not_activated": Reason.CESSATION_OF_OPERATION,
    "suspension_expired": Reason.CESSATION_OF_OPERATION,
}

# CRLReason in the words of RFC 5280: what logs, commands and pages show.
WORDS = {
    Reason.UNSPECIFIED: "unspecified",
    Reason.KEY_COMPROMISE: "keyCompromise",
    Reason.CA_COMPROMISE: "cACompromise",
    Reason.AFFILIATION_CHANGED: "affiliationChanged",
    Reason.SUPERSEDED: "superseded",
    Reason.CESSATION_OF_OPERATION: "cessationOfOperation",
    Reason.CERTIFICATE_HOLD: "certificateHold",
    Reason.REMOVE_FROM_CRL: "removeFromCRL",
    Reason.PRIVILEGE_WITHDRAWN: "privilegeWithdrawn",
    Reason.AA_COMPROMISE: "aACompromise",
}

# How a subject was identified, in our words, and the method of article 24(1a) of Regulation 910/2014 as it stands since 2024:
# (d) physical presence, (c) other methods whose equivalence was confirmed, (a) a means of level high, (b) a certificate.
IDENTIFICATIONS = {
    "desk": oids.IDENTIFIED_2024_ACD,
    "bank": oids.IDENTIFIED_2024_ACD,
    "video": oids.IDENTIFIED_2024_ACD,
    "apostille": oids.IDENTIFIED_2024_ACD,
    "eid": oids.IDENTIFIED_2024_ACD,
    "certificate": oids.IDENTIFIED_2024_B,
}

# What no approval can make good: then it would be no certificate, or nobody's.
NEVER_WAIVED = frozenset({
    "encoding", "signature", "signature_algorithm", "issuer_name", "issuer_may_issue", "key_is_its_own", "public_key",
    "serial_number",
})  # fmt: skip

ADVANCED, QUALIFIED = "advanced", "qualified"

REVOKE_AUTHORITY = "revoke_authority"
CREATE_AUTHORITY = "create_authority"
WAIVE_FINDINGS = "waive_findings"
DECLARE_DEVICE = "declare_device"
ISSUE_BY_HAND = "issue_by_hand"
PUT_IN_FORCE = "put_profile_in_force"
TAKE_OUT_OF_FORCE = "take_profile_out_of_force"

# Certificates of people follow from an approved order, those of authorities from the ceremony.
BY_HAND = ("legal", "web", "service")
# Without these nobody could say any more whether what was issued is still good.
ALWAYS_IN_FORCE = frozenset({"root", "issuing", "ocsp"})


class UnknownCause(Refusal):
    """The cause is not one of CAUSES."""

    code = "unknown_cause"
    sentence = gettext_noop("Le motif indiqué n’est pas connu. Rien n’a été modifié.")


class SuspensionExpired(Refusal):
    """The suspension's last day is over: the certificate can only be revoked (R157)."""

    code = "suspension_expired"
    sentence = gettext_noop("Le délai de réactivation est dépassé. Le certificat ne peut plus être réactivé.")


class CertificateExpired(Refusal):
    """The certificate's life is over."""

    code = "certificate_expired"
    sentence = gettext_noop("Ce certificat est arrivé à son terme. Rien n’a été modifié.")


class NotSuspendable(Refusal):
    """The profile knows no suspension."""

    code = "not_suspendable"
    sentence = gettext_noop("Ce type de certificat ne peut pas être suspendu. Rien n’a été modifié.")


class WrongInstant(Refusal):
    """The instant from which the move shall count lies before the present state began, or in the future."""

    code = "wrong_instant"
    sentence = gettext_noop("La date d’effet indiquée n’est pas possible. Rien n’a été modifié.")


class NotRevocable(Refusal):
    """The certificate says that nobody will revoke it: it ends before anybody could."""

    code = "not_revocable"
    sentence = gettext_noop("Ce certificat de courte durée ne peut pas être révoqué : il prend fin de lui-même.")


class DeviceNotDeclared(Refusal):
    """The profile speaks of a device, and no declared one is named, or its declaration has ended."""

    code = "device_not_declared"
    sentence = gettext_noop("Aucun dispositif déclaré ne protège cette clé. Rien n’a été signé.")


class WrongSuccessor(Refusal):
    """The new generation is not the old one's subject and uses, or is the old one."""

    code = "wrong_successor"
    sentence = gettext_noop("Ces certificats ne peuvent pas remplacer les précédents. Rien n’a été modifié.")


class NotByHand(Refusal):
    """The profile is for people or authorities."""

    code = "not_by_hand"
    sentence = gettext_noop(
        "Ce type de certificat ne se délivre pas à la main : il suit une commande approuvée ou la cérémonie des clés."
    )


def word_of(reason: Reason) -> str:
    """The reason as RFC 5280 writes it, such as keyCompromise."""
    return WORDS[reason]


def reason_for(cause: str) -> Reason:
    """Refuses: UnknownCause."""
    try:
        return CAUSES[cause]
    except KeyError:
        raise UnknownCause(cause=cause) from None


def permit_infrastructure(profile: profiles.Profile, caller: Caller) -> None:
    """Certificates of authorities and services are an operator's affair; those of people are decided above this app.

    Refuses: Forbidden.
    """
    if profile.holder in ("authority", "service") and not (
        caller.channel.startswith(("cli:", "job:")) or caller.has_role("operator_admin")
    ):
        raise Forbidden()


def permit_operator(caller: Caller) -> None:
    """Refuses: Forbidden. How the authorities publish is an operator's affair."""
    if not (caller.channel.startswith(("cli:", "job:")) or caller.has_role("operator_admin")):
        raise Forbidden()


def permit_activate(certificate: Certificate, at: datetime) -> None:
    """Refuses CertificateExpired."""
    if at >= certificate.not_after:
        raise CertificateExpired()


def permit_suspend(certificate: Certificate, at: datetime) -> None:
    """Refuses NotSuspendable (its profile knows none) and CertificateExpired."""
    if not profiles.get(certificate.profile, certificate.profile_version).can_be_suspended:
        raise NotSuspendable()
    if at >= certificate.not_after:
        raise CertificateExpired()


def permit_resume(certificate: Certificate, at: datetime) -> None:
    """Refuses SuspensionExpired at the very deadline, and CertificateExpired."""
    if certificate.suspended_until is not None and at >= certificate.suspended_until:
        raise SuspensionExpired()
    if at >= certificate.not_after:
        raise CertificateExpired()


def permit_revoke(certificate: Certificate, effective_at: datetime, at: datetime) -> None:
    """Refuses NotRevocable (its validity is assured) and WrongInstant: neither in the future nor before its last change."""
    if profiles.get(certificate.profile, certificate.profile_version).validity_assured:
        raise NotRevocable()
    if effective_at > at or effective_at < certificate.state_since:
        raise WrongInstant()


def permit_invalid_since(invalid_since: datetime | None, at: datetime) -> None:
    """What is told about the past may lie before everything that we know, never in the future.

    Refuses: WrongInstant.
    """
    if invalid_since is not None and invalid_since > at:
        raise WrongInstant()


def permit_received(received_at: datetime | None, at: datetime) -> None:
    """Refuses: WrongInstant. Nobody decides on what was not asked for yet."""
    if received_at is not None and received_at > at:
        raise WrongInstant()


def permit_hold_at_birth(profile: profiles.Profile) -> None:
    """Refuses: NotSuspendable. A profile that knows no suspension can't begin with one."""
    if not profile.can_be_suspended:
        raise NotSuspendable()


def may_worsen(certificate: Certificate) -> bool:
    """Whether the reason may still become keyCompromise: only of what is revoked, and only once (docs/decisions/0012)."""
    return certificate.state == State.REVOKED and certificate.revocation_reason != Reason.KEY_COMPROMISE


def directory_of(person: str) -> str:
    """Where somebody is known from: an account of the machine ("os:…"), or a person of this service."""
    return "machine" if person.startswith("os:") else "service"


def content_hash(action: str, content: dict) -> str:
    """SHA-256 of the deed, written in one way only; what an approval is bound to."""
    text = json.dumps({"action": action, "content": content}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def waiver(profile: str, version: int, findings: Iterable[str]) -> dict:
    """What an approval to issue against findings is about: this profile in this version, and exactly these findings."""
    return {"profile": profile, "version": version, "findings": sorted(set(findings))}


def device_declaration(name: str, reference: str, ends_at: datetime) -> dict:
    """What an approval to declare a device is about."""
    return {"name": name, "reference": reference, "ends_at": ends_at.isoformat()}


def authority_creation(name: str, kind: str, common_name: str, algorithm: str) -> dict:
    """What an approval to make one more issuing authority is about."""
    return {"name": name, "kind": kind, "common_name": common_name, "algorithm": algorithm}


def authority_revocation(certificate: Certificate, cause: str) -> dict:
    """What an approval to revoke an authority's own certificate is about."""
    return {"serial": certificate.serial, "generation": certificate.generation, "cause": cause}


def issuance_by_hand(
    *, profile: profiles.Profile, authority: str, subject: x509.Subject, dns_names: Iterable[str], request: csr.Request,
    identification: str, evidence: str, device: str,
) -> dict:
    """What an approval to issue one certificate by hand is about: all that will stand in it, and on what it stands."""
    return {
        "profile": profile.name, "version": profile.version, "authority": authority,
        "subject": {name: value for name, value in asdict(subject).items() if value},
        "dns_names": list(dns_names), "key": hashlib.sha256(request.public_key_der).hexdigest(),
        "request": base64.b64encode(request.encoding).decode(),
        "identification": identification, "evidence": evidence, "device": device,
    }


def profile_standing(profile: str, version: int | None) -> tuple[str, dict]:
    """The deed and what it is about: this version comes into force, or (None) the profile goes out of it."""
    if version is None:
        return TAKE_OUT_OF_FORCE, {"profile": profile}
    return PUT_IN_FORCE, {"profile": profile, "version": version}


def permit_by_hand(profile: profiles.Profile) -> None:
    """Refuses: NotByHand."""
    if profile.holder not in BY_HAND:
        raise NotByHand(profile=profile.name)


def permit_succession(old: list[Certificate], new: list[Certificate]) -> None:
    """The new generation serves the same subject and the same uses, waits for activation, and the old was not revoked.

    Refuses: WrongSuccessor, NotAllowed.
    """
    uses = [{(row.subject_id, row.usage) for row in rows} for rows in (old, new)]
    if uses[0] != uses[1] or old[0].generation == new[0].generation:
        raise WrongSuccessor()
    for row in new:
        if row.state != State.ISSUED:
            raise NotAllowed(record="certificate", state=str(row.state), move="succeed")
    for row in old:
        if row.state == State.REVOKED:
            raise NotAllowed(record="certificate", state=str(row.state), move="replace")


def kind_of_succession(old: list[Certificate], new: list[Certificate]) -> str:
    """renewal: same key, profile and name; rekey: another key; modification: another profile or name."""

    def said(rows: list[Certificate]) -> dict:
        return {row.usage: (row.profile, x509.subject_and_key(bytes(row.der))[0]) for row in rows}

    if said(old) != said(new):
        return "modification"
    same = {row.public_key_digest for row in old} == {row.public_key_digest for row in new}
    return "renewal" if same else "rekey"


def level_of(certificate: Certificate, at: datetime) -> str:
    """What a signature stamped at `at` with this certificate counts as: qualified only with a qualified certificate on a
    declared device, and not before the operator's own boundary (R266, Reg. 910/2014 art. 3(12)).
    """
    qualified = certificate.level == "qcp-n-qscd" and at >= rules.current().qualified_since
    return QUALIFIED if qualified else ADVANCED


def suspension_deadline(at: datetime) -> datetime:
    """The first instant at which a suspension that began at `at` can't be lifted any more (R157, R158)."""
    return clock.end_of_day_after(at, rules.current().suspension_days)


@dataclass(frozen=True)
class Published:
    """What the world is told of a serial number: good, or revoked (a hold too, with its reason) since an instant, and since
    when it should not have been relied on, where somebody told (invalidityDate)."""

    revoked: bool
    reason: Reason | None = None
    since: datetime | None = None
    invalid_since: datetime | None = None


GOOD = Published(revoked=False)


def published(certificate: Certificate) -> Published | None:
    """What OCSP and CRL say of it; None for a serial that is reserved and of which nothing may be said yet.

    An abandoned serial is revoked: its signature may exist somewhere, and nobody shall rely on it.
    """
    if certificate.state == State.RESERVED:
        return None
    if certificate.revocation_date is None:
        return GOOD
    return Published(
        True, Reason(certificate.revocation_reason), certificate.revocation_date, certificate.invalid_since)
