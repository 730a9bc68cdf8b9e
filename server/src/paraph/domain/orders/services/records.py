# SPDX-License-Identifier: Apache-2.0
"""The locked row, and whom an order's messages go to."""

from django.core.exceptions import ValidationError

from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.orders import policy
from paraph.domain.orders.models import Order
from paraph.domain.reference import countries
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound

# Letters inside the country name no country.
HOME = "LU"


def locked(order_id: object) -> Order:
    """The order, locked until the transaction ends. Raises NotFound."""
    try:
        return Order.objects.select_for_update().get(pk=order_id)
    except (Order.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


# What must reach also who has neither e-mail nor mobile goes to him as a letter.
BY_LETTER = frozenset({"order_rejected"})


def tell(order: Order, template: str, caller: Caller, **data: object) -> None:
    """A mail or SMS to the customer. Who gave neither reads it on the page on which he follows the order."""
    email, mobile = order.applicant["email"], order.applicant["mobile"]
    postal = envelope(order) if template in BY_LETTER else ()
    if not (email or mobile or postal):
        return
    notifications.enqueue(
        template=template, caller=caller,
        to=Recipient(language=order.language, email=email or None, mobile=mobile or None, postal=postal),
        data={"name": order.applicant_name, "reference": order.reference,
              "activate_until": policy.last_day(order.activation_deadline), **data})


def envelope(order: Order) -> tuple[str, ...]:
    """The lines of the applicant's address; the country's name closes it abroad."""
    of = order.applicant
    abroad = () if of["country"] == HOME else (countries.name(of["country"], order.language).upper(),)
    return (order.applicant_name, of["street"], f"{of['postcode']} {of['city']}", *abroad)
