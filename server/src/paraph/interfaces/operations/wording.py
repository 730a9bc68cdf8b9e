# SPDX-License-Identifier: Apache-2.0
"""What the codes of certification are called on these pages."""

from django.utils.translation import gettext_lazy as _

from paraph.domain.certification import policy

ACTIONS = {
    policy.CREATE_AUTHORITY: _("Créer une autorité de certification"),
    policy.REVOKE_AUTHORITY: _("Révoquer une autorité de certification"),
    policy.DECLARE_DEVICE: _("Déclarer un dispositif de clés"),
    policy.WAIVE_FINDINGS: _("Dérogation aux règles de délivrance"),
}
STATES = {
    "asked": (_("à décider"), "yellow"),
    "approved": (_("accordée"), "green"),
    "refused": (_("refusée"), "red"),
    "withdrawn": (_("retirée"), "grey"),
    "used": (_("utilisée"), "blue"),
}
ALARMS = {
    "authority_needs_successor": _("Cette autorité doit être remplacée bientôt"),
    "blocked_key_in_use": _("Un certificat en cours utilise une clé bloquée"),
    "certificate_fails_todays_rules": _("Un certificat ne respecte plus les règles d’aujourd’hui"),
    "service_not_renewed": _("Un de nos services n’a pas pu renouveler son certificat"),
    "status_disagrees": _("Liste et OCSP ne disent pas la même chose d’un certificat"),
    "status_late": _("Un changement d’état n’est pas visible dans le délai visé"),
    "status_too_late": _("Un changement d’état n’est pas visible dans le délai maximal"),
    "unknown_serials": _("Beaucoup de questions sur des certificats jamais délivrés"),
    "signature_mismatch": _("Le module de signature a rendu une signature fausse"),
}
