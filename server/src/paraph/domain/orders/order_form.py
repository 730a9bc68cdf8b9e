# SPDX-License-Identifier: Apache-2.0
"""The order form (bon de commande) as a tagged PDF: what was ordered, where to sign and date, which papers to bring.

The last page (R004) is the customer's own: papers, desk, deadline, and the link on which he follows the order.
"""

from datetime import date
from decimal import Decimal

import segno
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import number_format

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.policy import written_mobile
from paraph.domain.notifications import letterhead, letters
from paraph.domain.notifications.rendering import in_words
from paraph.domain.orders import policy, queries
from paraph.domain.orders.models import Order
from paraph.domain.reference import countries
from paraph.kernel import clock

# Signs that an applicant's names, address and contacts may have in the usual type; more are set smaller, so that what is
# signed stays on one page with the signature.
_AT_EASE = 400


def price_in_words(cents: int) -> str:
    """Euros as the active language writes them."""
    return f"{number_format(Decimal(cents) / 100, decimal_pos=2)}\u00a0€"


def html(order: Order, *, language: str, follow_url: str) -> str:
    """`follow_url` is the customer's secret link; it stands on the last page only."""
    sender = letterhead.bound()
    with translation.override(language):
        return render_to_string("orders/order_form.html", {
            "order": order, "language": language, "sender": sender, "notice": sender.notice_in(language),
            "dense": sum(len(str(value)) for value in order.applicant.values()) > _AT_EASE,
            "price": price_in_words(order.price),
            "placed_on": in_words(clock.local_date(order.placed_at), language),
            "last_day": in_words(policy.last_day(order.activation_deadline), language),
            "born_on": in_words(order.claims.birth_date, language),
            "expires_on": in_words(date.fromisoformat(order.document["expires_on"]), language),
            "mobile": written_mobile(order.applicant["mobile"]) if order.applicant["mobile"] else "",
            "country": countries.name(order.applicant["country"], language),
            "document_country": countries.name(order.document["country"], language),
            "authority": order.authority, "authority_hours": order.authority.hours.get(language, ""),
            "papers": queries.checklist(order), "acceptances": accounts.acceptances(order.id),
            "follow_url": follow_url, "follow_qr": _qr(follow_url)})


def pdf(order: Order, *, language: str, follow_url: str) -> bytes:
    return letters.pdf(html(order, language=language, follow_url=follow_url))


def _qr(text: str) -> str:
    return segno.make_qr(text, error="m").svg_inline(scale=3, border=2, omitsize=True)
