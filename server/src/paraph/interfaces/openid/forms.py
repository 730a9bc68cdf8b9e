# SPDX-License-Identifier: Apache-2.0
from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import Form
from paraph.domain.authentication.queries import DeviceToConfirm
from paraph.interfaces.openid.wording import DEVICES


class DeviceForm(Form):
    """With which of his devices a holder confirms. Where he has one, there is nothing to choose."""

    device = forms.ChoiceField(label=_("Avec quel appareil confirmez-vous ?"), widget=forms.RadioSelect, choices=())

    def __init__(self, *args: object, devices: Sequence[DeviceToConfirm], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["device"]
        field.choices = [(device.serial, DEVICES[device.type] % {"serial": device.serial}) for device in devices]
        field.initial = devices[0].serial if devices else ""
        if len(devices) == 1:
            field.widget = forms.HiddenInput()
