# SPDX-License-Identifier: Apache-2.0
"""What the codes of certification are called on these pages, and what somebody does about them."""

from django.utils.translation import gettext_lazy as _

from paraph.domain.certification import policy
from paraph.domain.registration.services import REISSUE

ACTIONS = {
    policy.CREATE_AUTHORITY: _("Créer une autorité de certification"),
    policy.REVOKE_AUTHORITY: _("Révoquer une autorité de certification"),
    policy.DECLARE_DEVICE: _("Déclarer un dispositif de clés"),
    policy.WAIVE_FINDINGS: _("Dérogation aux règles de délivrance"),
    policy.ISSUE_BY_HAND: _("Délivrer un certificat à la main"),
    policy.PUT_IN_FORCE: _("Mettre un type de certificat en vigueur"),
    policy.TAKE_OUT_OF_FORCE: _("Retirer un type de certificat"),
    REISSUE: _("Remplacer les certificats d’une personne"),
}
# What an approval's content is made of.
CONTENT = {
    "authority": _("Autorité"), "cause": _("Cause"), "common_name": _("Nom dans le certificat"), "device": _("Dispositif"),
    "dns_names": _("Noms du serveur"), "ends_at": _("Jusqu’au"), "evidence": _("Pièces vérifiées"),
    "findings": _("Règles enfreintes"), "generation": _("Génération"), "identification": _("Identification"),
    "identity": _("Identité"), "key": _("Empreinte de la clé"), "kind": _("Genre"), "name": _("Nom"),
    "algorithm": _("Algorithme"), "predecessor": _("Génération remplacée"), "profile": _("Type de certificat"),
    "profiles": _("Types de certificats"), "reference": _("Certification du dispositif"), "serial": _("Numéro de série"),
    "subject": _("Titulaire"), "version": _("Version"),
}
STATES = {
    "asked": (_("à décider"), "yellow"),
    "approved": (_("accordée"), "green"),
    "refused": (_("refusée"), "red"),
    "withdrawn": (_("retirée"), "grey"),
    "used": (_("exécutée"), "blue"),
}
OVER = (_("périmée"), "grey")
CERTIFICATE_STATES = {
    "reserved": (_("en cours de délivrance"), "grey"),
    "issued": (_("délivré, pas encore activé"), "yellow"),
    "active": (_("actif"), "green"),
    "suspended": (_("suspendu"), "yellow"),
    "revoked": (_("révoqué"), "red"),
    "abandoned": (_("abandonné"), "grey"),
}
CAUSES = {
    "unspecified": _("sans indication"),
    "holder_request": _("demande du titulaire"),
    "lost": _("perte"),
    "stolen": _("vol"),
    "compromised": _("clé connue d’un autre"),
    "defective": _("défaut"),
    "replaced": _("remplacement"),
    "data_changed": _("données changées"),
    "left_organisation": _("départ de l’organisation"),
    "deceased": _("décès"),
    "contract_ended": _("fin du contrat"),
    "misissued": _("délivré à tort"),
    "authority_decision": _("décision de l’autorité"),
    "not_activated": _("jamais activé"),
    "suspension_expired": _("délai de suspension dépassé"),
}
IDENTIFICATIONS = {
    "desk": _("à un bureau"), "bank": _("dans une banque"), "video": _("par vidéo"), "apostille": _("par apostille"),
    "eid": _("par une carte d’identité électronique"), "certificate": _("par un certificat qualifié"),
    "ceremony": _("à la cérémonie des clés"),
}
KINDS = {
    "advanced": _("personnes, niveau avancé"), "qualified": _("personnes, niveau qualifié"),
    "seals": _("cachets d’organisations"), "tls": _("serveurs"), "infrastructure": _("horodatage"), "all": _("tous les types"),
}
ALARMS = {
    "confirmation_reported": _("Quelqu’un dit : cette demande d’un service n’était pas de moi"),
    "authority_needs_successor": _("Cette autorité doit être remplacée bientôt"),
    "blocked_key_in_use": _("Un certificat en cours utilise une clé bloquée"),
    "certificate_fails_todays_rules": _("Un certificat ne respecte plus les règles d’aujourd’hui"),
    "key_not_destroyed": _("La clé privée d’un certificat terminé n’a pas pu être détruite"),
    "letter_not_printed": _("Une lettre n’a pas pu être imprimée"),
    "letter_returned": _("Une lettre est revenue : son destinataire ne l’a pas reçue"),
    "messages_stuck": _("Des messages ne partent plus : e-mails, SMS ou lettres"),
    "service_not_renewed": _("Un de nos services n’a pas pu renouveler son certificat"),
    "status_disagrees": _("Liste et OCSP ne disent pas la même chose d’un certificat"),
    "status_late": _("Un changement d’état n’est pas visible dans le délai visé"),
    "status_too_late": _("Un changement d’état n’est pas visible dans le délai maximal"),
    "unknown_serials": _("Beaucoup de questions sur des certificats jamais délivrés"),
    "signature_mismatch": _("Le module de signature a rendu une signature fausse"),
    "signer_content_refused": _("Une clé du service devait signer ce qu’elle ne signe pas : le service est peut-être attaqué"),
    "signer_device_stopped": _("Un appareil est arrêté après trop de codes faux"),
    "signer_many_wrong_codes": _("Beaucoup de codes faux en peu de temps : quelqu’un essaie peut-être des codes"),
    "staff_renewed_at_the_machine": _("Un accès du personnel a été renouvelé sur la machine, sans que deux opérateurs décident"),
}
# Who does what next, and by when.
NEXT = {
    "confirmation_reported": _("Un opérateur prévient le service tout de suite, avec le numéro de la demande. Le service "
                               "client appelle la personne : son mot de passe est peut-être connu d’un autre."),
    "letter_not_printed": _("Un opérateur demande la cause à l’imprimeur aujourd’hui. Si la lettre contenait des codes, le "
                            "service client en fait établir de nouveaux."),
    "letter_returned": _("Le service client cherche la bonne adresse cette semaine. Si la lettre contenait des codes, il en "
                         "fait établir de nouveaux."),
    "messages_stuck": _("Un opérateur cherche la cause tout de suite (paraph channels stuck), puis fait repartir les messages "
                        "(paraph channels retry)."),
    "authority_needs_successor": _("Un opérateur demande la création d’une autorité du même genre. Il reste un an avant que "
                                   "des certificats de trois ans ne puissent plus être délivrés."),
    "blocked_key_in_use": _("Un opérateur fait révoquer ce certificat dans les 24 heures."),
    "certificate_fails_todays_rules": _("Un opérateur examine le certificat aujourd’hui : il le remplace ou le révoque."),
    "service_not_renewed": _("Un opérateur met en service une autorité qui délivre ce type, avant la fin du certificat."),
    "status_disagrees": _("Un opérateur publie de nouveau tout de suite (paraph ca publish) et cherche la cause."),
    "status_late": _("Un opérateur vérifie tout de suite la publication : le délai maximal est de 24 heures."),
    "status_too_late": _("Un opérateur rétablit la publication tout de suite et prévient l’organe de contrôle."),
    "unknown_serials": _("Un opérateur cherche aujourd’hui d’où viennent ces questions : quelqu’un délivre peut-être en "
                         "notre nom."),
    "signature_mismatch": _("Un opérateur arrête la délivrance tout de suite et examine le module de signature."),
    "staff_renewed_at_the_machine": _("Un autre opérateur s’assure aujourd’hui, auprès de cette personne et de qui administre la "
                                      "machine, que c’était voulu. Sinon il suspend cet accès tout de suite."),
}
