# SPDX-License-Identifier: Apache-2.0
"""What the door says of devices and their codes."""

from django.utils.translation import gettext_lazy as _

from paraph.kernel import rules

WRONG_CODE = {
    "token": _("Ce code n’est pas accepté. Attendez que votre Token affiche un nouveau code, puis réessayez."),
    "scan": _("Ce code n’est pas accepté. Visez l’image de cette page avec votre Scan et recopiez le code qu’il affiche."),
}
WRONG_PASSKEY = _("Cette clé d’accès n’est pas acceptée, ou votre compte est bloqué. Réessayez, ou choisissez un autre produit.")
NO_ANSWER = _("Votre navigateur n’a rien envoyé de lisible. Réessayez, ou choisissez un autre produit.")
# One answer for whatever was wrong, as soon as the door knows it: for a Token after the password, for the others at the end.
# The last sentence is for whoever has no such product, and everybody reads it.
REFUSALS = {
    "token": _("Le UserID ou le mot de passe n’est pas correct, ou votre compte est bloqué. Vérifiez aussi votre produit : "
               "ici, il faut un Token actif."),
    "scan": _("Le UserID, le mot de passe ou le code n’est pas correct, ou votre compte est bloqué. Vérifiez aussi votre "
              "produit : ici, il faut un Scan actif."),
    "passkey": _("Le UserID, le mot de passe ou la clé d’accès n’est pas correct, ou votre compte est bloqué. Vérifiez aussi "
                 "votre produit : il faut une clé d’accès de votre compte, et certains services n’acceptent pas toutes les "
                 "clés d’accès."),
}
# Before the choice of a product, to whom a session had ended in front of a page of ours.
ENDED = {
    "idle": _("Votre session est terminée, par exemple après quelques minutes sans activité. Connectez-vous pour continuer."),
    "unsent": _("Votre session est terminée, par exemple après quelques minutes sans activité. Ce que vous venez d’envoyer n’est "
                "pas arrivé : connectez-vous, puis recommencez."),
}
# To whom came with a product that opens nothing here.
_CARD = _("Avec une SmartCard, un Signing Stick ou une carte d’identité, vous ne pouvez pas encore vous connecter ici. "
          "Choisissez un autre produit.")
_OTHER = _("Ce produit n’est pas accepté ici. Choisissez-en un autre.")
NOT_HERE = {
    "smartcard": _CARD, "signing_stick": _CARD, "eid": _CARD, "token": _OTHER, "scan": _OTHER, "passkey": _OTHER,
    "app": _("Avec l’application, vous ne pouvez pas encore vous connecter ici. Choisissez un autre produit."),
}
BLOCKS = _("Après %(failures)s essais incorrects, un compte est bloqué pendant %(hours)s heures.")
# R207: in this order, and the button stands at the top right.
SCAN_STEPS = (
    _("Allumez votre Scan avec le bouton en haut à droite."),
    _("Visez l’image ci-dessous."),
    _("Lisez ce que votre Scan affiche : pour qui, pour quoi, à quelle adresse."),
    _("Recopiez les 8 chiffres. Si quelque chose ne correspond pas, annulez."),
)


def refusal(device: str) -> str:
    current = rules.current()
    return f"{REFUSALS[device]} {BLOCKS % {'failures': current.lockout_failures, 'hours': current.lockout_hours}}"
