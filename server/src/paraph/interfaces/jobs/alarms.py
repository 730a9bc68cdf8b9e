# SPDX-License-Identifier: Apache-2.0
"""Operators hear of alarms by mail: of a new one at once, of one that stays open again every day."""

from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext

from paraph.domain.accounts import queries as accounts
from paraph.domain.certification import services as certification
from paraph.domain.certification.models import Alarm
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff import queries as staff
from paraph.interfaces.operations.wording import ALARMS
from paraph.kernel.caller import Caller

OPERATOR = "operator_admin"
# So many things of one kind are named in a mail; the console has them all.
NAMED = 5


def tell_alarms(caller: Caller) -> int:
    """One mail for each kind of alarm that is due, to each operator. Returns of how many alarms they tell."""
    with transaction.atomic():
        due = certification.tell_alarms(caller=caller)
        kinds: dict[str, list[Alarm]] = {}
        for alarm in due:
            kinds.setdefault(alarm.code, []).append(alarm)
        recipients = list(_recipients()) if due else []
        for code, alarms in kinds.items():
            for name, to in recipients:
                _tell(code, alarms, name, to, caller)
    return len(due)


def _tell(code: str, alarms: list[Alarm], name: str, to: Recipient, caller: Caller) -> None:
    with translation.override(to.language):
        text = str(ALARMS.get(code, code))
        more = len(alarms) - NAMED
        about = ", ".join(alarm.about for alarm in alarms[:NAMED])
        if more > 0:
            about = gettext("%(about)s et %(more)s autres") % {"about": about, "more": more}
    notifications.enqueue(
        template="alarm", to=to, caller=caller,
        data={"name": name, "alarm": text, "about": about, "count": str(len(alarms)), "at": alarms[0].raised_at})


def _recipients() -> Iterator[tuple[str, Recipient]]:
    """The operators on duty who can be reached; else all who can; else the operator's own address, so that somebody hears
    of it."""
    operators = organisations.holders_of(OPERATOR)
    found = list(_reached(staff.on_duty(operators))) or list(_reached(operators))
    yield from found or [(settings.OPERATOR.legal_name, Recipient(email=settings.OPERATOR.email))]


def _reached(operators: list[UUID]) -> Iterator[tuple[str, Recipient]]:
    for person_id in operators:
        for identity in accounts.identities_of(person_id):
            contact = accounts.contact(identity.id)
            if contact.email and identity.kind == "staff" and identity.state == "open":
                yield contact.name, Recipient(person_id=contact.person_id, language=contact.language, email=contact.email)
                break
