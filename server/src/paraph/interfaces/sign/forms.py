# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, Form
from paraph.domain.devices.methods import SCAN


class DocumentForm(Form):
    file = forms.FileField(
        label=_("Le document à signer"), allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        help_text=_("Un fichier PDF. Vous le lirez ici avant de signer."),
        error_messages={"required": _("Choisissez le fichier PDF à signer.")})


class CodeForm(Form):
    code = forms.CharField(
        label=_("Quel code votre Token affiche-t-il maintenant ?"), max_length=20, widget=CodeInput(length=6),
        help_text=_("6 chiffres. Le code de votre connexion ne sert pas une seconde fois : attendez le suivant."))


class ScanCodeForm(CodeForm):
    code = forms.CharField(
        label=_("Quel code votre Scan affiche-t-il pour cette image ?"), max_length=20,
        widget=CodeInput(length=SCAN.answer_length),
        help_text=_("8 chiffres. Ne les recopiez que si votre Scan affiche ce document et cette empreinte."))


CODE_FORMS = {"token": CodeForm, "scan": ScanCodeForm}
DEVICE_NAMES = {"token": _("Token %(serial)s"), "scan": _("Scan %(serial)s")}


class DeviceForm(Form):
    device = forms.ChoiceField(label=_("Avec quel produit signez-vous ?"), widget=forms.RadioSelect, choices=())

    def __init__(self, *args: object, devices: Iterable, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["device"].choices = [
            (device.serial, DEVICE_NAMES[device.type] % {"serial": device.serial}) for device in devices]
