# SPDX-License-Identifier: Apache-2.0
"""What time asks of registration: activations that stopped, orders whose 60 days are over, reminders."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction

from paraph.domain.accounts import services as accounts
from paraph.domain.audit import services as audit
from paraph.domain.devices import services as devices
from paraph.domain.devices.policy import Reason
from paraph.domain.orders import policy as orders_policy
from paraph.domain.orders import queries as orders_queries
from paraph.domain.orders import services as orders
from paraph.domain.orders.lifecycle import OrderState
from paraph.domain.orders.models import Order
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.lifecycle import FINAL, State
from paraph.domain.registration.models import Activation, Reminder
from paraph.domain.registration.services import activating
from paraph.domain.registration.services.ending import destroy_keys
from paraph.domain.registration.services.telling import tell
from paraph.kernel import rules
from paraph.kernel.caller import Caller


def settle(*, caller: Caller) -> int:
    """Activations that stopped between their steps are finished, or given up so that nothing half-made stays.

    One that was at its last step goes on with what its holder chose; one whose half hour is over is abandoned.
    Returns how many were ended. Refuses: SignerUnavailable (the rest waits).
    """
    ended = 0
    stopped = Activation.objects.filter(state=State.ACTING, state_since__lte=caller.at - policy.GRACE)
    for activation in list(stopped.order_by("state_since")):
        # One that failed was abandoned, and the record says why.
        with suppress(activating.Failed):
            activating.act_and_settle(activation, caller=caller)
        ended += 1
    life = timedelta(minutes=rules.current().activation_session_minutes)
    over = Activation.objects.exclude(state__in=(*FINAL, State.ACTING)).filter(state_since__lt=caller.at - life)
    for activation in list(over.order_by("state_since")):
        activating.abandon(activation_id=activation.id, reason="left", caller=caller)
        ended += 1
    return ended + destroy_keys(caller=caller)


def lapse_due(*, caller: Caller) -> int:
    """Orders that were not activated within their 60 days are over for ever, with the deadline as instant (R089).

    Token and identity end with them. Finds its work by query, so it may have been down at the deadline. An activation
    that was at its last step before the deadline is finished instead. Returns how many orders lapsed.
    """
    lapsed = 0
    for due in orders_queries.due_to_lapse(caller.at):
        for activation in list(Activation.objects.filter(order=due).exclude(state__in=FINAL)):
            if activation.state == State.ACTING:
                with suppress(activating.Failed):
                    activating.act_and_settle(activation, caller=caller)
            else:
                activating.abandon(activation_id=activation.id, reason="too_late", caller=caller)
        with transaction.atomic():
            order = Order.objects.select_for_update().get(pk=due.pk)
            if order.state == OrderState.ACTIVATED or Activation.objects.filter(
                    order=order, state=State.ACTING).exists():
                continue
            orders.advance(order_id=order.id, move="lapse", caller=caller)
            if order.identity_id:
                devices.retire_all(identity_id=order.identity_id, reason=Reason.LAPSED, caller=caller)
                accounts.close_identity(identity_id=order.identity_id, caller=caller)
            audit.record(Event.ORDER_LAPSED, about=("order", order.id), caller=caller,
                         facts={"deadline": order.activation_deadline, "identity": order.identity_id})
        lapsed += 1
    return lapsed


def remind(*, caller: Caller) -> int:
    """Holders who have not activated are told when their last day comes near, once per policy.REMINDER_DAYS (Q15)."""
    sent = 0
    horizon = caller.at + timedelta(days=max(policy.REMINDER_DAYS))
    waiting = Order.objects.filter(state=OrderState.PREPARED, activation_deadline__gt=caller.at,
                                   activation_deadline__lte=horizon).order_by("activation_deadline")
    for order in list(waiting):
        days = min(days for days in policy.REMINDER_DAYS
                   if order.activation_deadline <= caller.at + timedelta(days=days))
        with transaction.atomic():
            reminder, fresh = Reminder.objects.get_or_create(order=order, days_before=days, defaults={"at": caller.at})
            if not fresh:
                continue
            tell("activation_reminder", identity_id=order.identity_id, caller=caller, reference=order.reference,
                 activate_until=orders_policy.last_day(order.activation_deadline))
            audit.record(Event.REMINDER_SENT, about=("order", order.id), caller=caller, facts={"days_before": days})
        sent += 1
    return sent
