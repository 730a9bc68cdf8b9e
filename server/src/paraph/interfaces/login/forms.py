# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, Form
from paraph.domain.authentication import services
from paraph.domain.authentication.policy import PasswordProblem
from paraph.domain.devices.methods import SCAN
from paraph.kernel import rules

DEVICE_NAMES = {
    "token": _("Token, le petit boîtier qui affiche un code à 6 chiffres"),
    "scan": _("Scan, le lecteur qui photographie une image à l’écran"),
    "passkey": _("Clé d’accès (passkey), sur votre téléphone, votre ordinateur ou une clé de sécurité"),
}

PASSWORD_SENTENCES = {
    PasswordProblem.TOO_SHORT: _("Le mot de passe est trop court : il faut au moins %(minimum)s caractères."),
    PasswordProblem.TOO_LONG: _("Le mot de passe est trop long : il faut au plus %(maximum)s caractères."),
    PasswordProblem.NO_LOWER: _("Ajoutez au moins une lettre minuscule."),
    PasswordProblem.NO_UPPER: _("Ajoutez au moins une lettre majuscule."),
    PasswordProblem.NO_DIGIT: _("Ajoutez au moins un chiffre."),
    PasswordProblem.SAME_AS_CURRENT: _("Choisissez un autre mot de passe que l’actuel."),
    PasswordProblem.SAME_AS_INITIAL: _("Choisissez un autre mot de passe que le mot de passe initial."),
}


def password_errors(problems: Iterable[PasswordProblem]) -> list[ValidationError]:
    """A sentence for each rule that a password misses (R136)."""
    facts = {"minimum": rules.current().password_minimum, "maximum": rules.current().password_maximum}
    return [ValidationError(PASSWORD_SENTENCES[problem], code=problem, params=facts) for problem in problems]


def password_hint() -> str:
    """What a new password must be, said before it is typed (R136)."""
    current = rules.current()
    hint = _("De %(minimum)s à %(maximum)s caractères, avec des minuscules, des majuscules et des chiffres.") \
        if current.password_kinds \
        else _("De %(minimum)s à %(maximum)s caractères. Plusieurs mots se retiennent mieux qu’un seul.")
    return hint % {"minimum": current.password_minimum, "maximum": current.password_maximum}


class DeviceForm(Form):
    heading_field = "device"
    device = forms.ChoiceField(
        label=_("Avec quel produit voulez-vous vous connecter ?"), widget=forms.RadioSelect, choices=())

    def __init__(self, *args: object, devices: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device"].choices = [(device, DEVICE_NAMES[device]) for device in devices]


class PasswordForm(Form):
    """The first step. Nothing but presence is checked here: the domain gives one answer to whatever is wrong."""

    user_id = forms.CharField(
        label=_("UserID"), max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "class": "govuk-input--width-10",
                                      "spellcheck": "false", "autocapitalize": "characters"}))
    password = forms.CharField(
        label=_("Mot de passe"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "govuk-input--width-20"}))


class CodeForm(Form):
    """The code that a Token shows: for the door and for whatever needs a fresh code (template login/code_form.html)."""

    code = forms.CharField(
        label=_("Code affiché par votre Token"), max_length=20, widget=CodeInput(length=6),
        help_text=_("Appuyez sur le bouton du Token, puis recopiez les 6 chiffres."))

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())


class AnswerForm(CodeForm):
    """The code that a Scan shows for the image of this page."""

    code = forms.CharField(
        label=_("Code affiché par votre Scan"), max_length=20, widget=CodeInput(length=SCAN.answer_length),
        help_text=_("8 chiffres. Ne les recopiez que si votre Scan affiche bien ce que vous voulez faire."))


CODE_FORMS = {"token": CodeForm, "scan": AnswerForm}


class NewPasswordForm(Form):
    """A new password, typed twice, with the rules of R136."""

    password = forms.CharField(
        label=_("Nouveau mot de passe"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "govuk-input--width-20"}))
    again = forms.CharField(
        label=_("Nouveau mot de passe, encore une fois"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "class": "govuk-input--width-20"}))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = password_hint()

    def clean(self) -> dict:
        """Both faults are told at once: rules that it misses, and a second line that differs."""
        given = super().clean()
        password = given.get("password")
        if password and "again" in given and password != given["again"]:
            self.add_error("again", _("Les deux mots de passe ne sont pas les mêmes."))
        if password and (problems := services.password_problems(password)):
            self.add_error("password", password_errors(problems))
        return given


class ChangePasswordForm(NewPasswordForm):
    """The password of today first: whoever finds an open session can't take the account over."""

    current = forms.CharField(
        label=_("Mot de passe actuel"), max_length=128, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "class": "govuk-input--width-20"}))
    field_order = ("current", "password", "again")
