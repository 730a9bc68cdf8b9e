# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from paraph.domain.support.lifecycle import State
from paraph.domain.support.models import CallerCheck, Case
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound


def case(case_id: object) -> Case:
    """Raises NotFound."""
    try:
        return Case.objects.select_related("identity__person").get(pk=case_id)
    except (Case.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def by_reference(reference: str) -> Case | None:
    return Case.objects.filter(reference=reference.strip().upper()).first()


def open_cases() -> QuerySet[Case]:
    """What waits for customer service, oldest first; a desk's visits are the desk's."""
    return Case.objects.filter(state=State.OPEN).exclude(channel="desk").select_related("identity__person") \
        .order_by("opened_at", "id")


def partners_to_tell(limit: int = 50) -> list[Case]:
    """Reports whose holder agreed that his partners are told, and they are not yet. Oldest first."""
    return list(Case.objects.filter(tell_partners=True, partners_told_at=None).exclude(identity=None)
                .select_related("identity").order_by("opened_at")[:limit])


def open_visits(organisations: frozenset[str]) -> QuerySet[Case]:
    """Those of these desks, newest first."""
    return Case.objects.filter(state=State.OPEN, channel="desk", organisation__in=organisations) \
        .select_related("identity__person").order_by("-opened_at", "-id")


def checks(case_id: object) -> list[CallerCheck]:
    """Newest first."""
    return list(CallerCheck.objects.filter(case_id=case_id).order_by("-at", "-id"))


def is_identified(case: Case, caller: Caller) -> bool:
    """Whether this agent identified the caller or visitor in this open case, not long ago: a call, not a licence."""
    since = caller.at - timedelta(minutes=rules.current().caller_check_minutes)
    return case.state == State.OPEN and CallerCheck.objects.filter(
        case=case, agent=caller.person, passed=True, at__gt=since).exists()
