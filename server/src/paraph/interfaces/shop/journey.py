# SPDX-License-Identifier: Apache-2.0
"""The steps of an order, one question a page. Each page can be left, gone back to, and filled again."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.policy import written_mobile
from paraph.domain.orders import catalogue, policy, services
from paraph.domain.orders.catalogue import Channel, NotOffered, Product
from paraph.domain.orders.order_form import price_in_words
from paraph.domain.orders.queries import follow_secret
from paraph.domain.organisations import queries as organisations
from paraph.domain.reference import countries
from paraph.interfaces.public.legal import blocks
from paraph.interfaces.shop import draft as drafts
from paraph.interfaces.shop import forms
from paraph.interfaces.shop.draft import Draft
from paraph.interfaces.shop.wording import sentence
from paraph.kernel import clock
from paraph.kernel.errors import NotFound

LAST_ORDER = "order_last"


@dataclass(frozen=True)
class Step:
    slug: str
    form: type[forms.StepForm]
    title: Any


STEPS = (
    Step("applicant", forms.ApplicantForm, _("Votre nom")),
    Step("document", forms.DocumentForm, _("Votre document d’identité")),
    Step("birth", forms.BirthForm, _("Naissance et adresse")),
    Step("contact", forms.ContactForm, _("Comment vous joindre")),
    Step("code", forms.CodeForm, _("Code d’activation")),
    Step("authority", forms.AuthorityForm, _("Bureau d’enregistrement")),
)
BY_SLUG = {step.slug: step for step in STEPS}
# Where the answer to each field of a whole order is given.
STEP_OF = {
    **dict.fromkeys(("family_names", "given_names"), "applicant"),
    **dict.fromkeys(("birth_date", "street", "postcode", "city", "country"), "birth"),
    **dict.fromkeys(("email", "mobile"), "contact"),
}


def titles() -> list[Any]:
    return [*(step.title for step in STEPS), _("Vérifier"), _("Conditions")]


def offered(device: str, use: str) -> Product:
    product = catalogue.current().find(device, use)
    if not product.orderable:
        raise NotOffered()
    return product


def address(device: str, use: str, page: str) -> str:
    return reverse("shop:step", args=(device, use, page)) if page in BY_SLUG \
        else reverse(f"shop:{page}", args=(device, use))


def first_open(draft: Draft) -> str:
    """The first step without an answer, or the page where all answers are checked."""
    return next((step.slug for step in STEPS if step.slug not in draft.answers), "check")


def _next(slug: str, draft: Draft) -> str:
    position = [step.slug for step in STEPS].index(slug) + 1
    following = STEPS[position].slug if position < len(STEPS) else "check"
    # A changed answer leads back to where all answers stand, once there are all.
    return "check" if first_open(draft) == "check" else following


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, device: str, use: str, slug: str) -> HttpResponse:
    product = offered(device, use)
    if slug not in BY_SLUG:
        raise NotFound()
    draft = drafts.read(request)
    reachable = [known.slug for known in STEPS]
    opened = first_open(draft)
    if opened != "check" and reachable.index(slug) > reachable.index(opened):
        return HttpResponseRedirect(address(device, use, opened))
    asked = BY_SLUG[slug]
    today = clock.local_date(request.caller.at)
    if request.method == "POST":
        form = asked.form(request.POST, draft=draft, today=today)
        if form.is_valid():
            draft.put(slug, form.answers())
            drafts.keep(request, draft)
            return HttpResponseRedirect(address(device, use, _next(slug, draft)))
    else:
        form = asked.form(initial=draft.get(slug) or None, draft=draft, today=today)
    position = reachable.index(slug)
    back = address(device, use, reachable[position - 1]) if position else reverse("public:product", args=(device,))
    return render(request, "shop/step.html", {
        "form": form, "step": slug, "title": asked.title, "steps": titles(), "position": position + 1,
        "product": product, "back": back}, status=422 if form.errors else 200)


def _complete(request: HttpRequest, device: str, use: str) -> tuple[Draft, HttpResponse | None]:
    """The draft, and where to go instead when an answer is missing or the order was placed already."""
    draft = drafts.read(request)
    opened = first_open(draft)
    if opened == "check":
        return draft, None
    last = request.session.get(LAST_ORDER)
    if last and not draft.answers:
        return draft, HttpResponseRedirect(reverse("shop:follow", args=last))
    return draft, HttpResponseRedirect(address(device, use, opened))


@require_http_methods(["GET"])
def check(request: HttpRequest, device: str, use: str) -> HttpResponse:
    product = offered(device, use)
    draft, elsewhere = _complete(request, device, use)
    return elsewhere or _check_page(request, product, draft)


def _check_page(request: HttpRequest, product: Product, draft: Draft, errors: list | None = None) -> HttpResponse:
    device, use = product.device, product.use
    language = request.caller.language
    document = draft.document()
    applicant = draft.applicant()
    desk = next((desk for desk in organisations.registration_authorities()
                 if str(desk.id) == draft.get("authority")["authority"]), None)
    return render(request, "shop/check.html", {
        "product": product, "price": price_in_words(product.price), "applicant": applicant, "document": document,
        "country": countries.name(applicant.country, language), "has_errors": bool(errors), "errors": errors,
        "document_country": countries.name(document.country, language), "authority": desk,
        "mobile": written_mobile(applicant.mobile) if applicant.mobile else "",
        "change": {slug: address(device, use, slug) for slug in BY_SLUG}, "steps": titles(),
        "position": len(STEPS) + 1, "next": address(device, use, "terms"), "back": address(device, use, "authority")},
        status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
def terms(request: HttpRequest, device: str, use: str) -> HttpResponse:
    """The last page of the journey: whoever accepts here has ordered."""
    product = offered(device, use)
    draft, elsewhere = _complete(request, device, use)
    if elsewhere:
        return elsewhere
    today = clock.local_date(request.caller.at)
    text = accounts.current_text("terms", request.caller.language, request.caller.at)
    form = forms.TermsForm(request.POST if request.method == "POST" else None, draft=draft, today=today)
    if request.method == "POST" and form.is_valid():
        return _place(request, product, draft, text)
    return render(request, "shop/terms.html", {
        "form": form, "product": product, "price": price_in_words(product.price), "text": text,
        "blocks": blocks(text.body),
        "last_day": policy.last_day(policy.activation_deadline(request.caller.at)), "steps": titles(),
        "position": len(STEPS) + 2, "back": address(device, use, "check")}, status=422 if form.errors else 200)


def _place(request: HttpRequest, product: Product, draft: Draft, text: Any) -> HttpResponse:
    try:
        order = services.place(
            attempt=draft.attempt, product=product.device, use=product.use, channel=Channel.DESK,
            authority_id=draft.get("authority")["authority"], applicant=draft.applicant(), document=draft.document(),
            activation_code=draft.get("code")["activation_code"], texts=[text.id], language=request.caller.language,
            caller=request.caller)
    except services.IncompleteOrder as refusal:
        country = draft.applicant().country
        return _check_page(request, product, draft, [
            {"text": f"{BY_SLUG[slug].title} : {sentence(problem, country)}", "href": address(product.device, product.use, slug)}
            for slug, problem in _by_step(refusal.facts["problems"])])
    except services.AuthorityNotChosen as refusal:
        return _check_page(request, product, draft, [
            {"text": _(refusal.sentence), "href": address(product.device, product.use, "authority")}])
    drafts.forget(request)
    request.session[LAST_ORDER] = [order.reference, follow_secret(order.id)]
    return HttpResponseRedirect(reverse("shop:pay", args=request.session[LAST_ORDER]))


def _by_step(problems: dict[str, str]) -> list[tuple[str, str]]:
    found = []
    for name, problem in problems.items():
        group, _dot, field = name.partition(".")
        slug = {"document": "document", "activation_code": "code"}.get(group) or STEP_OF[field]
        found.append((slug, policy.Problem(problem)))
    return found
