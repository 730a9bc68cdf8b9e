# SPDX-License-Identifier: Apache-2.0
"""What levels, remarks and outcomes say to somebody who signs."""

from math import ceil

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from paraph.interfaces.login.wording import SCAN_STEPS

# Said before the signature and repeated after it: what it is, and what it is worth.
LEVELS = {
    "advanced": (
        _("une signature électronique avancée"),
        _("Elle ne peut pas être refusée du seul fait qu’elle est électronique. Elle n’équivaut pas à une signature "
          "manuscrite : si elle est contestée, c’est à la partie qui s’en prévaut d’apporter la preuve."),
    ),
    "advanced_qualified_certificate": (
        _("une signature électronique avancée, avec un certificat qualifié"),
        _("Elle n’équivaut pas à une signature manuscrite : si elle est contestée, c’est à la partie qui s’en prévaut "
          "d’apporter la preuve. Le certificat qualifié l’y aide."),
    ),
    "qualified": (
        _("une signature électronique qualifiée"),
        _("Elle équivaut à une signature manuscrite dans toute l’Union européenne : si vous la contestez un jour, ce sera à "
          "vous d’apporter la preuve."),
    ),
}
REMARKS = {
    "script": _("Ce document contient un programme (JavaScript). Ce que montre un autre lecteur peut en dépendre ; vous lisez "
                "ici les pages sans lui."),
    "sends": _("Ce document contient un bouton qui envoie ou importe des données."),
    "attachments": _("Ce document contient des pièces jointes. Vous les signez aussi, sans les voir ici."),
    "layers": _("Ce document a des calques qui peuvent être masqués. Vous lisez ici ce qui est affiché normalement."),
    "moving": _("Ce document contient du son, de la vidéo ou des objets animés. Vous n’en voyez ici que l’image fixe."),
    "form": _("Ce document contient des champs de formulaire. Vous signez ce qui y est écrit maintenant."),
    "irregular": _("La structure de ce PDF n’est pas tout à fait conforme. Nous avons pu le lire en entier."),
}
WRONG_CODE = {
    "token": _("Ce code n’est pas accepté. Attendez que votre Token affiche un nouveau code, puis réessayez. Le code de votre "
               "connexion ne sert pas une seconde fois."),
    "scan": _("Ce code n’est pas accepté. Visez l’image de cette page avec votre Scan et recopiez le code qu’il affiche."),
}
TOO_MANY_CODES = {
    "token": _("Il y a eu trop d’essais faux avec ce Token. Recommencez dans douze heures, ou appelez-nous."),
    "scan": _("Il y a eu trop d’essais faux avec ce Scan. Recommencez dans douze heures, ou appelez-nous."),
}
TOO_LATE = {
    "token": _("Le temps pour donner le code est passé. Rien n’a été signé. Voici une nouvelle page : donnez un code que votre "
             "Token affiche maintenant."),
    "scan": _("Le temps pour donner le code est passé. Rien n’a été signé. Voici une nouvelle image pour votre Scan."),
}
# The steps of R207 for a signature: what the Scan shows stands on the page in the same words.
SIGNING_STEPS = (
    *SCAN_STEPS[:2],
    _("Lisez ce que votre Scan affiche. Le nom du document, sa longueur et l’empreinte doivent être les mêmes que sur cette "
      "page."),
    _("Recopiez les 8 chiffres. Si quelque chose ne correspond pas, ne signez pas."),
)
STATES = {
    "requested": (_("À signer"), "yellow"),
    "authorised": (_("En cours"), "yellow"),
    "signing": (_("En cours"), "yellow"),
    "signed": (_("Signé"), "green"),
    "failed": (_("Non signé"), "red"),
    "declined": (_("Vous n’avez pas signé"), ""),
    "lapsed": (_("Délai dépassé"), ""),
}


def length_of(pages: int, octets: int) -> str:
    """How long a document is, on the page and on a Scan: "3 pages, 118 Ko". Nothing in it that a Scan can't show."""
    size = (gettext("%(size)s Ko") % {"size": ceil(octets / 1000)} if octets < 1_000_000
            else gettext("%(size)s Mo") % {"size": ceil(octets / 1_000_000)})
    return ngettext("%(pages)s page, %(size)s", "%(pages)s pages, %(size)s", pages) % {"pages": pages, "size": size}
