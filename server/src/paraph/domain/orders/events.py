# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit import events as audit


class Event(audit.Code):
    PLACED = "orders.order.placed"
    PAID = "orders.order.paid"
    PROVEN = "orders.order.proven"
    APPROVED = "orders.order.approved"
    PREPARED = "orders.order.prepared"
    ACTIVATION_BEGUN = "orders.order.activation_begun"
    ACTIVATED = "orders.order.activated"
    GIVEN_BACK = "orders.order.given_back"
    REJECTED = "orders.order.rejected"
    CANCELLED = "orders.order.cancelled"
    LAPSED = "orders.order.lapsed"
    PAPER_RECORDED = "orders.paper.recorded"
    VOUCHER_REFUSED = "orders.voucher.refused"
    VOUCHERS_CREATED = "orders.vouchers.created"


OF_MOVE = {
    "prove": Event.PROVEN,
    "approve": Event.APPROVED,
    "prepare": Event.PREPARED,
    "begin": Event.ACTIVATION_BEGUN,
    "activate": Event.ACTIVATED,
    "give_back": Event.GIVEN_BACK,
    "reject": Event.REJECTED,
    "cancel": Event.CANCELLED,
    "lapse": Event.LAPSED,
}
