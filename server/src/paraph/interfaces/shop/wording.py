# SPDX-License-Identifier: Apache-2.0
"""What a problem code says to a person: what is wrong and what to do."""

from django.utils.translation import gettext_lazy as _

from paraph.domain.orders.policy import Problem
from paraph.domain.orders.services import PaymentOutcome
from paraph.domain.reference import postcodes
from paraph.domain.reference.documents import DocumentType
from paraph.kernel import rules

PROBLEMS = {
    Problem.MISSING: _("Remplissez ce champ."),
    Problem.TOO_LONG: _("C’est trop long pour un certificat. Raccourcissez, ou appelez-nous."),
    Problem.CHARACTERS: _("Un caractère ne peut pas être utilisé ici. Écrivez des lettres et des chiffres."),
    Problem.NOT_A_NAME: _("Écrivez seulement des lettres, des espaces, des apostrophes, des traits d’union et des points."),
    Problem.FUTURE: _("Cette date est dans l’avenir. Vérifiez l’année."),
    Problem.TOO_OLD: _("Cette date est trop ancienne. Vérifiez l’année."),
    Problem.TOO_YOUNG: _("Il faut avoir %(years)s ans pour commander. Si la date est juste, revenez à votre anniversaire, ou "
                         "appelez-nous."),
    Problem.POSTCODE: _("Ce n’est pas un code postal de ce pays. Vérifiez le code et le pays choisi."),
    Problem.NO_HOUSE_NUMBER: _("Ajoutez le numéro de la maison, par exemple 12, rue des Lilas."),
    Problem.NO_NAME: _("Écrivez aussi le nom, en lettres."),
    Problem.UNKNOWN: _("Choisissez un pays dans la liste."),
    Problem.EXPIRED: _("Ce document n’est plus valable. Utilisez un autre document ou renouvelez celui-ci d’abord."),
    Problem.NOT_ACCEPTED: _("Ce type de document n’est pas accepté pour ce pays. Un passeport est toujours accepté."),
    Problem.LENGTH: _("Le nombre de caractères n’est pas le bon."),
    Problem.MRZ_LAYOUT: _("Recopiez toutes les lignes de la zone : trois de 30 caractères, ou deux de 36 ou de 44."),
    Problem.MRZ_CHECK: _("Un chiffre de contrôle ne correspond pas. Comparez chaque caractère avec votre document."),
    Problem.MRZ_DIFFERS: _("La zone de lecture de votre document dit autre chose. Vérifiez ce champ et la zone."),
    Problem.NOT_A_NUMBER: _("Ce numéro n’existe pas. Écrivez-le avec l’indicatif, par exemple +352 621 123 456."),
    Problem.NOT_MOBILE: _("Un SMS n’arriverait pas à ce numéro. Écrivez un numéro de mobile, ou laissez vide."),
    Problem.VOICEMAIL: _("Ce numéro est celui d’une boîte vocale. Écrivez le numéro du mobile lui-même."),
    Problem.NOT_AN_EMAIL: _("Écrivez une adresse e-mail complète, par exemple nom@exemple.lu."),
}
POSTCODE_DIGITS = _("Écrivez le code postal en %(digits)s chiffres, comme sur une enveloppe, ou choisissez un autre pays.")
CODE_LENGTH = _("Le code d’activation a exactement 5 caractères.")
CODE_CHARACTERS = _("Utilisez des lettres et des chiffres, sans espace.")

OUTCOMES = {
    PaymentOutcome.UNKNOWN: _("Nous ne connaissons pas ce bon. Vérifiez chaque caractère."),
    PaymentOutcome.USED: _("Ce bon a déjà servi. Demandez-en un autre à l’organisation qui vous l’a donné."),
    PaymentOutcome.EXPIRED: _("Ce bon n’est plus valable. Demandez-en un autre à l’organisation qui vous l’a donné."),
    PaymentOutcome.TOO_MANY: _("Il y a eu cinq essais faux. Attendez une heure avant de recommencer, ou appelez-nous."),
}

DOCUMENTS = (
    (DocumentType.IDENTITY_CARD, _("Carte d’identité")),
    (DocumentType.PASSPORT, _("Passeport")),
    (DocumentType.RESIDENCE_PERMIT, _("Titre de séjour luxembourgeois")),
)


def sentence(problem: Problem, country: str = "") -> str:
    """What a person is told. `country` is the one of the address, whose postcodes may have so many digits."""
    digits = postcodes.digits(country)
    words = POSTCODE_DIGITS if problem == Problem.POSTCODE and digits else PROBLEMS[problem]
    return str(words) % {"digits": digits, "years": rules.current().applicant_least_age}
