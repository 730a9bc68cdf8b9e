# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from faces.forms import DateField, Form
from paraph.interfaces.helpdesk.wording import OUTCOMES, QUESTIONS, REASONS, WAYS

TYPED = {"autocomplete": "off", "class": "govuk-input--width-10", "spellcheck": "false"}


def posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


class CheckForm(Form):
    """What the caller says, typed as he says it; the system compares, and shows nothing of what it knows."""

    birth_date = DateField(label=QUESTIONS["birth_date"], required=False)
    document_ending = forms.CharField(label=QUESTIONS["document_ending"], max_length=10, required=False,
                                      widget=forms.TextInput(attrs=TYPED))
    postcode = forms.CharField(label=QUESTIONS["postcode"], max_length=12, required=False,
                               widget=forms.TextInput(attrs=TYPED))
    mobile_ending = forms.CharField(label=QUESTIONS["mobile_ending"], max_length=10, required=False,
                                    widget=forms.TextInput(attrs=TYPED))
    email = forms.CharField(label=QUESTIONS["email"], max_length=200, required=False,
                            widget=forms.TextInput(attrs=TYPED | {"class": "govuk-input--width-20"}))


    def clean(self) -> dict:
        given = super().clean()
        if not self.errors and not any(given.values()):
            raise ValidationError(_("Posez d’abord les questions."))
        return given


class CodesForm(Form):
    channel = forms.ChoiceField(label=_("Comment envoyer les nouveaux codes ?"), choices=WAYS, widget=forms.RadioSelect)


class ProductForm(Form):
    serial = forms.CharField(
        label=_("Numéro de série du Scan à ajouter"), max_length=40, widget=forms.TextInput(attrs=TYPED),
        help_text=_("L’appelant l’active ensuite lui-même dans « Gérer mes produits », avec son Token."))


class SuspendForm(Form):
    reason = forms.ChoiceField(label=_("Pourquoi suspendre ?"), choices=(("", _("Choisissez")), *REASONS))


class CloseForm(Form):
    outcome = forms.ChoiceField(label=_("Comment l’appel s’est-il terminé ?"),
                                choices=(("", _("Choisissez")), *OUTCOMES))
