# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from enum import StrEnum

from django.db import transaction

from paraph.domain.audit import services as audit
from paraph.domain.limits import services as limits
from paraph.domain.orders import policy
from paraph.domain.orders.events import Event
from paraph.domain.orders.lifecycle import ORDER, VOUCHER, VoucherState
from paraph.domain.orders.models import Order, Payment, Voucher
from paraph.domain.orders.services.moving import TooLate
from paraph.domain.orders.services.records import locked, tell
from paraph.domain.organisations import queries as organisations
from paraph.kernel import sealing, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed

VOUCHER_LENGTH = 12


class PaymentOutcome(StrEnum):
    ACCEPTED = "accepted"
    UNKNOWN = "unknown"
    USED = "used"
    EXPIRED = "expired"
    TOO_MANY = "too_many"


def pay_with_voucher(*, order_id: object, code: str, caller: Caller) -> PaymentOutcome:
    """The voucher is consumed and the customer owes nothing (R058), or it is said why not and the failure is counted.

    Five wrong codes for an order pause it for an hour. Refuses: NotFound, NotAllowed (nothing is owed), TooLate,
    TooManyAttempts.
    """
    limits.spend(kind="voucher", caller=caller)
    with transaction.atomic():
        order = locked(order_id)
        if not ORDER.allows(order.state, "pay"):
            raise NotAllowed(record="order", state=order.state, move="pay")
        if caller.at >= order.activation_deadline:
            raise TooLate()
        if order.voucher_paused_until and caller.at < order.voucher_paused_until:
            return PaymentOutcome.TOO_MANY
        index = sealing.blind_index(policy.voucher_code(code), "orders.voucher")
        voucher = Voucher.objects.select_for_update().filter(code_index=index).first()
        outcome = _judge(voucher, caller.at)
        if outcome != PaymentOutcome.ACCEPTED:
            _count_failure(order, caller.at)
            audit.record(Event.VOUCHER_REFUSED, about=("order", order.id), caller=caller, facts={"outcome": outcome})
            return outcome
        VOUCHER.advance(voucher, "use", at=caller.at, order=order)
        ORDER.advance(order, "pay", at=caller.at, voucher_failures=0)
        Payment.objects.create(order=order, method=Payment.Method.VOUCHER, amount=0, paid_at=caller.at)
        audit.record(Event.PAID, about=("order", order.id), caller=caller,
                     facts={"method": Payment.Method.VOUCHER, "amount": 0, "voucher": voucher.id})
        tell(order, "order_paid", caller)
    return PaymentOutcome.ACCEPTED


def _judge(voucher: Voucher | None, at: datetime) -> PaymentOutcome:
    if voucher is None:
        return PaymentOutcome.UNKNOWN
    if voucher.state == VoucherState.USED:
        return PaymentOutcome.USED
    return PaymentOutcome.EXPIRED if at >= voucher.expires_at else PaymentOutcome.ACCEPTED


def _count_failure(order: Order, at: datetime) -> None:
    failures = order.voucher_failures + 1
    paused = at + policy.VOUCHER_PAUSE if failures >= policy.VOUCHER_FAILURES else None
    Order.objects.filter(pk=order.pk).update(
        voucher_failures=0 if paused else failures, voucher_paused_until=paused)


def create_vouchers(*, giver: object, count: int, expires_at: datetime, caller: Caller) -> list[str]:
    """New codes for the giver, an organisation's id, like ``7KD4-M2QX-TB9R``. They are told here once and kept nowhere.

    Refuses: Forbidden, NotFound.
    """
    if not (caller.channel.startswith("cli:") or caller.has_role("operator_admin")):
        raise Forbidden()
    organisation = organisations.organisation(giver)
    codes = []
    with transaction.atomic():
        for _ in range(count):
            code = tokens.letters(VOUCHER_LENGTH)
            Voucher.objects.create(
                code_index=sealing.blind_index(code, "orders.voucher"), giver=organisation, created_at=caller.at,
                expires_at=expires_at, state_since=caller.at)
            codes.append("-".join(code[start:start + 4] for start in range(0, VOUCHER_LENGTH, 4)))
        audit.record(Event.VOUCHERS_CREATED, about=("organisation", organisation.id), caller=caller,
                     facts={"count": count, "expires_at": expires_at.isoformat()})
    return codes
