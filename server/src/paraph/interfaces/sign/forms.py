# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import CodeInput, Form


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
