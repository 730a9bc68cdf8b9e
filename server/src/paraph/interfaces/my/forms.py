# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, Form
from paraph.domain.authentication.queries import gallery
from paraph.domain.devices.methods import METHODS, SCAN, TOKEN
from paraph.domain.devices.services.passkeys import LONGEST_NAME
from paraph.interfaces.my.wording import (
    DEVICE_TYPES,
    MISSED_FOR,
    REPLACED_FOR,
    REPORTED_FOR,
    WHAT_A_CHALLENGE_IS,
)


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, also when nothing was ticked; None for a page that is only looked at."""
    return request.POST if request.method == "POST" else None


def _code(label: str, autocomplete: str = "off", **attributes: str) -> forms.CharField:
    return forms.CharField(label=label, max_length=64, widget=forms.TextInput(attrs={
        "autocomplete": autocomplete, "class": "govuk-input--code govuk-input--width-20", "spellcheck": "false",
        "autocapitalize": "none", **attributes}))


class CodesForm(Form):
    """The first two codes of the letter or SMS."""

    user_id = _code(_("UserID"), "username", autocapitalize="characters")
    initial_password = _code(_("Mot de passe initial"))


class ActivationCodeForm(Form):
    heading_field = "activation_code"
    activation_code = forms.CharField(
        label=_("Quel est votre code d’activation ?"), max_length=20, strip=False,
        widget=CodeInput(length=5, digits=False, autocomplete="off"),
        help_text=_("Les 5 caractères que vous avez choisis lors de la commande, majuscules et minuscules comme alors."))


class DeviceCodeForm(Form):
    heading_field = "code"
    code = forms.CharField(
        label=_("Quel code votre Token affiche-t-il ?"), max_length=20, widget=CodeInput(length=TOKEN.answer_length),
        help_text=_("Appuyez sur le bouton du Token, puis recopiez les 6 chiffres."))


class TwoCodesForm(Form):
    """Two codes that a Token shows one after the other."""

    first = forms.CharField(
        label=_("Premier code"), max_length=20, widget=CodeInput(length=TOKEN.answer_length, autocomplete="off"),
        help_text=_("Les 6 chiffres que votre Token affiche maintenant."))
    second = forms.CharField(
        label=_("Deuxième code"), max_length=20, widget=CodeInput(length=TOKEN.answer_length, autocomplete="off"),
        help_text=_("Attendez que le Token affiche un autre code, puis recopiez-le."))

    @property
    def codes(self) -> tuple[str, str]:
        return self.cleaned_data["first"], self.cleaned_data["second"]


class FirstImageForm(Form):
    code = forms.CharField(
        label=_("Les 10 chiffres que votre Scan affiche pour la première image"), max_length=20,
        widget=CodeInput(length=SCAN.first_answer_length))


class AllowingImageForm(Form):
    """The Scan that the holder has lets the new product in."""

    code = forms.CharField(
        label=_("Les 8 chiffres que votre Scan affiche pour cette image"), max_length=20,
        widget=CodeInput(length=SCAN.answer_length))


class SecondImageForm(Form):
    code = forms.CharField(
        label=_("Les 8 chiffres que votre Scan affiche pour la deuxième image"), max_length=20,
        widget=CodeInput(length=SCAN.answer_length))


class ImageForm(Form):
    image = forms.ChoiceField(label=_("Quelle image choisissez-vous ?"), choices=())

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["image"].choices = [(picture.id, picture.label) for picture in gallery()]


class ContentForm(Form):
    accepted = forms.BooleanField(label=_("Ces données sont justes et j’accepte qu’elles figurent dans mes certificats."))


class TermsForm(Form):
    accepted = forms.BooleanField(label=_("J’ai lu les conditions d’utilisation et je les accepte."))


class PasskeyNameForm(Form):
    name = forms.CharField(
        label=_("Comment voulez-vous appeler cette clé d’accès ?"), max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "govuk-input--width-20"}),
        help_text=_("Par exemple le nom de l’appareil : mon téléphone, ordinateur du bureau."),
        error_messages={"required": _("Donnez un nom à cette clé d’accès.")})


class SendingForm(Form):
    """The new product goes to the address that we know."""

    confirmed = forms.BooleanField(
        label=_("C’est mon adresse : envoyez le nouveau produit là."),
        error_messages={"required": _("Cochez la case si l’adresse est la bonne. Sinon, appelez-nous.")})


class ConfirmForm(Form):
    confirmed = forms.BooleanField()

    def __init__(self, *args: object, label: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed"].label = label
        self.fields["confirmed"].error_messages["required"] = _("Cochez la case pour confirmer.")


class ChallengeForm(Form):
    heading_field = "challenge"
    challenge = forms.CharField(
        label=_("Quel est votre Challenge ?"), max_length=20, widget=CodeInput(length=6, autocomplete="off"),
        help_text=_("Les 6 chiffres qui se trouvent dans votre SMS ou votre lettre, avec votre UserID."))


class ReplaceForm(Form):
    """What happened to a product (R085)."""

    reason = forms.ChoiceField(label=_("Que s’est-il passé ?"), choices=REPLACED_FOR, widget=forms.RadioSelect)

    def __init__(self, *args: object, never_activated: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if never_activated:
            self.fields["reason"].choices = MISSED_FOR


class InitialCodesForm(CodesForm):
    """The three codes of the letter, for suspension without the device (R127)."""

    challenge = forms.CharField(label=_("Challenge"), max_length=20, widget=CodeInput(length=6, autocomplete="off"),
                                help_text=WHAT_A_CHALLENGE_IS)


class ReportProductForm(InitialCodesForm, ReplaceForm):
    """For who has no product left that works (R078), or never had one."""

    device_type = forms.ChoiceField(label=_("Quel produit ?"), choices=[
        (name, DEVICE_TYPES[name]) for name in METHODS], widget=forms.RadioSelect)
    reason = forms.ChoiceField(label=_("Que s’est-il passé ?"), choices=REPORTED_FOR, widget=forms.RadioSelect)
    field_order = ("device_type", "reason", "user_id", "initial_password", "challenge")
