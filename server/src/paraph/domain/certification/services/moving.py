# SPDX-License-Identifier: Apache-2.0
"""The life of a generation: its certificates move together, or not at all."""

from datetime import datetime

from django.db import transaction

from paraph.domain.certification import policy
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import CERTIFICATE, FINAL, State
from paraph.domain.certification.models import Certificate
from paraph.domain.certification.services.status import abandon, begin_interval, listed, record, status_changed
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound
from paraph.pki import crl, profiles


def activate(*, generation: str, caller: Caller) -> list[Certificate]:
    """The generation's certificates can be used. Refuses: NotFound, NotAllowed, CertificateExpired, Forbidden."""
    with transaction.atomic():
        certificates = _generation(generation)
        caller = _in_order(caller, certificates)
        for certificate in certificates:
            policy.permit_infrastructure(profiles.get(certificate.profile, certificate.profile_version), caller)
            policy.permit_activate(certificate, caller.at)
            CERTIFICATE.advance(certificate, "activate", at=caller.at)
            begin_interval(certificate, since=caller.at, caller=caller)
            record(Event.CERTIFICATE_ACTIVATED, certificate, caller)
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
                certificate, "suspend", at=caller.at, suspended_until=deadline, **listed(certificate, caller.at, hold)
            )
            begin_interval(certificate, since=caller.at, caller=caller, cause=reason, reason=hold)
            status_changed(certificate)
            record(Event.CERTIFICATE_SUSPENDED, certificate, caller, cause=reason, deadline=deadline.isoformat())
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
            begin_interval(certificate, since=caller.at, caller=caller)
            status_changed(certificate)
            record(Event.CERTIFICATE_RESUMED, certificate, caller)
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
                abandon(certificate, caller)
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
    published = listed(certificate, certificate.revocation_date or since, reason)
    CERTIFICATE.advance(certificate, "revoke", at=since, suspended_until=None, **published)
    begin_interval(certificate, since=since, caller=caller, cause=cause, reason=reason)
    status_changed(certificate)
    record(Event.CERTIFICATE_REVOKED, certificate, caller, cause=cause, reason=reason.name.lower())


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
