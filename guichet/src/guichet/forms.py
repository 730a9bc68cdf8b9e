# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable

from django import forms
from django.core.exceptions import ValidationError
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


class AccountForm(Form):
    """A bank account, as its holder reads it on his card or statement."""

    iban = forms.CharField(
        label=_("Nouveau compte (IBAN)"), max_length=50,
        help_text=_("Par exemple LU28 0019 4006 4475 0000. Recopiez-le en entier."),
        widget=forms.TextInput(attrs={"class": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false",
                                      "autocapitalize": "characters"}))

    def clean_iban(self) -> str:
        """ISO 13616: two letters, two check digits, the account; written in groups of four that stay on one line."""
        plain = "".join(self.cleaned_data["iban"].split()).upper()
        shaped = 15 <= len(plain) <= 34 and plain.isascii() and plain.isalnum() and plain[:2].isalpha() and plain[2:4].isdigit()
        if not shaped or int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 != 1:
            raise ValidationError(_("Cet IBAN n’est pas juste. Vérifiez chaque lettre et chaque chiffre."))
        return "\u00a0".join(plain[start:start + 4] for start in range(0, len(plain), 4))
