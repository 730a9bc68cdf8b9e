# SPDX-License-Identifier: Apache-2.0
"""What a confirmation says to a holder."""

from django.utils.translation import gettext_lazy as _

DEVICES = {
    "token": _("Token %(serial)s"),
    "scan": _("Scan %(serial)s : il affiche le texte lui-même"),
    "passkey": _("Clé d’accès"),
}
# R207: in this order, and the button stands at the top right.
SCAN_STEPS = (
    _("Allumez votre Scan avec le bouton en haut à droite."),
    _("Visez l’image ci-dessous."),
    _("Lisez ce que votre Scan affiche : qui demande, et quel texte. Comparez chaque mot et chaque chiffre avec cette page."),
    _("Recopiez les 8 chiffres. Si un seul mot ou un seul chiffre ne correspond pas, refusez."),
)
# What became of it: the title, and what was done.
ENDS = {
    "confirmed": (_("C’est confirmé"), _("Vous avez confirmé cette demande avec votre appareil.")),
    "cancelled": (_("Vous avez refusé"), _("Rien n’a été confirmé. Le service reçoit votre refus, sans aucune donnée sur vous.")),
    "reported": (_("Votre signalement est enregistré"), _("Rien n’a été confirmé. La demande est refusée.")),
    "lapsed": (_("Cette demande est terminée"), _("Le temps pour répondre est passé. Rien n’a été confirmé. "
                                                "Si vous voulez encore confirmer, recommencez auprès de ce service.")),
}
# How far the proof reaches.
EVIDENCE = {
    "device-bound": _("Votre Scan a affiché lui-même ce texte, et son code le couvre entièrement."),
    "server-bound": _("Ce texte était affiché sur notre page quand vous avez confirmé avec votre appareil."),
}
