# SPDX-License-Identifier: Apache-2.0
"""What the door says of devices and their codes."""

from django.utils.translation import gettext_lazy as _

WRONG_CODE = {
    "token": _("Ce code n’est pas accepté. Attendez que votre Token affiche un nouveau code, puis réessayez."),
    "scan": _("Ce code n’est pas accepté. Visez l’image de cette page avec votre Scan et recopiez le code qu’il affiche."),
}
WRONG_PASSKEY = _("Cette clé d’accès n’est pas acceptée, ou votre compte est bloqué. Réessayez, ou choisissez un autre produit.")
# R207: in this order, and the button stands at the top right.
SCAN_STEPS = (
    _("Allumez votre Scan avec le bouton en haut à droite."),
    _("Visez l’image ci-dessous."),
    _("Lisez ce que votre Scan affiche : pour qui, pour quoi, à quelle adresse."),
    _("Recopiez les 8 chiffres. Si quelque chose ne correspond pas, annulez."),
)
