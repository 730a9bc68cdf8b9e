# SPDX-License-Identifier: Apache-2.0
"""Writes on orders, one verb each: placing, paying, papers, moving on."""

from paraph.domain.orders.services.moving import (
    ItIsYou,
    NotYet,
    PapersMissing,
    TooLate,
    advance,
    cancel,
)
from paraph.domain.orders.services.papers import FormIncomplete, record_paper
from paraph.domain.orders.services.paying import PaymentOutcome, create_vouchers, pay_with_voucher
from paraph.domain.orders.services.placing import AuthorityNotChosen, IncompleteOrder, place

__all__ = [
    "AuthorityNotChosen", "FormIncomplete", "IncompleteOrder", "ItIsYou", "NotYet", "PapersMissing", "PaymentOutcome",
    "TooLate", "advance", "cancel",
    "create_vouchers", "pay_with_voucher", "place", "record_paper",
]
