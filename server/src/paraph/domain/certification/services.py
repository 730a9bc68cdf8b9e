# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification import gate, policy, publication, queries
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import CERTIFICATE, FINAL, State
from paraph.domain.certification.models import Authority, Certificate, CertifiedKey, StatusInterval
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound, Refusal
from paraph.pki import crl, keys, profiles, x509
from paraph.signer import client


class CertificateRefused(Refusal):
    """The gate found something wrong: the certificate would break a rule, and nothing was signed."""

    code = "certificate_refused"
    sentence = gettext_noop("Ce certificat ne respecte pas les règles de délivrance. Rien n’a été signé.")


class KeyRefused(Refusal):
    """The public key is unreadable, or of a kind or size that no profile allows."""

    code = "key_refused"
    sentence = gettext_noop("Cette clé n’est pas acceptée. Rien n’a été signé.")


class KeyAlreadyCertified(Refusal):
    """Another certificate has this public key; each key has one subject and one use."""

    code = "key_already_certified"
    sentence = gettext_noop("Cette clé appartient déjà à un autre certificat. Rien n’a été signé.")


class IssuanceAbandoned(Refusal):
    """This attempt was given up; a new one is needed."""

    code = "issuance_abandoned"
    sentence = gettext_noop("Cette délivrance a été abandonnée. Recommencez l’opération.")


class AttemptReused(Refusal):
    """The attempt's identifier was used for another certificate."""

    code = "certificate_attempt_reused"
    sentence = gettext_noop("Cette tentative a déjà servi à délivrer un autre certificat. Rien n’a été modifié.")


# --- issuing ----------------------------------------------------------------------------------------------------------


def issue(
    *,
    attempt: str,
    profile: str,
    subject_id: str,
    subject: x509.Subject,
    public_key_der: bytes,
    generation: str,
    identification: str,
    key_id: str,
    caller: Caller,
) -> Certificate:
    """The subject has a certificate for this key, in the state issued: lawful, and not yet to be used.

    Three steps (reserve, act, settle), the first and the last a transaction of their own, so it takes no part in one of
    the caller's. The same `attempt` gives the same certificate, also after a crash between the steps. `key_id` is the
    signer's name of the subject's key, `identification` how the subject was identified ("desk" …); both are kept.
    Refuses: CertificateRefused, KeyRefused, KeyAlreadyCertified, AttemptReused, IssuanceAbandoned, NoAuthority,
    Forbidden, SignatureMismatch, SignerRefusal, SignerUnavailable (the same attempt may be asked again).
    """
    policy.permit_infrastructure(profiles.get(profile), caller)
    try:
        keys.algorithm_of(public_key_der)
    except keys.UnsupportedKey as error:
        raise KeyRefused() from error
    digest = sha256(public_key_der).hexdigest()
    certificate = queries.by_attempt(attempt)
    if certificate is None:
        certificate = _reserve(
            attempt=attempt,
            profile=profile,
            subject_id=str(subject_id),
            subject=subject,
            public_key_der=public_key_der,
            generation=str(generation),
            identification=identification,
            key_id=key_id,
            digest=digest,
            caller=caller,
        )
    asked = (profile, str(subject_id), str(generation), digest)
    if (certificate.profile, certificate.subject_id, certificate.generation, certificate.public_key_digest) != asked:
        raise AttemptReused()
    return _act_and_settle(certificate, caller)


def settle(*, caller: Caller) -> int:
    """Issuances that were interrupted are finished, or abandoned where the signer refuses for good. Returns how many.

    Refuses: SignerUnavailable, SignatureMismatch.
    """
    waiting = queries.unsettled()
    for certificate in waiting:
        try:
            _act_and_settle(certificate, caller)
        except (client.SignerRefusal, IssuanceAbandoned):
            continue
    return len(waiting)


def _reserve(
    *,
    attempt: str,
    profile: str,
    subject_id: str,
    subject: x509.Subject,
    public_key_der: bytes,
    generation: str,
    identification: str,
    key_id: str,
    digest: str,
    caller: Caller,
) -> Certificate:
    authority = queries.authority_for(profile)
    prepared = gate.prepare(
        authority,
        profile=profile,
        serial=tokens.certificate_serial(),
        subject=subject,
        public_key_der=public_key_der,
        at=caller.at,
    )
    rules, instruction = prepared.profile, prepared.instruction
    if prepared.findings:
        _tell_refusal(attempt, profile, prepared.findings, caller)
        raise CertificateRefused(findings=[finding.code for finding in prepared.findings])
    try:
        with transaction.atomic(durable=True):
            owner, _created = CertifiedKey.objects.get_or_create(
                digest=digest, defaults={"subject_id": subject_id, "usage": rules.usage}
            )
            if (owner.subject_id, owner.usage) != (subject_id, rules.usage):
                raise KeyAlreadyCertified()
            certificate = Certificate.objects.create(
                attempt=attempt,
                authority=authority,
                serial=instruction.serial,
                profile=rules.name,
                profile_version=rules.version,
                usage=rules.usage,
                level=rules.level,
                subject_id=subject_id,
                generation=generation,
                identification=identification,
                key_id=key_id,
                public_key_digest=digest,
                tbs_der=prepared.tbs,
                not_before=instruction.not_before,
                not_after=instruction.not_after,
                state_since=caller.at,
            )
            _record(Event.CERTIFICATE_RESERVED, certificate, caller, subject_id=subject_id, generation=generation)
    except IntegrityError:
        # The same attempt in another process was first.
        certificate = queries.by_attempt(attempt)
        if certificate is None:
            raise
    return certificate


def _tell_refusal(attempt: str, profile: str, found: list, caller: Caller) -> None:
    with transaction.atomic(durable=True):
        audit.record(
            Event.CERTIFICATE_REFUSED,
            about=("issuance", attempt),
            caller=caller,
            facts={"profile": profile, "findings": sorted({finding.code for finding in found})},
        )


def _act_and_settle(certificate: Certificate, caller: Caller) -> Certificate:
    if certificate.state == State.ABANDONED:
        raise IssuanceAbandoned()
    if certificate.state != State.RESERVED:
        return certificate
    authority = certificate.authority
    try:
        # The certificate's own id is the signer's attempt: asked again after a crash it gives the same signature.
        signature = client.bound().sign(
            attempt=str(certificate.id),
            key_id=authority.key_id,
            purpose=authority.key_purpose,
            data=bytes(certificate.tbs_der),
        )
    except client.SignerRefusal:
        with transaction.atomic(durable=True):
            _abandon(_locked(certificate), caller)
        raise
    der = gate.complete(certificate, signature)
    with transaction.atomic(durable=True):
        certificate = _locked(certificate)
        if certificate.state == State.RESERVED:
            CERTIFICATE.advance(certificate, "issue", at=caller.at, der=der)
            # In force from its own beginning, which is a fraction of a second before the settling.
            _interval(certificate, since=certificate.not_before, caller=caller)
            publication.mark_changed([certificate])
            _record(Event.CERTIFICATE_ISSUED, certificate, caller)
    if certificate.state == State.ABANDONED:
        raise IssuanceAbandoned()
    return certificate


def _locked(certificate: Certificate) -> Certificate:
    return Certificate.objects.select_for_update(of=("self",)).select_related("authority").get(pk=certificate.pk)


def _abandon(certificate: Certificate, caller: Caller) -> None:
    """The serial will never be handed out; the world is told that it is revoked, since its signature may exist."""
    if certificate.state != State.RESERVED:
        return
    CERTIFICATE.advance(certificate, "abandon", at=caller.at, **_listed(certificate, caller.at, crl.Reason.UNSPECIFIED))
    _interval(certificate, since=caller.at, caller=caller, cause="abandoned")
    _status_changed(certificate)
    _record(Event.CERTIFICATE_ABANDONED, certificate, caller)


# --- the life of a generation -----------------------------------------------------------------------------------------


def activate(*, generation: str, caller: Caller) -> list[Certificate]:
    """The generation's certificates can be used. Refuses: NotFound, NotAllowed, CertificateExpired, Forbidden."""
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        for certificate in certificates:
            policy.permit_infrastructure(profiles.get(certificate.profile, certificate.profile_version), caller)
            policy.permit_activate(certificate, caller.at)
            CERTIFICATE.advance(certificate, "activate", at=caller.at)
            _interval(certificate, since=caller.at, caller=caller)
            _record(Event.CERTIFICATE_ACTIVATED, certificate, caller)
    return certificates


def suspend(*, generation: str, reason: str, caller: Caller) -> list[Certificate]:
    """The certificates are on hold: the world is told, and they can be resumed until their deadline (R156, R157).

    `reason` is a cause of policy.CAUSES.
    Refuses: NotFound, NotAllowed, UnknownCause, NotSuspendable, CertificateExpired.
    """
    policy.reason_for(reason)
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        deadline = policy.suspension_deadline(caller.at)
        for certificate in certificates:
            policy.permit_suspend(certificate, caller.at)
            hold = crl.Reason.CERTIFICATE_HOLD
            CERTIFICATE.advance(
                certificate, "suspend", at=caller.at, suspended_until=deadline, **_listed(certificate, caller.at, hold)
            )
            _interval(certificate, since=caller.at, caller=caller, cause=reason, reason=hold)
            _status_changed(certificate)
            _record(Event.CERTIFICATE_SUSPENDED, certificate, caller, cause=reason, deadline=deadline.isoformat())
    return certificates


def resume(*, generation: str, caller: Caller) -> list[Certificate]:
    """The hold is lifted: the entry is gone from the next list, and OCSP answers good.

    Refuses: NotFound, NotAllowed, SuspensionExpired, CertificateExpired.
    """
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        for certificate in certificates:
            policy.permit_resume(certificate, caller.at)
            CERTIFICATE.advance(
                certificate,
                "resume",
                at=caller.at,
                suspended_until=None,
                revocation_date=None,
                revocation_reason=None,
                crl_entry=b"",
            )
            _interval(certificate, since=caller.at, caller=caller)
            _status_changed(certificate)
            _record(Event.CERTIFICATE_RESUMED, certificate, caller)
    return certificates


def revoke(
    *, generation: str, reason: str, caller: Caller, effective_at: datetime | None = None
) -> list[Certificate]:
    """The certificates have lost their validity for ever (R163). What was still being issued is abandoned.

    Returns both. `effective_at` is the instant from which it counts, now if not given; a job gives the deadline that
    passed. After a suspension the published date stays its beginning, so that a relying party sees no gap.
    Refuses: NotFound, NotAllowed (all were revoked before), UnknownCause, WrongInstant, Forbidden.
    """
    code = policy.reason_for(reason)
    with transaction.atomic():
        certificates = _generation(generation, unfinished=True)
        caller = _in_order(caller, certificates)
        since = effective_at or caller.at
        moved = []
        for certificate in certificates:
            policy.permit_infrastructure(profiles.get(certificate.profile, certificate.profile_version), caller)
            if certificate.state == State.RESERVED:
                _abandon(certificate, caller)
            elif certificate.state not in FINAL:
                policy.permit_revoke(certificate, since, caller.at)
                _revoke(certificate, cause=reason, reason=code, since=since, caller=caller)
            else:
                continue
            moved.append(certificate)
        if not moved:
            raise NotAllowed(record="certificate", state=State.REVOKED, move="revoke")
    return moved


def _revoke(certificate: Certificate, *, cause: str, reason: crl.Reason, since: datetime, caller: Caller) -> None:
    listed = _listed(certificate, certificate.revocation_date or since, reason)
    CERTIFICATE.advance(certificate, "revoke", at=since, suspended_until=None, **listed)
    _interval(certificate, since=since, caller=caller, cause=cause, reason=reason)
    _status_changed(certificate)
    _record(Event.CERTIFICATE_REVOKED, certificate, caller, cause=cause, reason=reason.name.lower())


def recheck_issued(*, caller: Caller) -> list[Certificate]:
    """Each living certificate that today's rules refuse stands in the audit log. Returns them, for who is on duty."""
    failing = []
    for certificate, found in queries.lint_issued(caller.at):
        if found:
            failing.append(certificate)
            with transaction.atomic():
                codes = sorted({finding.code for finding in found})
                _record(Event.CERTIFICATE_FAILS_TODAYS_RULES, certificate, caller, findings=codes)
    return failing


def _generation(generation: str, *, unfinished: bool = False) -> list[Certificate]:
    """The generation's certificates, locked, always in the same order."""
    rows = Certificate.objects.select_for_update(of=("self",)).select_related("authority")
    rows = rows.filter(generation=str(generation)).exclude(state=State.ABANDONED).order_by("id")
    found = [row for row in rows if unfinished or row.state != State.RESERVED]
    if not found:
        raise NotFound()
    return found


def _in_order(caller: Caller, certificates: list[Certificate]) -> Caller:
    """The caller, not before what was already written: two machines' clocks may differ by a few milliseconds."""
    return caller.at_instant(max(caller.at, *(certificate.state_since for certificate in certificates)))


def _listed(certificate: Certificate, since: datetime, reason: crl.Reason) -> dict:
    """The columns that put a certificate on the revocation list."""
    date = since.replace(microsecond=0)
    return {
        "revocation_date": date,
        "revocation_reason": int(reason),
        "crl_entry": crl.revoked_entry(certificate.serial, date, reason),
    }


def _status_changed(certificate: Certificate) -> None:
    """What is published of this certificate, and the list of its authority, is out of date from now on."""
    Certificate.objects.filter(pk=certificate.pk).update(status_version=F("status_version") + 1)
    Authority.objects.filter(pk=certificate.authority_id).update(status_version=F("status_version") + 1)
    certificate.refresh_from_db(fields=["status_version"])
    publication.mark_changed([certificate])


def _interval(
    certificate: Certificate, *, since: datetime, caller: Caller, cause: str = "", reason: crl.Reason | None = None
) -> None:
    StatusInterval.objects.create(
        certificate=certificate,
        number=certificate.intervals.count(),
        state=certificate.state,
        since=since,
        recorded_at=caller.at,
        cause=cause,
        reason=reason,
    )


def _record(event: Event, certificate: Certificate, caller: Caller, **facts: object) -> None:
    audit.record(
        event,
        about=("certificate", certificate.id),
        caller=caller,
        facts={"serial": certificate.serial, "profile": certificate.profile, **facts},
    )
