# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, DateField, Form
from paraph.domain.devices.models import Device
from paraph.interfaces.helpdesk.wording import (
    DELIVERIES,
    DEVICE_TYPES,
    DISABLED_FOR,
    OUTCOMES,
    QUESTIONS,
    REASONS,
    REPLACED_FOR,
    WAYS,
)

TYPED = {"autocomplete": "off", "class": "govuk-input--width-10", "spellcheck": "false"}


def posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


class CheckForm(Form):
    """What the caller says, typed as he says it; the system compares, and shows nothing of what it knows."""

    marks_optional = False
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


class HolderForm(Form):
    """Who does not know his UserID: all four, or nobody is found (R148: the UserID itself is never said)."""

    family_names = forms.CharField(label=_("Nom de famille"), max_length=120,
                                   widget=forms.TextInput(attrs={"autocomplete": "off"}))
    given_names = forms.CharField(label=_("Prénoms"), max_length=120,
                                  widget=forms.TextInput(attrs={"autocomplete": "off"}))
    birth_date = DateField(label=_("Date de naissance"))
    postcode = forms.CharField(label=_("Code postal"), max_length=12, widget=forms.TextInput(attrs=TYPED))


class CodesForm(Form):
    channel = forms.ChoiceField(label=_("Comment envoyer les nouveaux codes ?"), choices=WAYS, widget=forms.RadioSelect)


class ProductForm(Form):
    serial = forms.CharField(
        label=_("Numéro de série du Scan à ajouter"), max_length=40, widget=forms.TextInput(attrs=TYPED),
        help_text=_("L’appelant l’active ensuite lui-même dans « Gérer mes produits », avec son Token."))


class ReplaceForm(Form):
    """A device from stock in place of a lost, stolen or defective one, allowed by the agent's own Token (R085)."""

    device = forms.ChoiceField(label=_("Produit à remplacer"), widget=forms.RadioSelect, choices=())
    replaced_for = forms.ChoiceField(label=_("Que lui est-il arrivé ?"), choices=(("", _("Choisissez")), *REPLACED_FOR))
    new_serial = forms.CharField(label=_("Numéro de série du nouveau produit"), max_length=40,
                                 widget=forms.TextInput(attrs=TYPED))
    delivery = forms.ChoiceField(label=_("Comment le titulaire le reçoit-il ?"), choices=DELIVERIES,
                                 widget=forms.RadioSelect)
    code = forms.CharField(
        label=_("Code affiché par votre propre Token"), max_length=20, required=False,
        widget=CodeInput(length=6, autocomplete="off"),
        help_text=_("Il montre que c’est vous qui autorisez ce remplacement. Laissez vide si le titulaire l’autorise lui-même "
                    "avec un autre de ses produits."))

    def __init__(self, *args: object, devices: list[Device], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device"].choices = [(str(row.id), f"{DEVICE_TYPES[row.type]} {row.serial}") for row in devices]

    @property
    def is_possible(self) -> bool:
        """Whether there is anything to replace."""
        return bool(self.fields["device"].choices)

    @property
    def given(self) -> dict[str, str]:
        """As services.replace_product() wants it."""
        given = self.cleaned_data
        return {"device_id": given["device"], "reason": given["replaced_for"], "serial": given["new_serial"],
                "delivery": given["delivery"], "code": given["code"]}


class SendForm(Form):
    """For who asked in My space that a new product is sent to him."""

    sent_serial = forms.CharField(label=_("Numéro de série du produit envoyé"), max_length=40,
                                  widget=forms.TextInput(attrs=TYPED))


class DisableForm(Form):
    """R080: one product rests, the certificate stays."""

    resting = forms.ChoiceField(label=_("Produit à désactiver"), widget=forms.RadioSelect, choices=())
    disabled_for = forms.ChoiceField(label=_("Pourquoi le désactiver ?"),
                                     choices=(("", _("Choisissez")), *DISABLED_FOR))

    def __init__(self, *args: object, devices: list[Device], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["resting"].choices = [(str(row.id), f"{DEVICE_TYPES[row.type]} {row.serial}") for row in devices]

    @property
    def is_possible(self) -> bool:
        return bool(self.fields["resting"].choices)


class SuspendForm(Form):
    reason = forms.ChoiceField(label=_("Pourquoi suspendre ?"), choices=(("", _("Choisissez")), *REASONS))


class CloseForm(Form):
    outcome = forms.ChoiceField(label=_("Comment l’appel s’est-il terminé ?"),
                                choices=(("", _("Choisissez")), *OUTCOMES))
