# SPDX-License-Identifier: Apache-2.0
from datetime import datetime

from django.db.models import QuerySet

from paraph.domain.notifications.lifecycle import State
from paraph.domain.notifications.models import LetterReceipt, Message


def for_person(person_id: object) -> QuerySet[Message]:
    """What this person was told, newest first, without the messages that hold codes."""
    return Message.objects.filter(person_id=str(person_id), secret=False).order_by("-created_at", "-id")


def newest(limit: int = 200) -> list[Message]:
    """The outbox, newest first. Only the demonstration shows it."""
    return list(Message.objects.order_by("-created_at", "-id")[:limit])


def stuck() -> QuerySet[Message]:
    """What could not be carried and waits for a person."""
    return Message.objects.filter(state=State.STUCK).order_by("state_since")


def without_receipt(until: datetime) -> QuerySet[Message]:
    """Letters that were handed over before this instant, and of which the printing house has said nothing yet. Where letters stay
    in the outbox (demonstration) none was handed over."""
    return Message.objects.filter(channel="letter", state=State.DELIVERED, state_since__lt=until, receipts=None).exclude(
        carrier_reference="").order_by("state_since")


def receipts() -> QuerySet[LetterReceipt]:
    """What the printing house said of letters, newest first."""
    return LetterReceipt.objects.select_related("message").order_by("-taken_at", "-id")


def letter(message_id: object) -> Message | None:
    """A letter whose content has not been wiped."""
    return Message.objects.filter(pk=message_id, channel="letter", content__isnull=False).first()
