# SPDX-License-Identifier: Apache-2.0
from enum import StrEnum

from paraph.kernel.lifecycle import Lifecycle


class OrderState(StrEnum):
    PLACED = "placed"
    PAID = "paid"
    PROVEN = "proven"
    APPROVED = "approved"
    PREPARED = "prepared"
    ACTIVATING = "activating"
    ACTIVATED = "activated"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


_BEFORE_APPROVAL = (OrderState.PLACED, OrderState.PAID, OrderState.PROVEN)

ORDER = Lifecycle("order", OrderState, {
    "place": ((), OrderState.PLACED),
    "pay": ((OrderState.PLACED,), OrderState.PAID),
    "prove": ((OrderState.PAID,), OrderState.PROVEN),
    "approve": ((OrderState.PROVEN,), OrderState.APPROVED),
    "prepare": ((OrderState.APPROVED,), OrderState.PREPARED),
    "begin": ((OrderState.PREPARED,), OrderState.ACTIVATING),
    "activate": ((OrderState.ACTIVATING,), OrderState.ACTIVATED),
    "give_back": ((OrderState.ACTIVATING,), OrderState.PREPARED),
    "reject": (_BEFORE_APPROVAL, OrderState.REJECTED),
    "cancel": (_BEFORE_APPROVAL, OrderState.CANCELLED),
    "lapse": ((*_BEFORE_APPROVAL, OrderState.APPROVED, OrderState.PREPARED, OrderState.ACTIVATING),
              OrderState.LAPSED),
})

FINAL = (OrderState.ACTIVATED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.LAPSED)


class VoucherState(StrEnum):
    ISSUED = "issued"
    USED = "used"


VOUCHER = Lifecycle("voucher", VoucherState, {
    "issue": ((), VoucherState.ISSUED),
    "use": ((VoucherState.ISSUED,), VoucherState.USED),
})
