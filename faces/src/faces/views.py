# SPDX-License-Identifier: Apache-2.0
"""The gallery: every component and form field on one page. Shown by the demonstration, checked by the tests."""

from datetime import UTC, datetime

from django import forms
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, DateField, Form

DEVICES = [("token", "Token"), ("app", _("Application")), ("card", _("Carte à puce"))]


class ShowcaseForm(Form):
    """One field of each kind."""

    family_name = forms.CharField(label=_("Nom"), help_text=_("Comme sur votre pièce d’identité."), max_length=100,
                                  widget=forms.TextInput(attrs={"autocomplete": "family-name"}))
    birth_date = DateField(label=_("Date de naissance"), help_text=_("Par exemple 27 3 1985."), birthday=True)
    email = forms.EmailField(label=_("Adresse e-mail"), required=False,
                             widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    device = forms.ChoiceField(label=_("Votre appareil"), choices=DEVICES, widget=forms.RadioSelect)
    papers = forms.MultipleChoiceField(label=_("Papiers à apporter"), choices=DEVICES[:2], required=False,
                                       widget=forms.CheckboxSelectMultiple)
    country = forms.ChoiceField(label=_("Pays"), choices=[("LU", "Luxembourg"), ("FR", "France")],
                                widget=forms.Select(attrs={"autocomplete": "country"}))
    code = forms.CharField(label=_("Code de votre Token"), help_text=_("Les six chiffres affichés."),
                           widget=CodeInput(length=6))
    password = forms.CharField(label=_("Mot de passe"),
                               widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))
    document = forms.FileField(label=_("Document à signer"), help_text=_("PDF, 20 Mo au plus."))
    remark = forms.CharField(label=_("Remarque"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    terms = forms.BooleanField(label=_("J’accepte les conditions générales"))


SAMPLE_MOMENT = datetime(2026, 11, 24, 13, 5, tzinfo=UTC)


def gallery(request: HttpRequest) -> HttpResponse:
    """The people's page. Its form is judged and nothing is kept."""
    form = ShowcaseForm(request.POST, request.FILES) if request.method == "POST" else ShowcaseForm()
    if form.is_valid():
        return redirect("faces:confirmation")
    return render(request, "faces/gallery.html", {
        "form": form,
        "moment": SAMPLE_MOMENT,
        "steps": [_("Vos données"), _("Votre bureau"), _("Paiement"), _("Confirmation")],
        "trail": [{"text": _("Accueil"), "href": "/"}, {"text": _("Galerie")}],
        "error_pages": list(ERROR_PAGES),
        "page": Paginator(range(50), 10).page(2),
    })


def confirmation(request: HttpRequest) -> HttpResponse:
    """The page after an act: what was done, under which reference, what comes next."""
    return render(request, "faces/gallery_confirmation.html")


def waiting(request: HttpRequest) -> HttpResponse:
    """A page that waits for something elsewhere, inside a session that ends for want of activity."""
    return render(request, "faces/gallery_waiting.html")


def state(request: HttpRequest) -> HttpResponse:
    """What the waiting page asks for."""
    return JsonResponse({"state": "waiting"})


def console(request: HttpRequest) -> HttpResponse:
    """The staff's page."""
    return render(request, "faces/gallery_console.html", {
        "moment": SAMPLE_MOMENT,
        "navigation": [
            {"text": _("Demandes"), "href": "/faces/console/", "current": True},
            {"text": _("Rendez-vous"), "href": "/faces/"},
            {"text": _("Stock de Tokens"), "href": "/faces/"},
        ],
        "requests": [
            {"reference": "P7K2-9QF4-M", "name": "Marie Weber", "state": _("à contrôler"), "colour": "yellow"},
            {"reference": "C3T8-2LRV-X", "name": "João Pereira", "state": _("prête"), "colour": "green"},
            {"reference": "H5N6-7WJD-B", "name": "Anna-Lena Oberweis-Schmitz", "state": _("refusée"), "colour": "red"},
        ],
    })


ERROR_PAGES = {
    "400": ("400.html", 400),
    "403": ("403.html", 403),
    "csrf": ("403_csrf.html", 403),
    "404": ("404.html", 404),
    "405": ("405.html", 405),
    "429": ("429.html", 429),
    "500": ("500.html", 500),
    "503": ("503.html", 503),
    "expired": ("faces/expired.html", 403),
    "refusal": ("faces/refusal.html", 409),
}


def error_page(request: HttpRequest, name: str) -> HttpResponse:
    """An error page as a visitor would meet it, with its status."""
    if name not in ERROR_PAGES:
        raise Http404
    template, status = ERROR_PAGES[name]
    sample = {"sentence": _("Cette demande a déjà été traitée."), "refusal": {"code": "faces.sample"}}
    return render(request, template, sample, status=status)
