# SPDX-License-Identifier: Apache-2.0
"""The answer in plain words: French sentences (translation keys) with their facts. Information, not legal advice.

`file` says what the file is; `signature` leads with what one signature is worth; `worth` says who would have to prove what if
it were contested (eIDAS Art. 25; R258 to R260), and only for what was found valid.
"""

from dataclasses import dataclass, field

from django.utils.translation import gettext_noop as _

from paraph.domain.validation.report import NOT_VALID, VALID, Report, Signature


@dataclass(frozen=True)
class Sentence:
    """A French sentence and the values that it names with ``%(…)s``; instants are ISO 8601 and end in ``_at``."""

    text: str
    facts: dict[str, str] = field(default_factory=dict)


FILES = {
    "no_signature": _("Ce document ne contient aucune signature électronique."),
    "encrypted": _("Ce PDF est protégé par un mot de passe ou chiffré : nous ne pouvons pas le lire, donc pas le vérifier."),
    "not_pdf": _("Ce fichier n’est pas un PDF."),
    "too_large": _("Ce fichier est trop grand pour être vérifié ici."),
    "damaged": _("Ce PDF est endommagé ou incomplet : nous ne pouvons pas le lire."),
    "empty": _("Ce fichier est vide."),
    "too_costly": _("Ce fichier n’a pas pu être examiné dans le temps et la mémoire prévus. Il est peut-être endommagé ou "
                    "construit pour gêner la vérification."),
}
ADVICE = {
    "no_signature": _("Une image de signature ou un nom écrit à la main n’est pas une signature électronique. Demandez à "
                      "l’expéditeur le fichier signé d’origine : un document imprimé puis numérisé perd sa signature."),
    "encrypted": _("Ouvrez-le avec son mot de passe, ou demandez à l’expéditeur une version sans protection."),
    "not_pdf": _("Choisissez le fichier PDF d’origine. Un autre format ne devient pas un PDF quand on change son nom."),
    "too_large": _("Demandez une version plus petite, ou faites vérifier le fichier avec un autre outil."),
    "damaged": _("Le téléchargement s’est peut-être interrompu. Demandez de nouveau le fichier à l’expéditeur."),
    "empty": _("Choisissez un autre fichier."),
    "too_costly": _("Demandez de nouveau le fichier à l’expéditeur. Ne vous fiez pas à ce fichier."),
}
TOGETHER = {
    VALID: _("Toutes les signatures de ce document sont valables."),
    NOT_VALID: _("Au moins une signature de ce document n’est pas valable."),
    "undetermined": _("Au moins une signature de ce document ne peut pas être confirmée."),
}

LEAD = {
    "qualified": _("C’est une signature électronique qualifiée de %(name)s."),
    "advanced_qualified_certificate": _("C’est une signature électronique avancée de %(name)s, faite avec un certificat "
                                        "qualifié."),
    "advanced": _("C’est une signature électronique avancée de %(name)s."),
}
SIGNATURES = {
    "changed": _("Cette signature n’est pas valable : le document a été modifié, même d’un seul caractère, depuis qu’il a été "
                 "signé."),
    "changed_after_signing": _("Cette signature ne vaut pas pour ce que vous voyez : après la signature, le document a été "
                               "complété d’une façon qui peut en changer le sens."),
    "later_changes_unknown": _("Nous ne pouvons pas confirmer cette signature : ce qui a été ajouté au document après elle n’a "
                               "pas pu être comparé."),
    "forged": _("Cette signature n’est pas valable : elle n’a pas été faite avec la clé du certificat qu’elle montre."),
    "covers_not_document": _("Cette signature n’est pas valable : elle ne couvre pas le document comme elle le devrait."),
    "unknown_issuer": _("Nous ne pouvons pas confirmer qui a signé : le certificat vient d’une autorité que nous ne "
                        "connaissons pas."),
    "expired_unproven": _("Nous ne pouvons pas confirmer cette signature : le certificat est arrivé à son terme, et rien ne "
                          "prouve qu’elle a été faite avant."),
    "not_yet_valid": _("Cette signature n’est pas valable : le certificat n’était pas encore en vigueur."),
    "weak_algorithm": _("Nous ne pouvons pas confirmer cette signature : elle utilise un procédé de calcul qui n’est plus "
                        "considéré comme sûr."),
    "wrong_certificate": _("Nous ne pouvons pas confirmer cette signature : ce certificat n’est pas fait pour signer des "
                           "documents."),
    "suspended_at_signing": _("Cette signature n’est pas valable : à sa date, le certificat était suspendu."),
    "revoked_at_signing": _("Cette signature n’est pas valable : à sa date, le certificat était déjà révoqué."),
    "not_active_at_signing": _("Cette signature n’est pas valable : à sa date, le certificat n’était pas encore activé."),
    "suspended_unproven": _("Nous ne pouvons pas confirmer cette signature : le certificat est suspendu, et rien ne prouve "
                            "qu’elle a été faite avant."),
    "revoked_unproven": _("Nous ne pouvons pas confirmer cette signature : le certificat est révoqué, et rien ne prouve "
                          "qu’elle a été faite avant."),
    "authority_revoked": _("Nous ne pouvons pas confirmer cette signature : l’autorité qui a délivré le certificat est "
                           "elle-même révoquée."),
    "status_unknown": _("Nous ne pouvons pas confirmer cette signature pour le moment : l’état du certificat à cette date "
                        "n’est pas connu. Réessayez plus tard."),
    "time_order": _("Nous ne pouvons pas confirmer cette signature : ses preuves de date se contredisent."),
}
NOT_VALID_OTHERWISE = _("Cette signature n’est pas valable : elle n’est pas construite comme la norme le demande.")
UNDETERMINED_OTHERWISE = _("Nous ne pouvons pas confirmer cette signature : il manque une information que la norme demande.")

INTACT = _("Le contenu signé est intact : aucun octet n’a changé depuis la signature.")
LATER = {
    "proofs": _("Après la signature, seules des preuves techniques ont été ajoutées. Le contenu n’a pas changé."),
    "forms": _("Après la signature, d’autres signatures ou des champs de formulaire ont été ajoutés. Le reste n’a pas changé."),
    "suspicious": _("Après la signature, d’autres éléments ont été ajoutés : demandez à l’expéditeur le document d’origine."),
    "not_examined": _("Ce document contient trop de versions : ce qui a été ajouté après la signature n’a pas été comparé."),
}
PROVEN = _("Un horodatage prouve que la signature existait le %(signed_at)s.")
CLAIMED = _("Aucun horodatage ne prouve la date. Le signataire indique le %(claimed_at)s.")
NO_TIME = _("Rien n’indique quand cette signature a été faite.")
CLAIMS_NAME = _("Le certificat indique « %(name)s ». Nous ne pouvons pas dire si c’est vrai.")
SEAL = _("Le certificat est celui d’une organisation : c’est un cachet, pas la signature d’une personne.")
DEMONSTRATION = _("Le certificat dit lui-même qu’il sert à une démonstration : en dehors d’elle, il n’a pas de valeur juridique.")

WORTH = {
    "qualified": (
        _("Elle équivaut à une signature manuscrite dans toute l’Union européenne (règlement eIDAS, article 25)."),
        _("Si quelqu’un la conteste, c’est à lui d’apporter la preuve ; le juge la tient d’abord pour une signature "
          "manuscrite."),
    ),
    "advanced_qualified_certificate": (
        _("Elle ne peut pas être refusée du seul fait qu’elle est électronique, mais elle n’équivaut pas à une signature "
          "manuscrite : la clé n’est pas dans un dispositif qualifié."),
        _("Si elle est contestée, c’est à la partie qui s’en prévaut d’apporter la preuve. Le certificat qualifié l’y aide."),
    ),
    "advanced": (
        _("Elle ne peut pas être refusée du seul fait qu’elle est électronique, mais elle n’équivaut pas à une signature "
          "manuscrite."),
        _("Si elle est contestée, c’est à la partie qui s’en prévaut d’apporter la preuve : comment le signataire a été "
          "identifié, ce qu’il a vu, le code qu’il a donné."),
    ),
}
PRESUMPTION_OF_TIME = _("La date est celle de notre service d’horodatage. Il n’est pas qualifié : elle est un élément de "
                        "preuve, sans présomption légale.")


def of_file(report: Report) -> list[Sentence]:
    """What the file as a whole is, then what to do."""
    if report.code == "signed":
        return [Sentence(TOGETHER[report.verdict])] if len(report.signatures) > 1 else []
    return [Sentence(FILES[report.code]), Sentence(ADVICE[report.code])]


def lead(signature: Signature) -> Sentence:
    """One sentence that says it all."""
    if signature.verdict == VALID:
        return Sentence(LEAD[signature.legal_level], {"name": signature.certificate.name})
    otherwise = NOT_VALID_OTHERWISE if signature.verdict == NOT_VALID else UNDETERMINED_OTHERWISE
    return Sentence(SIGNATURES.get(signature.code, otherwise))


def details(signature: Signature) -> list[Sentence]:
    """Who, when, intact, what came later."""
    told = []
    if signature.verdict != VALID and signature.certificate is not None and signature.certificate.name:
        told.append(Sentence(CLAIMS_NAME, {"name": signature.certificate.name}))
    if signature.verdict == VALID and signature.certificate.seal:
        told.append(Sentence(SEAL))
    if signature.intact:
        told.append(Sentence(INTACT))
        if signature.later_changes in LATER:
            told.append(Sentence(LATER[signature.later_changes]))
        if signature.time_proven:
            told.append(Sentence(PROVEN, {"signed_at": signature.signed_at}))
        elif signature.claimed_at:
            told.append(Sentence(CLAIMED, {"claimed_at": signature.claimed_at}))
        else:
            told.append(Sentence(NO_TIME))
    return told


def worth(signature: Signature) -> list[Sentence]:
    """The legal effect and who must prove; empty where no level may be asserted."""
    if signature.verdict != VALID:
        return []
    told = [Sentence(text) for text in WORTH[signature.legal_level]]
    if signature.time_proven:
        told.append(Sentence(PRESUMPTION_OF_TIME))
    if signature.certificate.demonstration:
        told.append(Sentence(DEMONSTRATION))
    return told
