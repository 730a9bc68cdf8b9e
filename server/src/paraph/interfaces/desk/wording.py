# SPDX-License-Identifier: Apache-2.0
"""What states, papers and reasons say to an officer."""

from django.utils.translation import gettext_lazy as _

from paraph.domain.accounts.queries import MatchedBy
from paraph.domain.orders.lifecycle import OrderState
from paraph.domain.orders.policy.papers import FormDefect, PaperCode
from paraph.domain.reference.documents import DocumentType
from paraph.signer.client import Outcome

# State, colour of its tag, and who does what next.
STATES = {
    OrderState.PLACED: (_("Commandée"), "", _("Le client paie.")),
    OrderState.PAID: (_("Payée"), "yellow", _("Vous identifiez le client.")),
    OrderState.PROVEN: (_("Identité vérifiée"), "yellow", _("Vous approuvez ou refusez.")),
    OrderState.APPROVED: (_("Approuvée"), "green", _("Les codes sont préparés.")),
    OrderState.PREPARED: (_("Codes envoyés"), "green", _("Le client active.")),
    OrderState.ACTIVATING: (_("Activation en cours"), "green", _("Le client active.")),
    OrderState.ACTIVATED: (_("Activée"), "green", _("Rien.")),
    OrderState.REJECTED: (_("Refusée"), "red", _("Rien.")),
    OrderState.CANCELLED: (_("Annulée par le client"), "red", _("Rien.")),
    OrderState.LAPSED: (_("Délai dépassé"), "red", _("Rien.")),
}
# What was done with an order about which nothing is left to decide.
DECIDED = {
    OrderState.APPROVED: _("La commande est approuvée. Les codes du client sont en préparation."),
    OrderState.PREPARED: _("La commande est approuvée, et les codes sont envoyés au client."),
    OrderState.ACTIVATING: _("La commande est approuvée. Le client est en train d’activer son produit."),
    OrderState.ACTIVATED: _("La commande est approuvée, et le client a activé son produit."),
    OrderState.REJECTED: _("La commande est refusée."),
    OrderState.CANCELLED: _("Le client a annulé la commande."),
    OrderState.LAPSED: _("Le délai de la commande est dépassé : le produit n’a pas été activé à temps."),
}
FILTERS = {
    "waiting": (_("À traiter"), (OrderState.PLACED, OrderState.PAID, OrderState.PROVEN)),
    "approved": (_("Approuvées"), (OrderState.APPROVED, OrderState.PREPARED, OrderState.ACTIVATING)),
    "closed": (_("Terminées"), (OrderState.ACTIVATED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.LAPSED)),
}
# Of the officer's own Token, when he approves.
WRONG_CODES = {
    Outcome.WRONG: _("Ce code n’est pas bon, ou il a déjà servi. Attendez le suivant. La commande n’est pas approuvée."),
    Outcome.TOO_MANY: _("Trop de codes faux : votre Token est bloqué pour plusieurs heures. La commande n’est pas approuvée."),
    Outcome.EXPIRED_SESSION: _("Ce code est trop ancien. Tapez celui qui est affiché maintenant."),
}
WRONG_ANSWERS = {
    Outcome.WRONG: _("Ce code n’est pas accepté. Visez l’image de cette page et recopiez le code affiché. Rien n’est approuvé."),
    Outcome.TOO_MANY: _("Trop de codes faux : votre Scan est bloqué pour plusieurs heures. La commande n’est pas approuvée."),
    Outcome.EXPIRED_SESSION: _("Le temps de cette image est passé. Demandez une nouvelle image. Rien n’est approuvé."),
}
NAME_STEPS = (
    _("Allumez votre Scan avec le bouton en haut à droite."),
    _("Visez l’image ci-dessous."),
    _("Lisez le nom et le numéro que votre Scan affiche. Est-ce la personne de cette commande ?"),
    _("Recopiez les 8 chiffres. Si le nom ou le numéro n’est pas le bon, revenez à la commande et prévenez l’exploitant."),
)
PAPERS = {
    PaperCode.ORDER_FORM: _("Bon de commande rempli, signé et daté"),
    PaperCode.IDENTITY_DOCUMENT: _("Pièce d’identité, l’original et une copie"),
    PaperCode.EMPLOYER_MANDATE: _("Mandat de l’employeur"),
    PaperCode.REGISTER_EXTRACT: _("Extrait récent du registre de commerce"),
}
DEFECTS = {
    FormDefect.FIELDS: _("un champ n’est pas rempli"),
    FormDefect.SIGNATURE: _("la signature manque"),
    FormDefect.DATE: _("la date manque ou est dans l’avenir"),
}
DOCUMENTS = (
    (DocumentType.IDENTITY_CARD, _("Carte d’identité")),
    (DocumentType.PASSPORT, _("Passeport")),
    (DocumentType.RESIDENCE_PERMIT, _("Titre de séjour luxembourgeois")),
)
OBSTACLES = {
    "person_not_present": _("La personne n’est pas présente."),
    "document_expired": _("Le document n’est plus valable."),
    "document_not_accepted": _("Ce document n’est pas accepté pour ce pays."),
    "document_doubtful": _("Le document paraît falsifié."),
    "person_doubtful": _("La personne ne ressemble pas à la photo."),
    "differs_type": _("Le type du document n’est pas celui de la commande."),
    "differs_number": _("Le numéro du document n’est pas celui de la commande."),
    "differs_country": _("Le pays du document n’est pas celui de la commande."),
    "differs_expires_on": _("La date de fin du document n’est pas celle de la commande."),
    "differs_family_names": _("Le nom n’est pas celui de la commande."),
    "differs_given_names": _("Les prénoms ne sont pas ceux de la commande."),
    "differs_birth_date": _("La date de naissance n’est pas celle de la commande."),
}
REFUSALS = (
    ("document_expired", _("Le document n’est plus valable")),
    ("document_differs", _("Le document n’est pas celui de la commande")),
    ("document_doubtful", _("Le document paraît falsifié")),
    ("person_doubtful", _("La personne n’est pas celle du document")),
    ("papers_missing", _("Les pièces n’ont pas été remises")),
    ("withdrawn", _("Le client renonce")),
)
# What of a visitor is not right, as the officer may tell him.
FEATURES = {
    "person_present": _("La personne n’est pas présente."),
    "names": _("Le nom ou la date de naissance n’est pas celui du titulaire."),
    "number": _("Ce document n’est pas celui que nous connaissons."),
    "expires_on": _("La date de fin du document n’est pas celle que nous connaissons."),
    "valid": _("Le document n’est plus valable."),
}
DEVICE_STATES = {"assigned": _("Pas encore activé"), "active": _("Actif"), "disabled": _("Désactivé")}
VISIT_OUTCOMES = (("helped", _("La personne a été aidée")), ("not_identified", _("La personne n’a pas pu être identifiée")),
                  ("passed_on", _("Transmis à un autre service")))
MATCHED_BY = {
    MatchedBy.MATRICULE: _("même matricule"),
    MatchedBy.DOCUMENT: _("même document"),
    MatchedBy.NAMES: _("mêmes noms et date de naissance"),
}
