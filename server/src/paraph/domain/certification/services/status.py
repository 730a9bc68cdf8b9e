# SPDX-License-Identifier: Apache-2.0
"""What every change of a certificate writes beside its state: the interval, what is published, the audit row."""

from datetime import datetime

from django.db.models import F

from paraph.domain.audit import services as audit
from paraph.domain.certification import publication
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import CERTIFICATE, State
from paraph.domain.certification.models import Authority, Certificate, StatusChange, StatusInterval
from paraph.kernel.caller import Caller
from paraph.pki import crl

# The columns of a certificate that is not on the list (any more).
UNLISTED = {"revocation_date": None, "revocation_reason": None, "invalid_since": None, "crl_entry": b""}


def abandon(certificate: Certificate, caller: Caller) -> None:
    """The serial will never be handed out; the world is told that it is revoked, since its signature may exist."""
    if certificate.state != State.RESERVED:
        return
    CERTIFICATE.advance(certificate, "abandon", at=caller.at, **listed(certificate, caller.at, crl.Reason.UNSPECIFIED))
    begin_interval(certificate, since=caller.at, caller=caller, cause="abandoned")
    status_changed(certificate, caller)
    record(Event.CERTIFICATE_ABANDONED, certificate, caller)


def listed(
    certificate: Certificate, since: datetime, reason: crl.Reason, invalid_since: datetime | None = None
) -> dict:
    """The columns that put a certificate on the revocation list."""
    date = since.replace(microsecond=0)
    invalid_since = invalid_since and invalid_since.replace(microsecond=0)
    return {
        "revocation_date": date,
        "revocation_reason": int(reason),
        "invalid_since": invalid_since,
        "crl_entry": crl.revoked_entry(certificate.serial, date, reason, invalid_since),
    }


def status_changed(certificate: Certificate, caller: Caller, received_at: datetime | None = None) -> None:
    """What is published of this certificate, and the list of its authority, is out of date from now on.

    `received_at` is when somebody asked for it, now if not given: from then on the time counts in which it must be seen.
    """
    Certificate.objects.filter(pk=certificate.pk).update(status_version=F("status_version") + 1)
    Authority.objects.filter(pk=certificate.authority_id).update(status_version=F("status_version") + 1)
    certificate.refresh_from_db(fields=["status_version"])
    StatusChange.objects.create(
        authority_id=certificate.authority_id,
        # This transaction holds the authority's row, so the number is its own.
        number=Authority.objects.values_list("status_version", flat=True).get(pk=certificate.authority_id),
        shard=certificate.crl_shard,
        certificate=certificate,
        serial=certificate.serial,
        received_at=received_at or caller.at,
        decided_at=caller.at,
    )
    publication.mark_changed([certificate])


def begin_interval(
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


def record(event: Event, certificate: Certificate, caller: Caller, **facts: object) -> None:
    audit.record(
        event,
        about=("certificate", certificate.id),
        caller=caller,
        facts={"serial": certificate.serial, "profile": certificate.profile, **facts},
    )
