# SPDX-License-Identifier: Apache-2.0
"""The questions of an order. What is right or wrong is decided by orders.policy; here it gets its words."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, DateField, Form
from faces.templatetags.faces import reference
from paraph.domain.accounts import policy as accounts
from paraph.domain.orders import policy
from paraph.domain.orders.policy import Document, Problem
from paraph.domain.organisations import queries as organisations
from paraph.domain.reference import countries
from paraph.interfaces.shop.draft import Draft
from paraph.interfaces.shop.wording import CODE_CHARACTERS, CODE_LENGTH, DOCUMENTS, sentence


def text(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    attributes = {"autocomplete": autocomplete, **options.pop("attrs", {})}
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attributes), **options)


def country(label: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=lambda: countries.choices((get_language() or "fr")[:2]),
                             initial="LU", widget=forms.Select(attrs={"autocomplete": "country"}))


class StepForm(Form):
    """One step. `draft` holds the answers so far; `today` is the operator's date."""

    def __init__(self, *args: Any, draft: Draft, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.draft = draft
        self.today = today

    def add_problems(self, problems: Mapping[str, Problem]) -> None:
        for name, problem in problems.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, sentence(problem, self.cleaned_data.get("country", "")))

    def answers(self) -> dict[str, Any]:
        return self.cleaned_data


class ApplicantForm(StepForm):
    family_names = text(_("Noms de famille"), "family-name", help_text=_("Tous les noms, comme sur le document d’identité."))
    given_names = text(_("Prénoms"), "given-name", help_text=_("Tous les prénoms, comme sur le document d’identité."))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        problems = {name: policy.text_problem(value, policy.LONGEST_NAME) for name, value in cleaned.items()}
        self.add_problems({name: problem for name, problem in problems.items() if problem})
        return cleaned


class DocumentForm(StepForm):
    type = forms.ChoiceField(label=_("Type de document"), choices=DOCUMENTS, widget=forms.RadioSelect)
    country = country(_("Pays qui l’a délivré"))
    number = text(_("Numéro du document"), "off", attrs={"class": "govuk-input--width-20", "spellcheck": "false",
                                                         "autocapitalize": "characters"})
    expires_on = DateField(label=_("Valable jusqu’au"))
    mrz = forms.CharField(
        label=_("Zone de lecture"), required=False, max_length=200, strip=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false",
                                     "autocapitalize": "characters"}),
        help_text=_("Les deux ou trois dernières lignes du document, avec les signes <. Si vous les recopiez, nous "
                    "vérifions que vous n’avez pas fait d’erreur."))

    def clean_mrz(self) -> str:
        typed = self.cleaned_data["mrz"].strip().upper()
        problem = policy.zone_problem(typed, self.today) if typed else None
        if problem:
            raise forms.ValidationError(sentence(problem))
        return typed

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not {"type", "country", "number", "expires_on"} - set(cleaned):
            document = Document(**{"mrz": "", **cleaned})
            self.add_problems(policy.document_problems(document, self.today))
            self.add_problems(policy.zone_differences(document, None, self.today))
        return cleaned


class BirthForm(StepForm):
    birth_date = DateField(label=_("Date de naissance"), birthday=True)
    street = text(_("Numéro et rue"), "street-address")
    postcode = text(_("Code postal"), "postal-code", attrs={"class": "govuk-input--width-10"},
                    help_text=_("Par exemple 1536 ou L-1536. Si votre pays n’en a pas, écrivez 0."))
    city = text(_("Localité"), "address-level2")
    country = country(_("Pays"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "document" in self.draft.answers:
            self.fields["birth_date"].initial = policy.zone_birth_date(self.draft.document().mrz, self.today)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        lengths = {"street": policy.LONGEST_LINE, "postcode": policy.LONGEST_POSTCODE, "city": policy.LONGEST_LINE}
        problems = {name: policy.text_problem(cleaned[name], longest)
                    for name, longest in lengths.items() if name in cleaned}
        if {"street", "postcode", "city", "country"} <= set(cleaned):
            address = (cleaned["street"], cleaned["postcode"], cleaned["city"], cleaned["country"])
            problems |= {name: problems.get(name) or found for name, found in policy.place_problems(*address).items()}
        if cleaned.get("birth_date"):
            problems["birth_date"] = policy.birth_date_problem(cleaned["birth_date"], self.today)
            if "document" in self.draft.answers:
                differences = policy.zone_differences(self.draft.document(), cleaned["birth_date"], self.today)
                problems["birth_date"] = problems["birth_date"] or differences.get("birth_date")
        self.add_problems({name: problem for name, problem in problems.items() if problem})
        return cleaned


class ContactForm(StepForm):
    email = forms.CharField(
        label=_("Adresse e-mail"), required=False,
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "email", "spellcheck": "false"}),
        help_text=_("Pour les nouvelles de votre commande. Sans adresse, vous les lisez sur la page de suivi."))
    mobile = forms.CharField(
        label=_("Numéro de mobile"), required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "class": "govuk-input--width-20"}),
        help_text=_("Pour recevoir vos codes par SMS. Sans mobile, ils viennent par lettre : comptez quelques jours."))

    def _normal(self, name: str, normal: Callable[[str], str]) -> str:
        typed = self.cleaned_data[name].strip()
        problem = policy.contact_problem(typed, normal)
        if problem:
            raise forms.ValidationError(sentence(problem))
        return normal(typed) if typed else ""

    def clean_email(self) -> str:
        return self._normal("email", accounts.normal_email)

    def clean_mobile(self) -> str:
        return self._normal("mobile", accounts.normal_mobile)


class CodeForm(StepForm):
    heading_field = "activation_code"
    activation_code = forms.CharField(
        label=_("Choisissez un code d’activation de 5 caractères"),
        widget=CodeInput(length=5, digits=False, autocomplete="off"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = self.draft.answers.get("document", {}).get("number", "")
        self.suggested = policy.suggested_activation_code(number)
        self.fields["activation_code"].initial = self.suggested
        self.fields["activation_code"].help_text = _(
            "Notre conseil : les 5 derniers caractères du numéro de votre document d’identité. Nous les avons déjà "
            "écrits ; vous pouvez en choisir 5 autres. Vous en aurez besoin pour activer votre produit. Les majuscules "
            "et les minuscules comptent.")

    def clean_activation_code(self) -> str:
        code = self.cleaned_data["activation_code"]
        problem = policy.activation_code_problem(code)
        if problem:
            raise forms.ValidationError(CODE_LENGTH if problem == Problem.LENGTH else CODE_CHARACTERS)
        return code


class AuthorityForm(StepForm):
    heading_field = "authority"
    authority = forms.ChoiceField(label=_("À quel bureau d’enregistrement irez-vous ?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["authority"].choices = [
            (str(desk.id), format_html("{}, {}, {} {}", desk.name, desk.address["street"],
                                       reference(desk.address["postcode"]), desk.address["city"]))
            for desk in organisations.registration_authorities()]
        self.fields["authority"].help_text = _(
            "Vous y montrez votre document d’identité. Votre commande n’est visible que là.")


class TermsForm(StepForm):
    accepted = forms.BooleanField(label=_("J’ai lu les conditions du service et je les accepte."))


class VoucherForm(Form):
    voucher = forms.CharField(
        label=_("Code du bon"), max_length=40,
        help_text=_("Par exemple 7KD4-M2QX-TB9R. Les tirets et les espaces ne comptent pas."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters",
                                      "class": "govuk-input--code govuk-input--width-20"}))
