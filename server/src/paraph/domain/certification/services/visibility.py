# SPDX-License-Identifier: Apache-2.0
"""From a request to what the world sees of it: when each change was seen, and an alarm where that takes too long.

What was seen is told by a probe outside, which fetches our own addresses as a stranger does (EN 319 411-1
REV-6.2.4-03A and -03C: at most 24 hours from the request, for lists and for OCSP alike).
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from paraph.domain.audit import services as audit
from paraph.domain.certification import policy
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Authority, Certificate, StatusChange, UnknownSerials
from paraph.domain.certification.publication import agreement
from paraph.domain.certification.services.alarming import raise_alarm
from paraph.kernel import rules
from paraph.kernel.caller import Caller

ON_LIST, IN_ANSWER = "list_seen_at", "answer_seen_at"
LATE, TOO_LATE, DISAGREE, UNKNOWN = "status_late", "status_too_late", "status_disagrees", "unknown_serials"
_AT_ONCE = 500


@dataclass(frozen=True)
class Awaited:
    """A certificate of which a change was not seen yet, and what a stranger should read now.

    `number` is its newest change: whoever sees that has seen the earlier ones. `places` are where it was not seen.
    """

    certificate: Certificate
    number: int
    expected: policy.Published
    places: frozenset[str]


def awaited() -> Iterator[Awaited]:
    """What the probe looks for: the certificates with the oldest requests first, at most 500 at a time."""
    identifiers = dict.fromkeys(
        _unseen().order_by("received_at", "number").values_list("certificate_id", flat=True)[:4 * _AT_ONCE])
    for identifier in list(identifiers)[:_AT_ONCE]:
        # The changes before the certificate: what is read then is never older than the number says.
        changes = list(StatusChange.objects.filter(certificate_id=identifier).order_by("number").values(
            "number", ON_LIST, IN_ANSWER))
        certificate = Certificate.objects.select_related("authority").get(pk=identifier)
        places = {place for place in (ON_LIST, IN_ANSWER) if any(change[place] is None for change in changes)}
        yield Awaited(certificate, changes[-1]["number"], policy.published(certificate), frozenset(places))


def seen(*, certificate_id: object, number: int, places: Collection[str], caller: Caller) -> int:
    """A stranger reads change `number`, and with it all earlier ones, at these places. Returns how many that tells of."""
    told = 0
    with transaction.atomic():
        for place in places:
            rows = StatusChange.objects.filter(certificate_id=certificate_id, number__lte=number, **{place: None})
            told += rows.update(**{place: caller.at})
    return told


def tell_late(*, caller: Caller) -> int:
    """An alarm stands open for each change that was not seen within the target, another beyond the limit of 24 hours.

    Returns how many changes are late.
    """
    current = rules.current()
    target = caller.at - timedelta(minutes=current.status_target_minutes)
    limit = caller.at - timedelta(hours=current.status_limit_hours)
    rows = list(_unseen().filter(received_at__lt=target).order_by("received_at").values(
        "serial", "number", "received_at", ON_LIST, IN_ANSWER))
    for row in rows:
        facts = {"change": row["number"], "received_at": row["received_at"].isoformat(),
                 "unseen": [place for place in (ON_LIST, IN_ANSWER) if row[place] is None]}
        raise_alarm(code=LATE, about=row["serial"], caller=caller, facts=facts)
        if row["received_at"] < limit:
            raise_alarm(code=TOO_LATE, about=row["serial"], caller=caller, facts=facts)
    return len(rows)


def _unseen() -> QuerySet[StatusChange]:
    """Without those whose certificate was never handed out: no stranger has it, so none can ask."""
    return StatusChange.objects.filter(Q(list_seen_at=None) | Q(answer_seen_at=None)).exclude(certificate__der=b"")


def compare_all(*, caller: Caller) -> int:
    """List and OCSP answers say the same of every serial; where not, for longer than the target, an alarm names it.

    Returns on how many serials they don't agree.
    """
    target = caller.at - timedelta(minutes=rules.current().status_target_minutes)
    found = 0
    for entry in agreement.disagreements():
        if entry.since is None or entry.since < target:
            raise_alarm(code=DISAGREE, about=entry.serial or entry.authority, caller=caller,
                        facts={"authority": entry.authority})
            found += 1
    return found


def count_unknown(*, authority_id: object, asked: int, caller: Caller) -> None:
    """OCSP was asked `asked` times more about serials of this authority that were never issued (OVR-6.6.3-03).

    An hour with more than the limit is an alarm and stands in the audit log.
    """
    hour = caller.at.replace(minute=0, second=0, microsecond=0)
    with transaction.atomic():
        row, new = UnknownSerials.objects.select_for_update().get_or_create(
            authority_id=authority_id, hour=hour, defaults={"asked": asked})
        if not new:
            UnknownSerials.objects.filter(pk=row.pk).update(asked=F("asked") + asked)
            row.refresh_from_db()
        limit = rules.current().unknown_serials_per_hour
        if row.asked > limit >= row.asked - asked:
            name = Authority.objects.values_list("name", flat=True).get(pk=authority_id)
            audit.record(Event.UNKNOWN_SERIALS, about=("authority", authority_id), caller=caller,
                         facts={"hour": hour.isoformat(), "asked": row.asked, "limit": limit})
            raise_alarm(code=UNKNOWN, about=name, caller=caller, facts={"hour": hour.isoformat(), "limit": limit})


def instants(certificate: Certificate) -> list[dict[str, datetime | int | None]]:
    """Of each change of a certificate: asked for, decided, seen on the list, seen in an answer."""
    return list(certificate.changes.order_by("number").values(
        "number", "received_at", "decided_at", ON_LIST, IN_ANSWER))
