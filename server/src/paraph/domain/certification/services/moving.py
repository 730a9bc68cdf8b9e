# SPDX-License-Identifier: Apache-2.0
"""The life of a generation: its certificates move together, or not at all."""

from datetime import datetime

from django.db import transaction

from paraph.domain.certification import policy, publication
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import CERTIFICATE, FINAL, State
from paraph.domain.certification.models import Certificate, Succession
from paraph.domain.certification.services.approving import use_approval
from paraph.domain.certification.services.status import (
    UNLISTED,
    abandon,
    begin_interval,
    listed,
    record,
    status_changed,
)
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound
from paraph.pki import crl, profiles


def activate(*, generation: str, caller: Caller) -> list[Certificate]:
    """The generation's certificates can be used; those born on hold leave the list and are answered for as good.

    Refuses: NotFound, NotAllowed, CertificateExpired, Forbidden.
    """
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        for certificate in certificates:
            policy.permit_infrastructure(profiles.get(certificate.profile, certificate.profile_version), caller)
            policy.permit_activate(certificate, caller.at)
            on_hold = certificate.revocation_date is not None
            CERTIFICATE.advance(certificate, "activate", at=caller.at, **(UNLISTED if on_hold else {}))
            begin_interval(certificate, since=caller.at, caller=caller)
            if on_hold:
                status_changed(certificate, caller)
            record(Event.CERTIFICATE_ACTIVATED, certificate, caller)
    return certificates


def suspend(
    *, generation: str, reason: str, caller: Caller, received_at: datetime | None = None
) -> list[Certificate]:
    """The certificates are on hold: the world is told, and they can be resumed until their deadline (R156, R157).

    `reason` is a cause of policy.CAUSES; `received_at` is when it was asked for, if not now.
    Refuses: NotFound, NotAllowed, UnknownCause, WrongInstant, NotSuspendable, CertificateExpired.
    """
    policy.reason_for(reason)
    policy.permit_received(received_at, caller.at)
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        deadline = policy.suspension_deadline(caller.at)
        for certificate in certificates:
            policy.permit_suspend(certificate, caller.at)
            hold = crl.Reason.CERTIFICATE_HOLD
            CERTIFICATE.advance(
                certificate, "suspend", at=caller.at, suspended_until=deadline, **listed(certificate, caller.at, hold)
            )
            begin_interval(certificate, since=caller.at, caller=caller, cause=reason, reason=hold)
            status_changed(certificate, caller, received_at)
            record(Event.CERTIFICATE_SUSPENDED, certificate, caller, cause=reason, deadline=deadline.isoformat())
    return certificates


def resume(*, generation: str, caller: Caller, received_at: datetime | None = None) -> list[Certificate]:
    """The hold is lifted: the entry is gone from the next list, and OCSP answers good.

    `received_at` is when it was asked for, if not now.
    Refuses: NotFound, NotAllowed, WrongInstant, SuspensionExpired, CertificateExpired.
    """
    policy.permit_received(received_at, caller.at)
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        for certificate in certificates:
            policy.permit_resume(certificate, caller.at)
            CERTIFICATE.advance(certificate, "resume", at=caller.at, suspended_until=None, **UNLISTED)
            begin_interval(certificate, since=caller.at, caller=caller)
            status_changed(certificate, caller, received_at)
            record(Event.CERTIFICATE_RESUMED, certificate, caller)
    return certificates


def revoke(
    *,
    generation: str,
    reason: str,
    caller: Caller,
    effective_at: datetime | None = None,
    invalid_since: datetime | None = None,
    received_at: datetime | None = None,
) -> list[Certificate]:
    """The certificates have lost their validity for ever (R163). What was still being issued is abandoned.

    Returns both. `effective_at` is the instant from which it counts, now if not given; a job gives the deadline that
    passed. After a suspension the published date stays its beginning, so that a relying party sees no gap.
    `invalid_since` is when the key was lost control of, as whoever tells us says; `received_at` is when it was asked for,
    if not now. An authority's own certificate needs an
    approval for exactly this deed (policy.authority_revocation).
    Refuses: NotFound, NotAllowed (all were revoked before), UnknownCause, WrongInstant, Forbidden, NotApproved.
    """
    code = policy.reason_for(reason)
    policy.permit_invalid_since(invalid_since, caller.at)
    policy.permit_received(received_at, caller.at)
    with transaction.atomic():
        certificates = _generation(generation, unfinished=True)
        caller = _in_order(caller, certificates)
        since = effective_at or caller.at
        moved = []
        for certificate in certificates:
            policy.permit_infrastructure(profiles.get(certificate.profile, certificate.profile_version), caller)
            if certificate.state == State.RESERVED:
                abandon(certificate, caller)
            elif certificate.state not in FINAL:
                policy.permit_revoke(certificate, since, caller.at)
                if certificate.usage == "ca":
                    use_approval(
                        action=policy.REVOKE_AUTHORITY,
                        content=policy.authority_revocation(certificate, reason),
                        caller=caller,
                    )
                _revoke(
                    certificate, cause=reason, reason=code, since=since, invalid_since=invalid_since,
                    received_at=received_at, caller=caller
                )
            else:
                continue
            moved.append(certificate)
        if not moved:
            raise NotAllowed(record="certificate", state=State.REVOKED, move="revoke")
    return moved


def _revoke(
    certificate: Certificate,
    *,
    cause: str,
    reason: crl.Reason,
    since: datetime,
    invalid_since: datetime | None,
    received_at: datetime | None,
    caller: Caller,
) -> None:
    published = listed(certificate, certificate.revocation_date or since, reason, invalid_since)
    CERTIFICATE.advance(certificate, "revoke", at=since, suspended_until=None, **published)
    begin_interval(certificate, since=since, caller=caller, cause=cause, reason=reason)
    status_changed(certificate, caller, received_at)
    if certificate.usage == "ocsp":
        publication.forget_all(certificate.authority_id, caller.at)
    facts = {"invalid_since": invalid_since.isoformat()} if invalid_since else {}
    record(Event.CERTIFICATE_REVOKED, certificate, caller, cause=cause, reason=policy.word_of(reason), **facts)


def report_compromise(
    *, generation: str, caller: Caller, invalid_since: datetime | None = None
) -> list[Certificate]:
    """A revoked generation turns out to be compromised: the reason becomes keyCompromise, the date stays.

    No other reason of a revoked certificate is ever changed, and this one never again. Living certificates are revoked
    with `revoke`. Returns those whose reason changed.
    Refuses: NotFound, NotAllowed (none is revoked for another reason), WrongInstant, Forbidden.
    """
    policy.permit_invalid_since(invalid_since, caller.at)
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        worsened = []
        for certificate in certificates:
            policy.permit_infrastructure(profiles.get(certificate.profile, certificate.profile_version), caller)
            if policy.may_worsen(certificate):
                _worsen(certificate, invalid_since, caller)
                worsened.append(certificate)
        if not worsened:
            raise NotAllowed(record="certificate", state=certificates[0].state, move="report_compromise")
    return worsened


def _worsen(certificate: Certificate, invalid_since: datetime | None, caller: Caller) -> None:
    reason = crl.Reason.KEY_COMPROMISE
    before = policy.word_of(crl.Reason(certificate.revocation_reason))
    # The state stays, so no move: what changes is what the world reads of it. What was told before still counts.
    told = invalid_since or certificate.invalid_since
    Certificate.objects.filter(pk=certificate.pk).update(**listed(certificate, certificate.revocation_date, reason, told))
    certificate.refresh_from_db()
    begin_interval(certificate, since=caller.at, caller=caller, cause="compromised", reason=reason)
    status_changed(certificate, caller)
    facts = {"invalid_since": invalid_since.isoformat()} if invalid_since else {}
    record(Event.CERTIFICATE_COMPROMISED, certificate, caller, reason=policy.word_of(reason), before=before, **facts)


def succeed(*, generation: str, predecessor: str, caller: Caller) -> Succession:
    """`generation` comes into use and the one that it replaces ends, at one instant, for one subject.

    Renewal, re-key or modification follows from the certificates (EN 319 411-1 clauses 6.3.6 to 6.3.8). The old ones are
    revoked as superseded, or stay as they are where their life was over; their history is kept.
    Refuses: NotFound, NotAllowed (the new one is not waiting for its activation, or the old one was revoked),
    WrongSuccessor, CertificateExpired, Forbidden.
    """
    with transaction.atomic():
        old, new = _generation(predecessor), _generation(generation)
        policy.permit_succession(old, new)
        caller = _in_order(caller, [*old, *new])
        activate(generation=generation, caller=caller)
        if any(certificate.not_after > caller.at for certificate in old):
            revoke(generation=predecessor, reason="replaced", caller=caller)
        succession = Succession.objects.create(
            predecessor=str(predecessor),
            successor=str(generation),
            subject_id=new[0].subject_id,
            kind=policy.kind_of_succession(old, new),
            at=caller.at,
        )
        for certificate in new:
            record(
                Event.CERTIFICATE_SUCCEEDED, certificate, caller, predecessor=str(predecessor), kind=succession.kind
            )
    return succession


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
