# SPDX-License-Identifier: Apache-2.0
"""The product finder: four questions, one a page. All answers stand in the address, so that Back and links work."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from faces.forms import Form
from paraph.domain.orders import catalogue
from paraph.domain.orders.catalogue import Channel, Use
from paraph.domain.orders.order_form import price_in_words
from paraph.domain.orders.policy.finder import Against, Answers, PartnerFacts, advise
from paraph.domain.partners import queries as partners
from paraph.domain.partners.policy import Procedure
from paraph.kernel.errors import NotFound

PROCEDURES = (
    (Procedure.ADMINISTRATION, _("Démarches auprès de l’État et des communes")),
    (Procedure.TAXES, _("Impôts")),
    (Procedure.VAT, _("TVA")),
    (Procedure.BANKING, _("Banque en ligne")),
    (Procedure.CONTRACTS, _("Contrats et actes à signer")),
)


def _language() -> str:
    return (get_language() or "fr")[:2]


def _partner_choices() -> list[tuple[str, str]]:
    return [(partner.slug, f"{partner.name_in(_language())} – {partner.description_in(_language()).rstrip('.')}")
            for partner in partners.directory()]


class UseForm(Form):
    heading_field = "use"
    use = forms.ChoiceField(
        label=_("Pour quoi vous faut-il un produit ?"), widget=forms.RadioSelect,
        choices=((Use.PRIVATE, _("Pour moi, à titre privé")),
                 (Use.PROFESSIONAL, _("Pour mon travail, au nom d’une organisation"))))


class ProceduresForm(Form):
    heading_field = "procedures"
    procedures = forms.MultipleChoiceField(
        label=_("Que voulez-vous faire ?"), required=False, widget=forms.CheckboxSelectMultiple, choices=PROCEDURES,
        help_text=_("Cochez tout ce qui convient. Vous pouvez ne rien cocher."))


class PartnersForm(Form):
    heading_field = "partners"
    partners = forms.MultipleChoiceField(
        label=_("Où devez-vous vous connecter ?"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=_partner_choices, help_text=_("Cochez tout ce qui convient. Vous pouvez ne rien cocher."))


class VisitForm(Form):
    heading_field = "visit"
    visit = forms.ChoiceField(
        label=_("Pouvez-vous venir à un bureau au Luxembourg ?"), widget=forms.RadioSelect,
        help_text=_("Un agent doit vérifier une fois qui vous êtes."),
        choices=(("yes", _("Oui")), ("no", _("Non"))))


QUESTIONS: dict[str, type[Form]] = {
    "use": UseForm, "procedures": ProceduresForm, "partners": PartnersForm, "visit": VisitForm}
ORDER = tuple(QUESTIONS)


def _address(slug: str) -> str:
    if slug == "use":
        return reverse("public:finder")
    return reverse("public:result") if slug == "result" else reverse("public:question", args=(slug,))


def _given(request: HttpRequest) -> dict[str, list[str]]:
    """The answers in the address that are answers; anything else is dropped."""
    given = {}
    for slug, form_class in QUESTIONS.items():
        form = form_class(request.GET)
        if slug in request.GET and form.is_valid():
            value = form.cleaned_data[slug]
            given[slug] = value if isinstance(value, list) else [value]
    return given


@require_GET
def question(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in QUESTIONS:
        raise NotFound()
    given = _given(request)
    if slug != "use" and "use" not in given:
        return HttpResponseRedirect(_address("use"))
    position = ORDER.index(slug)
    earlier = {name: values for name, values in given.items() if ORDER.index(name) < position}
    answered = "answered" in request.GET
    form = QUESTIONS[slug](request.GET) if answered else QUESTIONS[slug](initial=_initial(slug, given))
    if answered and form.is_valid():
        following = ORDER[position + 1] if position + 1 < len(ORDER) else "result"
        return HttpResponseRedirect(f"{_address(following)}?{urlencode(given, doseq=True)}")
    back = f"{_address(ORDER[position - 1])}?{urlencode(given, doseq=True)}" if position else reverse("public:home")
    return render(request, "public/question.html", {
        "form": form, "question": form.fields[form.heading_field].label,
        "carried": [(name, value) for name, values in earlier.items() for value in values],
        "back": back, "number": position + 1, "total": len(ORDER)})


def _initial(slug: str, given: dict[str, list[str]]) -> dict[str, Any]:
    if slug not in given:
        return {}
    return {slug: given[slug] if isinstance(QUESTIONS[slug].base_fields[slug], forms.MultipleChoiceField)
            else given[slug][0]}


@require_GET
def result(request: HttpRequest) -> HttpResponse:
    given = _given(request)
    for slug in ("use", "visit"):
        if slug not in given:
            return HttpResponseRedirect(f"{_address(slug)}?{urlencode(given, doseq=True)}")
    directory = partners.directory()
    advice = advise(
        Answers(use=Use(given["use"][0]), procedures=frozenset(given.get("procedures", ())),
                partners=frozenset(given.get("partners", ())), can_come=given["visit"] == ["yes"]),
        catalogue.current(),
        [PartnerFacts(slug=partner.slug, accepts=frozenset(partner.accepts), procedures=frozenset(partner.procedures))
         for partner in directory])
    names = {partner.slug: partner.name_in(_language()) for partner in directory}
    return render(request, "public/result.html", {
        "use": given["use"][0], "can_come": given["visit"] == ["yes"],
        "proposals": [{
            "device": one.product.device, "use": one.product.use, "price": price_in_words(one.product.price),
            "available": one.available, "ways": one.ways, "desk": Channel.DESK in one.now,
            "partners": [names[slug] for slug in one.partners]} for one in advice.proposals],
        "rejected": [{
            "device": one.product.device,
            "partners": [names[fact] for reason, fact in one.reasons if reason == Against.PARTNER],
            "procedures": [fact for reason, fact in one.reasons if reason == Against.PROCEDURE]}
            for one in advice.rejected],
        "available": any(one.available for one in advice.proposals),
        "again": f"{_address('use')}?{urlencode(given, doseq=True)}",
        "back": f"{_address('visit')}?{urlencode(given, doseq=True)}"})
