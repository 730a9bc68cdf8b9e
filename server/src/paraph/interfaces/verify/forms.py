# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import Form


class FileForm(Form):
    file = forms.FileField(
        label=_("Le document à vérifier"), allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
        help_text=_("Un fichier PDF. Nous le lisons, nous répondons, et nous ne le gardons pas."),
        error_messages={"required": _("Choisissez le fichier PDF à vérifier.")})
