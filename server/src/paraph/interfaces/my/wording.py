# SPDX-License-Identifier: Apache-2.0
"""What codes and states say to a holder."""

from django.utils.translation import gettext_lazy as _

WRONG_CODES = _("Ces codes ne sont pas corrects. Vérifiez chaque caractère de votre SMS ou de votre lettre. Après cinq "
                "essais faux, un code n’est plus accepté : appelez-nous.")
WRONG_ACTIVATION_CODE = _("Ce code d’activation n’est pas correct. C’est le code de 5 caractères que vous avez choisi "
                          "lors de la commande. Après cinq essais faux, il n’est plus accepté : appelez-nous.")
WRONG_TOKEN_CODE = _("Ce code n’est pas accepté. Attendez que votre Token affiche un nouveau code, puis réessayez.")
WRONG_SCAN_CODE = _("Ce code n’est pas accepté. Visez l’image de cette page avec votre Scan et recopiez tous ses chiffres.")
WRONG_TWO_CODES = _("Ces deux codes ne sont pas acceptés. Attendez un nouveau code, recopiez-le, puis recopiez celui qui le "
                    "suit.")
TOO_MANY_CODES = _("Il y a eu trop d’essais faux avec ce Token. Recommencez dans douze heures, ou appelez-nous.")
TOO_MANY_SCAN_CODES = _("Il y a eu trop d’essais faux avec ce Scan. Recommencez dans douze heures, ou appelez-nous.")
# The requirements' word; nobody knows it, so that it is said where it is asked.
WHAT_A_CHALLENGE_IS = _("Le code de 6 chiffres de votre SMS ou de votre lettre, à côté de votre UserID.")
WRONG_CHALLENGE = _("Ce Challenge n’est pas correct. Il a 6 chiffres et se trouve dans votre SMS ou votre lettre. Après "
                    "cinq essais faux, il n’est plus accepté : appelez-nous.")

WRONG_RECOVERY = _("Ces codes ne sont pas corrects, ou ils ne suffisent pas pour ce compte. Vérifiez chaque champ. Un code "
                   "du SMS vaut quelques minutes et cinq essais ; un code du Token ne sert qu’une fois : attendez le "
                   "suivant.")
RECOVERY = {
    "wrong": WRONG_RECOVERY,
    "malformed": WRONG_RECOVERY,
    "blocked": _("Vos codes sont justes, mais votre compte est bloqué : le mot de passe n’est pas changé. Débloquez "
                 "d’abord votre compte, ou appelez-nous."),
    "no_device": _("Vos codes sont justes, mais aucun Token n’est actif pour votre compte. Vous avez un Scan ? Laissez le "
                   "code du Token vide : la page suivante affiche une image pour lui. Sinon, appelez-nous."),
}

# The code of a device was left empty, so a Scan's image was asked for.
RECOVERY_BEGUN = RECOVERY | {
    "no_device": _("Vos codes sont justes. Il manque le code de votre Token : recopiez-le. Vous n’avez ni Token ni Scan "
                   "actif ? Appelez-nous."),
}
RECOVERY_BY_SCAN = {
    "wrong": WRONG_SCAN_CODE,
    "blocked": RECOVERY["blocked"],
    "over": _("Le temps de cette image est passé. Recommencez."),
}
# What the Scan itself shows.
SCAN_TEXTS = {"reset": _("Choisir un nouveau mot de passe"), "unblock": _("Débloquer mon compte")}

DEVICE_TYPES = {
    "token": _("Token"), "scan": _("Scan"), "app": _("Application"), "smartcard": _("SmartCard"),
    "signing_stick": _("Signing Stick"), "eid": _("Carte d’identité électronique"), "passkey": _("Clé d’accès"),
}
# What opens a session without a device, by its scope.
WITHOUT_DEVICE = {"devices": _("Code de sécurité"), "replacement": _("Mot de passe")}
DEVICE_STATES = {
    "assigned": (_("Pas encore activé"), "yellow"),
    "active": (_("Actif"), "green"),
    "disabled": (_("Désactivé"), "yellow"),
}
REPLACED_FOR = (("lost", _("Je l’ai perdu")), ("stolen", _("On me l’a volé")),
                ("defective", _("Il ne fonctionne plus")))
# The same of one that was never activated.
MISSED_FOR = (("lost", _("Il n’est pas arrivé, ou je l’ai perdu")), ("stolen", _("On me l’a volé")),
              ("defective", _("Il ne fonctionne pas")))
# The same where both may be.
REPORTED_FOR = (("lost", _("Je l’ai perdu, ou il n’est jamais arrivé")), ("stolen", _("On me l’a volé")),
                ("defective", _("Il ne fonctionne pas")))
# Where a replacement stands, and who does what next.
REPLACEMENTS = {
    "asked": _("À remplacer. Appelez-nous ou venez à votre bureau : nous vérifions votre identité, puis nous choisissons "
               "le nouveau produit."),
    "allowed": _("Un nouveau produit est prêt. Activez-le quand vous l’avez en main."),
    "sent": _("Un nouveau produit est en route. Activez-le avec votre autre produit quand vous l’avez en main."),
}
TO_BE_SENT = _("À remplacer. Nous vous envoyons le nouveau produit.")
# Why a new product can't be sent at the holder's own wish, and what he does instead.
NOT_SENT = {
    "bank": _("Un Scan se remplace à la banque qui vous l’a donné : elle vous explique comment faire."),
    "other_device": _("Pour le recevoir sans nous appeler, connectez-vous avec un autre Token ou Scan que celui-ci."),
    "no_address": _("Nous n’avons pas votre adresse postale : venez à votre bureau avec votre pièce d’identité."),
    "not_reachable": _("Nous n’avons ni votre e-mail ni votre mobile pour vous prévenir : appelez-nous."),
    "sent_before": _("Un produit vous a été envoyé il y a peu, pour rien. Appelez-nous pour le suivant."),
}
WRONG_REPLACEMENT_LOGIN = _(
    "Le UserID ou le mot de passe n’est pas correct, votre compte est bloqué, ou aucun produit de remplacement ne vous "
    "attend. Vous avez reçu un nouveau produit ? Appelez-nous.")
# Where a passkey is, from what is known of it.
GRADES = {
    "attested": _("Dans un seul appareil, dont le fabricant se porte garant"),
    "bound": _("Dans un seul appareil"),
    "synced": _("Dans votre compte chez le fabricant de votre appareil : elle peut se trouver sur plusieurs appareils"),
}
PASSKEY_FAULTS = {
    "malformed": _("Votre navigateur n’a pas répondu comme prévu. Recommencez, si besoin avec un autre navigateur."),
    "not_verified": _("Votre appareil doit vous reconnaître : choisissez-lui d’abord un code, une empreinte ou un visage."),
    "known_already": _("Cette clé d’accès est déjà dans un compte."),
    "model": _("Ce modèle d’appareil n’est pas accepté ici. Demandez-nous lesquels le sont."),
    "attestation": _("Ce modèle d’appareil n’est pas accepté ici. Demandez-nous lesquels le sont."),
}
ADDING = {
    "self": _("Vous pouvez l’ajouter vous-même."),
    "call": _("Appelez-nous pour l’ajouter à votre certificat."),
}

# Certificate states as a holder reads them, with the colour of their tag.
STATES = {
    "issued": (_("Pas encore activé"), "yellow"),
    "active": (_("Actif"), "green"),
    "suspended": (_("Suspendu"), "yellow"),
    "revoked": (_("Révoqué définitivement"), "red"),
    "expired": (_("Arrivé à son terme"), "red"),
}
LEVELS = {
    "ncp": _("avancé : une signature avancée au sens du règlement eIDAS"),
    "qcp-n": _("qualifié, pour des signatures avancées"),
    "qcp-n-qscd": _("qualifié, pour des signatures qualifiées"),
}

# What a holder answered to a partner.
CONFIRMATIONS = {
    "confirmed": _("%(partner)s : confirmé"),
    "cancelled": _("%(partner)s : refusé"),
    "reported": _("%(partner)s : signalé, ce n’était pas vous"),
    "lapsed": _("%(partner)s : sans réponse"),
}

# What a holder is told of the journal; an event that is not here is of no use to him.
ACTIVITY = {
    "accounts.identity.created": _("UserID attribué au bureau d’enregistrement"),
    "registration.activation.finished": _("Clés et certificats créés et activés"),
    "registration.identity.suspended": _("Certificat suspendu"),
    "registration.identity.resumed": _("Certificat réactivé"),
    "registration.identity.revoked": _("Certificat révoqué définitivement"),
    "registration.identity.revoked_at_deadline": _("Certificat révoqué à la fin du délai de suspension"),
    "registration.key.destroyed": _("Clé privée détruite"),
    "registration.helpdesk.product_assigned": _("Scan attribué par un agent"),
    "registration.helpdesk.product_sent": _("Nouveau produit envoyé à votre demande"),
    "registration.identity.replacement_denied": _("Remplacement refusé depuis votre e-mail : ce n’était pas vous"),
    "devices.replacement.wished": _("Envoi d’un nouveau produit demandé dans Mon espace"),
    "devices.replacement.missed": _("Nouveau produit signalé perdu ou défectueux avant son activation"),
    "devices.replacement.exchanged": _("Autre produit donné à la place d’un produit jamais activé"),
    "registration.helpdesk.product_replaced": _("Nouveau produit donné à la place d’un ancien par un agent"),
    "devices.device.joined": _("Scan ajouté avec l’accord de votre Token"),
    "devices.replacement.finished": _("Nouveau produit activé à la place d’un ancien"),
    "devices.replacement.asked": _("Produit signalé perdu, volé ou défectueux"),
    "devices.replacement.cancelled": _("Remplacement annulé"),
    "authentication.credential.activated": _("Mot de passe et image secrète choisis"),
    "authentication.credential.codes_renewed": _("Nouveaux codes initiaux envoyés"),
    "authentication.credential.password_changed": _("Mot de passe changé"),
    "authentication.credential.password_reset": _("Mot de passe remplacé avec « Mot de passe oublié »"),
    "authentication.credential.image_changed": _("Image secrète changée"),
    "authentication.account.unblocked": _("Compte débloqué"),
    "authentication.code.sent": _("Code envoyé par SMS"),
    "authentication.code.given": _("Code de sécurité donné par le service client"),
    "authentication.code.used": _("Connexion avec un code de sécurité"),
    "devices.device.disabled": _("Produit désactivé"),
    "devices.device.enabled": _("Produit réactivé"),
    "devices.device.resynchronised": _("Token remis à l’heure avec deux codes"),
    "devices.device.resynchronisation_refused": _("Deux codes refusés pour remettre le Token à l’heure"),
    "registration.helpdesk.product_disabled": _("Produit désactivé par un agent"),
    "devices.passkey.added": _("Clé d’accès ajoutée"),
    "devices.passkey.renamed": _("Clé d’accès renommée"),
    "devices.passkey.removed": _("Clé d’accès supprimée"),
    "devices.passkey.cloned": _("Clé d’accès refusée et désactivée : elle existe peut-être deux fois"),
    "authentication.credential.codes_refused": _("Codes refusés"),
    "authentication.account.blocked": _("Connexions bloquées après plusieurs essais faux"),
    "authentication.login.refused": _("Connexion refusée"),
    "authentication.confirmation.confirmed": _("Demande d’un service confirmée avec votre appareil"),
    "authentication.confirmation.cancelled": _("Demande d’un service refusée"),
    "authentication.confirmation.reported": _("Demande d’un service signalée : ce n’était pas vous"),
    "authentication.confirmation.code_refused": _("Code refusé pour une demande d’un service"),
}

# One line for each way to reach him: three of them are recorded at once.
CONTACTS = {
    "email": _("Adresse e-mail enregistrée"),
    "mobile": _("Numéro de mobile enregistré"),
    "postal": _("Adresse postale enregistrée"),
}


def activity_in_words(code: str, facts: dict) -> str:
    """What an event means to the holder; empty when it is of no use to him."""
    if code == "accounts.contact.recorded":
        return CONTACTS[facts["kind"]]
    return ACTIVITY.get(code, "")


# The data that a partner can be sent, as a holder reads their names.
CLAIMS = {
    "given_name": _("Prénoms"),
    "family_name": _("Nom"),
    "birthdate": _("Date de naissance"),
    "matricule": _("Matricule"),
    "confirmation": _("Preuve de votre confirmation, avec votre nom"),
}
