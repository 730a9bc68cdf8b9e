# SPDX-License-Identifier: Apache-2.0
"""The locked row, and whom an order's messages go to."""

from django.core.exceptions import ValidationError

from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.orders import policy
from paraph.domain.orders.models import Order
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound


def locked(order_id: object) -> Order:
    """The order, locked until the transaction ends. Raises NotFound."""
    try:
        return Order.objects.select_for_update().get(pk=order_id)
    except (Order.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def tell(order: Order, template: str, caller: Caller, **data: object) -> None:
    """A mail or SMS to the customer. Who gave neither reads it on the page on which he follows the order."""
    email, mobile = order.applicant["email"], order.applicant["mobile"]
    if not email and not mobile:
        return
    notifications.enqueue(
        template=template, caller=caller,
        to=Recipient(language=order.language, email=email or None, mobile=mobile or None),
        data={"name": order.applicant_name, "reference": order.reference,
              "activate_until": policy.last_day(order.activation_deadline), **data})
