# SPDX-License-Identifier: Apache-2.0
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from paraph.domain.accounts import queries as accounts
from paraph.domain.devices import policy as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.orders import catalogue
from paraph.domain.orders.order_form import price_in_words
from paraph.domain.orders.policy.papers import papers_for
from paraph.domain.organisations import queries as organisations
from paraph.domain.partners import queries as partners
from paraph.domain.partners.models import DeviceType
from paraph.interfaces.public.legal import blocks
from paraph.kernel import rules
from paraph.kernel.errors import NotFound

# The devices that have a page today: those whose whole path stands.
PRODUCT_PAGES = ("token", "scan")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    orderable = [product for product in catalogue.current().products if product.orderable]
    return render(request, "public/home.html", {
        "logged_out": request.GET.get("logged_out") == "1",
        "products": [{"device": one.device, "use": one.use, "price": price_in_words(one.price)} for one in orderable]})


@require_GET
def product(request: HttpRequest, device: str) -> HttpResponse:
    if device not in PRODUCT_PAGES:
        raise NotFound()
    language = request.caller.language
    sold = [{"use": one.use, "price": price_in_words(one.price), "orderable": one.orderable,
             "papers": papers_for(one.device, one.use)}
            for one in catalogue.current().products if one.device == device]
    return render(request, f"public/{device}.html", {
        "device": device, "sold": sold, "rules": rules.current(), "joins": _joins(device),
        "partners": [partner.name_in(language) for partner in partners.accepting(device)]})


def _joins(device: str) -> list[tuple[str, str]]:
    """Beside which devices that log in today it can be added, and by whom: "self", or "call" for customer service (R208 to
    R210)."""
    family = devices.TYPES[device].family
    found = []
    for kind in METHODS:
        if devices.obstacle(device, family=family, present=[kind], by_holder=True) is None:
            found.append((kind, "self"))
        elif kind != device and devices.obstacle(device, family=family, present=[kind], by_holder=False) is None:
            found.append((kind, "call"))
    return found


@require_GET
def partner_directory(request: HttpRequest) -> HttpResponse:
    """R321, R322: the same data as the finder and the login door."""
    language = request.caller.language
    shown = [device for device in DeviceType.values
             if device != DeviceType.PASSKEY or settings.OPERATOR.flags.get("passkey")]
    return render(request, "public/partners.html", {
        "partners": [{"name": one.name_in(language), "description": one.description_in(language),
                      "category": one.category, "website": one.website,
                      "accepts": [device for device in shown if one.accepts_device(device)],
                      "refuses": [device for device in shown if not one.accepts_device(device)]}
                     for one in partners.directory()]})


@require_GET
def desks(request: HttpRequest) -> HttpResponse:
    language = request.caller.language
    return render(request, "public/desks.html", {
        "desks": [{"desk": desk, "hours": desk.hours.get(language, desk.hours.get("fr", ""))}
                  for desk in organisations.registration_authorities()]})


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    return render(request, "public/help.html", {"rules": rules.current()})


@require_GET
def phishing(request: HttpRequest) -> HttpResponse:
    return render(request, "public/phishing.html", {"genuine": settings.URL})


@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "public/accessibility.html")


@require_GET
def legal_text(request: HttpRequest, kind: str) -> HttpResponse:
    text = accounts.current_text(kind, request.caller.language, request.caller.at)
    return render(request, "public/legal.html", {"text": text, "blocks": blocks(text.body)})
