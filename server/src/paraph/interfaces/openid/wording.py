# SPDX-License-Identifier: Apache-2.0
"""What a confirmation says to a holder."""

from django.utils.translation import gettext_lazy as _

DEVICES = {
    "token": _("Token %(serial)s"),
    "scan": _("Scan %(serial)s : il affiche le texte lui-même"),
    "passkey": _("Clé d’accès"),
}
# What became of it: the title, and what was done.
ENDS = {
    "confirmed": (_("C’est confirmé"), _("Vous avez confirmé cette demande avec votre appareil.")),
    "cancelled": (_("Vous avez refusé"), _("Rien n’a été confirmé. Le service reçoit votre refus, sans aucune donnée sur vous.")),
    "reported": (_("Votre signalement est enregistré"), _("Rien n’a été confirmé. La demande est refusée.")),
    "lapsed": (_("Cette demande est terminée"), _("Le temps pour répondre est passé. Rien n’a été confirmé.")),
}
# How far the proof reaches.
EVIDENCE = {
    "device-bound": _("Votre Scan a affiché lui-même ce texte, et son code le couvre entièrement."),
    "server-bound": _("Ce texte était affiché sur notre page quand vous avez confirmé avec votre appareil."),
}
