# SPDX-License-Identifier: Apache-2.0
"""Alarms: what a person on duty must look at. One open row per code and thing; a job tells about them."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from paraph.domain.audit import services as audit
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Alarm
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound


def raise_alarm(*, code: str, about: str, caller: Caller, facts: dict | None = None) -> Alarm:
    """An alarm stands open about this thing; raised again it is the same one, counted."""
    with transaction.atomic():
        alarm, new = Alarm.objects.select_for_update().get_or_create(
            code=code, about=about, closed_at=None,
            defaults={"facts": facts or {}, "raised_at": caller.at, "last_raised_at": caller.at},
        )
        if new:
            audit.record(Event.ALARM_RAISED, about=("alarm", alarm.id), caller=caller,
                         facts={"code": code, "about": about, **(facts or {})})
        else:
            Alarm.objects.filter(pk=alarm.pk).update(
                times=F("times") + 1, last_raised_at=caller.at, facts=facts or {})
            alarm.refresh_from_db()
    return alarm


def take_alarm(*, alarm_id: object, caller: Caller) -> Alarm:
    """Somebody takes care of it, and the others see who; taken over, the last one does. It stays open.

    Refuses: Forbidden, NotFound, NotAllowed (it is closed).
    """
    if not caller.person or not (caller.channel.startswith("cli:") or caller.has_role("operator_admin")):
        raise Forbidden()
    with transaction.atomic():
        alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
        if alarm is None:
            raise NotFound()
        if alarm.closed_at is not None:
            raise NotAllowed(record="alarm", state="closed", move="take")
        Alarm.objects.filter(pk=alarm.pk).update(taken_at=caller.at, taken_by=caller.person)
        alarm.refresh_from_db()
        audit.record(Event.ALARM_TAKEN, about=("alarm", alarm.id), caller=caller,
                     facts={"code": alarm.code, "about": alarm.about})
    return alarm


def tell_alarms(*, caller: Caller) -> list[Alarm]:
    """The open alarms of which the operators must hear now: new ones, and once a day each that is still open.

    They count as told from this call on; who calls tells them in the same transaction.
    """
    with transaction.atomic():
        before = caller.at - timedelta(hours=rules.current().alarm_repeat_hours)
        due = Alarm.objects.select_for_update().filter(closed_at=None).filter(
            Q(told_at=None) | Q(told_at__lte=before)).order_by("raised_at", "about", "id")
        told = list(due)
        Alarm.objects.filter(pk__in=[alarm.pk for alarm in told]).update(told_at=caller.at)
    return told


def close_alarm(*, alarm_id: object, caller: Caller) -> Alarm:
    """Somebody has dealt with it. Closing a closed one changes nothing. Refuses: Forbidden, NotFound."""
    if not (caller.channel.startswith(("cli:", "job:")) or caller.has_role("operator_admin")):
        raise Forbidden()
    with transaction.atomic():
        alarm = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
        if alarm is None:
            raise NotFound()
        if alarm.closed_at is None:
            Alarm.objects.filter(pk=alarm.pk).update(closed_at=caller.at, closed_by=caller.person or caller.channel)
            alarm.refresh_from_db()
            audit.record(Event.ALARM_CLOSED, about=("alarm", alarm.id), caller=caller,
                         facts={"code": alarm.code, "about": alarm.about})
    return alarm
