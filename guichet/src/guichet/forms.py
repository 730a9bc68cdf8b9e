# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import Form

# How this portal calls the products; which of them log in here is the trust service's word (openid.RelyingParty.devices).
PRODUCTS = {
    "token": _("Token, le petit boîtier qui affiche un code à 6 chiffres"),
    "scan": _("Scan, le lecteur qui photographie une image à l’écran"),
    "app": _("Application mobile, sur votre téléphone"),
    "smartcard": _("SmartCard, avec un lecteur de cartes"),
    "signing_stick": _("Signing Stick, dans un port USB"),
    "eid": _("Carte d’identité électronique, avec un lecteur de cartes"),
    "passkey": _("Clé d’accès (passkey), sur votre téléphone, votre ordinateur ou une clé de sécurité"),
}


class ProductForm(Form):
    """R301: the product first, then "Connexion"; the codes are entered at the trust service. Where it has not said which
    products it accepts, it asks itself."""

    product = forms.ChoiceField(label=_("Votre produit"), widget=forms.RadioSelect, choices=())

    def __init__(self, *args: object, products: Iterable[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        known = [(product, PRODUCTS[product]) for product in products if product in PRODUCTS]
        if known:
            self.fields["product"].choices, self.fields["product"].initial = known, known[0][0]
        else:
            del self.fields["product"]
