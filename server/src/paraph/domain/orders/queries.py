# SPDX-License-Identifier: Apache-2.0
import base64
import hmac
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from paraph.domain.orders.lifecycle import FINAL, OrderState
from paraph.domain.orders.models import Order, Paper
from paraph.kernel import sealing
from paraph.kernel.errors import NotFound

AT_THE_DESK = (OrderState.PLACED, OrderState.PAID, OrderState.PROVEN)


def order(order_id: object) -> Order:
    """Raises NotFound."""
    try:
        return Order.objects.select_related("authority").get(pk=order_id)
    except (Order.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def follow_secret(order_id: object) -> str:
    """The 43 characters in the customer's link to his order.

    Made from the order's id with a key outside the database, so that letters and mails can repeat the link while the
    database alone opens no order.
    """
    digest = bytes.fromhex(sealing.blind_index(str(order_id), "orders.follow"))
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def by_reference(reference: str, secret: str) -> Order:
    """The order of a customer's link. Raises NotFound, whichever of the two is wrong."""
    # PostgreSQL takes no null character, not even in a question.
    sought = reference.replace("\x00", "").strip().upper()
    found = Order.objects.select_related("authority").filter(reference=sought).first()
    expected = follow_secret(found.id if found else "")
    if not hmac.compare_digest(expected.encode(), secret.encode()) or found is None:
        raise NotFound()
    return found


def queue(authority_ids: Iterable[object], states: tuple[str, ...] = AT_THE_DESK) -> QuerySet[Order]:
    """What waits at these registration authorities' desks, oldest first. No other authority's order is in it (R005)."""
    return Order.objects.filter(authority_id__in=list(authority_ids), state__in=states).order_by("placed_at", "id")


def checklist(order: Order) -> list[Paper]:
    """The papers of the order, each with the instant at which it was received or None."""
    return list(Paper.objects.filter(order_id=order.pk))


def missing_papers(order: Order) -> list[str]:
    """The codes of the papers that are not there yet (R004, R023)."""
    return [paper.code for paper in checklist(order) if paper.received_at is None]


def due_to_lapse(at: datetime) -> list[Order]:
    """Orders whose 60 days are over and that nothing has ended: the job's work."""
    return list(Order.objects.filter(activation_deadline__lte=at).exclude(state__in=FINAL).order_by("placed_at"))


def of_identity(identity_id: object) -> Order | None:
    """The newest order that made or renewed this identity."""
    return Order.objects.filter(identity_id=identity_id).order_by("-placed_at").first()
