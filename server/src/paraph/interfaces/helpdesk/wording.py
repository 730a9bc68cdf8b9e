# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

KINDS = {"call": _("Appel"), "phishing": _("Fraude signalée"), "replacement": _("Produit à remplacer"),
         "visit": _("Visite")}
CHANNELS = {"phone": _("téléphone"), "web": _("site"), "desk": _("bureau")}
QUESTIONS = {
    "birth_date": _("Date de naissance"),
    "document_ending": _("4 derniers caractères du document d’identité"),
    "postcode": _("Code postal"),
    "mobile_ending": _("4 derniers chiffres du mobile"),
    "email": _("Adresse e-mail"),
}
REASONS = (("lost", _("Produit perdu")), ("stolen", _("Produit volé")), ("phishing", _("Victime d’une fraude (phishing)")))
REPLACED_FOR = (("lost", _("Perdu")), ("stolen", _("Volé")), ("defective", _("Défectueux")))
DISABLED_FOR = (("lost", _("Produit perdu")), ("stolen", _("Produit volé")), ("holder", _("Le titulaire le demande")))
DELIVERIES = (("post", _("Par la poste, à son adresse vérifiée")), ("hand", _("En main propre")))
REPLACEMENTS = {"asked": _("à remplacer : choisissez un produit en stock"),
                "allowed": _("nouveau produit choisi : le titulaire l’active"),
                "sent": _("nouveau produit remis : le titulaire l’autorise avec un autre de ses produits")}
WAYS = (("sms", _("SMS")), ("letter", _("Lettre")))
OUTCOMES = (("helped", _("L’appelant a été aidé")), ("not_identified", _("L’appelant n’a pas pu être identifié")),
            ("passed_on", _("Transmis à un autre service")))
STATES = {"open": _("Ouvert"), "closed": _("Fermé")}
DEVICE_TYPES = {"token": _("Token"), "scan": _("Scan"), "app": _("Application"), "smartcard": _("SmartCard"),
                "signing_stick": _("Signing Stick"), "eid": _("Carte d’identité électronique"),
                "passkey": _("Clé d’accès")}
DEVICE_STATES = {"assigned": _("Pas encore activé"), "active": _("Actif"), "disabled": _("Désactivé")}
CERTIFICATE_STATES = {"active": _("Actif"), "suspended": _("Suspendu"), "revoked": _("Révoqué définitivement")}
# What was just done, and what follows.
DONE = {
    "sms": _("De nouveaux codes initiaux partent par SMS, dans quelques minutes. Les anciens ne valent plus."),
    "letter": _("De nouveaux codes initiaux partent par lettre, dans quelques jours. Les anciens ne valent plus."),
    "product": _("Le Scan est attribué. L’appelant l’active maintenant lui-même dans « Gérer mes produits »."),
    "replaced": _("Le remplacement est préparé. La ligne « Remplacement » dit qui fait quoi ensuite."),
    "sent": _("L’envoi est noté. Le titulaire active le produit dès qu’il le reçoit."),
    "disabled": _("Le produit est désactivé. Le titulaire en est prévenu."),
    "suspended": _("Le certificat est suspendu. Le titulaire en est prévenu."),
    "closed": _("C’est fermé. Il ne reste rien à faire."),
}
