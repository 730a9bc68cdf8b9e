# SPDX-License-Identifier: Apache-2.0
"""After placing: pay with a voucher, confirmation, follow, print the order form, cancel. The link is the key."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from paraph.domain.limits import services as limits
from paraph.domain.orders import order_form, policy, queries, services
from paraph.domain.orders.lifecycle import FINAL, OrderState
from paraph.domain.orders.models import Order
from paraph.domain.orders.order_form import price_in_words
from paraph.domain.orders.services import PaymentOutcome
from paraph.interfaces.shop.forms import VoucherForm
from paraph.interfaces.shop.wording import OUTCOMES
from paraph.kernel.errors import NotFound

AFTER = (OrderState.PLACED, OrderState.PAID, OrderState.PROVEN, OrderState.APPROVED, OrderState.PREPARED,
         OrderState.ACTIVATING, OrderState.ACTIVATED)


def order_of(request: HttpRequest, reference: str, secret: str) -> Order:
    """The order of the link. Wrong links are counted by address; a right one opens whatever others tried."""
    try:
        return queries.by_reference(reference, secret)
    except NotFound:
        limits.spend(kind="follow", caller=request.caller)
        raise


def _context(order: Order, secret: str, language: str) -> dict[str, object]:
    return {
        "order": order, "secret": secret, "price": price_in_words(order.price), "authority": order.authority,
        "authority_hours": order.authority.hours.get(language, ""), "papers": queries.checklist(order),
        "last_day": policy.last_day(order.activation_deadline), "by_letter": not order.applicant["mobile"],
        "reached": AFTER.index(order.state) if order.state in AFTER else -1}


@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    order = order_of(request, reference, secret)
    link = (order.reference, secret)
    if order.state != OrderState.PLACED:
        return HttpResponseRedirect(reverse("shop:follow", args=link))
    form = VoucherForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST" and form.is_valid():
        outcome = services.pay_with_voucher(
            order_id=order.id, code=form.cleaned_data["voucher"], caller=request.caller)
        if outcome == PaymentOutcome.ACCEPTED:
            return HttpResponseRedirect(reverse("shop:confirmation", args=link))
        form.add_error("voucher", OUTCOMES[outcome])
        status = 429 if outcome == PaymentOutcome.TOO_MANY else 422
    elif form.errors:
        status = 422
    return render(request, "shop/pay.html", {"form": form, **_context(order, secret, request.caller.language)},
                  status=status)


@require_GET
def confirmation(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    order = order_of(request, reference, secret)
    if order.state == OrderState.PLACED:
        return HttpResponseRedirect(reverse("shop:pay", args=(order.reference, secret)))
    follow = request.build_absolute_uri(reverse("shop:follow", args=(order.reference, secret)))
    return render(request, "shop/confirmation.html", {
        **_context(order, secret, request.caller.language), "follow_address": follow})


@require_GET
def follow(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    order = order_of(request, reference, secret)
    context = _context(order, secret, request.caller.language)
    return render(request, "shop/follow.html", {
        **context, "final": order.state in FINAL, "missing": [paper for paper in context["papers"]
                                                              if paper.received_at is None]})


@require_GET
def form(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    order = order_of(request, reference, secret)
    content = order_form.pdf(
        order, language=request.caller.language,
        follow_url=settings.URL + reverse("shop:follow", args=(order.reference, secret)))
    return HttpResponse(content, content_type="application/pdf", headers={
        "Content-Disposition": f'attachment; filename="{order.reference}.pdf"'})


@require_POST
def cancel(request: HttpRequest, reference: str, secret: str) -> HttpResponse:
    order = order_of(request, reference, secret)
    services.cancel(reference=order.reference, follow_secret=secret, caller=request.caller)
    return HttpResponseRedirect(reverse("shop:follow", args=(order.reference, secret)))
