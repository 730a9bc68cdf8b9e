# SPDX-License-Identifier: Apache-2.0
from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import Form

# R299 names four products; these can log in today.
PRODUCTS = [
    ("token", _("Token, le petit boîtier qui affiche un code à 6 chiffres")),
    ("scan", _("Scan, le lecteur qui photographie une image à l’écran")),
    ("passkey", _("Clé d’accès (passkey), sur votre téléphone, votre ordinateur ou une clé de sécurité")),
]


class ProductForm(Form):
    """R301: the product first, then "Connexion"; the codes are entered at the trust service."""

    product = forms.ChoiceField(label=_("Votre produit"), widget=forms.RadioSelect, choices=PRODUCTS, initial="token")
