# SPDX-License-Identifier: Apache-2.0
"""Forms for a forgotten password and a blocked account: one for everybody, whatever he has (R141)."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, Form
from paraph.domain.authentication.services import Received
from paraph.domain.devices.methods import SCAN
from paraph.interfaces.login.forms import NewPasswordForm
from paraph.interfaces.my.wording import WHAT_A_CHALLENGE_IS

TEXT = {"autocomplete": "off", "class": "govuk-input--code govuk-input--width-20", "spellcheck": "false",
        "autocapitalize": "none"}


class AskForm(Form):
    user_id = forms.CharField(
        label=_("UserID"), max_length=64,
        widget=forms.TextInput(attrs=TEXT | {"autocomplete": "username", "autocapitalize": "characters"}))


class UnblockForm(AskForm):
    """What was received, and what the device shows. Nothing but presence is checked here."""

    sms_code = forms.CharField(
        label=_("Code reçu par SMS"), max_length=20, required=False, widget=CodeInput(length=6),
        help_text=_("6 chiffres. Laissez ce champ vide si vous n’avez pas reçu de SMS."))
    initial_password = forms.CharField(
        label=_("Mot de passe initial de votre lettre"), max_length=64, required=False,
        widget=forms.TextInput(attrs=TEXT), help_text=_("Seulement si vous n’avez pas reçu de SMS."))
    code = forms.CharField(
        label=_("Code affiché par votre Token"), max_length=20, required=False,
        widget=CodeInput(length=6, autocomplete="off"),
        help_text=_("6 chiffres. Vous avez un Scan et pas de Token ? Laissez ce champ vide : la page suivante affiche une "
                    "image pour lui."))
    field_order = ("user_id", "sms_code", "initial_password", "code")

    def received(self, request_id: str | None) -> Received:
        given = self.cleaned_data
        return Received(request_id=request_id, sms_code="".join(given["sms_code"].split()),
                        initial_password=given["initial_password"], challenge=given.get("challenge", ""))

    def clean_code(self) -> str:
        return "".join(self.cleaned_data["code"].split())

    def clean(self) -> dict:
        given = super().clean()
        if not given.get("sms_code") and not given.get("initial_password"):
            self.add_error("sms_code", ValidationError(
                _("Recopiez le code du SMS ou, sans SMS, les codes de votre lettre.")))
        return given


class ScanAnswerForm(Form):
    code = forms.CharField(
        label=_("Code affiché par votre Scan"), max_length=20, widget=CodeInput(length=SCAN.answer_length, autocomplete="off"),
        help_text=_("8 chiffres."))


class ForgottenForm(UnblockForm, NewPasswordForm):
    challenge = forms.CharField(
        label=_("Challenge de votre lettre"), max_length=20, required=False,
        widget=CodeInput(length=6, autocomplete="off"),
        help_text=_("Le code de 6 chiffres à côté de votre UserID. Seulement si vous n’avez pas reçu de SMS."))
    field_order = ("user_id", "sms_code", "initial_password", "challenge", "code", "password", "again")


class ReportForm(Form):
    """A fraud in one step. With the initial codes the certificate is suspended at once."""

    what = forms.CharField(
        label=_("Que s’est-il passé ?"), max_length=2000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Par exemple l’adresse du faux site ou le numéro de téléphone. N’écrivez jamais de code ici."))
    tell_partners = forms.BooleanField(
        label=_("Prévenez les services que j’utilise avec mon certificat, par exemple ma banque."), required=False)


class ReportWithCodesForm(ReportForm):
    user_id = forms.CharField(label=_("UserID"), max_length=64, required=False, widget=forms.TextInput(
        attrs=TEXT | {"autocomplete": "username", "autocapitalize": "characters"}))
    initial_password = forms.CharField(label=_("Mot de passe initial de votre lettre"), max_length=64, required=False,
                                       widget=forms.TextInput(attrs=TEXT))
    challenge = forms.CharField(
        label=_("Challenge de votre lettre"), max_length=20, required=False, widget=CodeInput(length=6, autocomplete="off"),
        help_text=WHAT_A_CHALLENGE_IS)
    field_order = ("what", "user_id", "initial_password", "challenge", "tell_partners")

    CODES = ("user_id", "initial_password", "challenge")

    @property
    def codes(self) -> dict[str, str] | None:
        """The three codes, if the reporter gave them."""
        given = {name: self.cleaned_data[name] for name in self.CODES}
        return given if all(given.values()) else None

    def clean(self) -> dict:
        given = super().clean()
        filled = [bool(given.get(name)) for name in self.CODES]
        if any(filled) and not all(filled):
            raise ValidationError(_("Pour suspendre votre certificat, remplissez les trois codes de votre lettre."))
        if not any(filled) and "what" in given and not given["what"].strip():
            self.add_error("what", ValidationError(
                _("Écrivez ce qui s’est passé, ou remplissez les trois codes de votre lettre.")))
        return given


class OwnImageForm(Form):
    picture = forms.FileField(
        label=_("Quelle image choisissez-vous ?"), allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
        help_text=_("Une photo ou un dessin, 5 Mo au plus."), error_messages={"required": _("Choisissez une image.")})
