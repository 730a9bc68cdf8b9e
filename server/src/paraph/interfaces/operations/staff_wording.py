# SPDX-License-Identifier: Apache-2.0
"""What the states of staff are called on these pages."""

from django.utils.translation import gettext_lazy as _

REQUEST_STATES = {
    "asked": (_("à décider"), "yellow"),
    "approved": (_("accordée"), "green"),
    "refused": (_("refusée"), "red"),
    "withdrawn": (_("retirée"), "grey"),
    "lapsed": (_("périmée"), "grey"),
}
INVITATION_STATES = {
    "sent": (_("lien envoyé"), "blue"),
    "lapsed": (_("lien périmé"), "grey"),
}
MEMBER_STATES = {
    "active": (_("en fonction"), "green"),
    "suspended": (_("accès suspendu"), "red"),
    "ended": (_("parti"), "grey"),
}
DEVICE_TYPES = {"token": _("Token"), "scan": _("Scan")}
DEVICE_STATES = {
    "assigned": _("pas encore activé"),
    "active": _("actif"),
    "disabled": _("au repos"),
}
LANGUAGES = {"fr": "Français", "de": "Deutsch", "en": "English"}
