# SPDX-License-Identifier: Apache-2.0
"""What an operator fills in to ask for a deed. Each form knows the service that it asks; the rules are there."""

from datetime import date, datetime
from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import DateField, Form
from paraph.domain.accounts import queries as accounts
from paraph.domain.certification import policy, queries, services
from paraph.domain.registration import services as registration
from paraph.interfaces.operations.wording import CAUSES, IDENTIFICATIONS, KINDS
from paraph.interfaces.tree import tree_names
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.pki import csr, names, profiles
from paraph.pki.keys import ALGORITHMS

NONE = ("", "–")
SHORT = {"autocomplete": "off", "spellcheck": "false", "class": "govuk-input--width-20"}


def _profiles(*holders: str, usage: str = "") -> list[tuple[str, str]]:
    return [(profile.name, profile.name) for profile in profiles.ALL
            if profile.holder in holders and usage in ("", profile.usage) and not (usage and profile.validity_assured)]


def _typed(label: object, *, length: int = 64, required: bool = True, hint: object = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, required=required, help_text=hint, widget=forms.TextInput(attrs=SHORT))


def _start(day: date) -> datetime:
    return clock.start_of_day(day)


class AskForm(Form):
    """Every request says why; the second person reads it."""

    title: ClassVar[object]
    hint: ClassVar[object]

    reason = forms.CharField(label=_("Motif, pour la personne qui décide"), max_length=1000,
                             widget=forms.Textarea(attrs={"rows": 3}))

    def ask(self, caller: Caller) -> None:
        raise NotImplementedError

    def _last(self, *names: str) -> None:
        self.order_fields([name for name in self.fields if name not in names] + list(names))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._last("reason")


class CreateAuthorityForm(AskForm):
    title = _("Créer une autorité de certification")
    hint = _("Pour séparer un genre de certificats, ou pour remplacer une autorité qui arrive à son terme.")

    name = forms.SlugField(label=_("Nom court"), max_length=40, widget=forms.TextInput(attrs=SHORT),
                           help_text=_("Il fait partie des adresses publiques, pour toujours. Exemple : issuing-2027."))
    common_name = _typed(_("Nom dans le certificat"))
    kind = forms.ChoiceField(label=_("Que délivre-t-elle ?"), choices=list(KINDS.items()))
    algorithm = forms.ChoiceField(label=_("Clé"), choices=[(name, name) for name in ALGORITHMS])

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_approval(
            action=policy.CREATE_AUTHORITY, reason=given["reason"], caller=caller,
            content=policy.authority_creation(given["name"], given["kind"], given["common_name"], given["algorithm"]))


class RevokeAuthorityForm(AskForm):
    title = _("Révoquer une autorité de certification")
    hint = _("Tout ce qu’elle a délivré perd sa valeur. Cela ne s’annule pas.")

    name = _typed(_("Nom court de l’autorité"))
    cause = forms.ChoiceField(label=_("Cause"), choices=list(CAUSES.items()))

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        certificate = queries.certificate_of(queries.authority(given["name"]))
        services.ask_approval(
            action=policy.REVOKE_AUTHORITY, content=policy.authority_revocation(certificate, given["cause"]),
            reason=given["reason"], caller=caller)


class DeclareDeviceForm(AskForm):
    title = _("Déclarer un dispositif de clés")
    hint = _("Des certificats peuvent alors dire que leur clé ne quitte pas ce dispositif.")

    name = forms.SlugField(label=_("Nom court"), max_length=40, widget=forms.TextInput(attrs=SHORT))
    reference = _typed(_("Sa certification"), length=200)
    until = DateField(label=_("Premier jour où la déclaration ne vaut plus"))

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        content = policy.device_declaration(given["name"], given["reference"], _start(given["until"]))
        services.ask_approval(action=policy.DECLARE_DEVICE, content=content, reason=given["reason"], caller=caller)


class WaiveForm(AskForm):
    title = _("Demander une dérogation")
    hint = _("Délivrer contre des règles précises, jusqu’à une date de fin.")

    profile = forms.ChoiceField(label=_("Type de certificat"), choices=_profiles("natural", "legal", "web", "service"))
    findings = _typed(_("Codes des règles, séparés par des espaces"), length=400)
    ends = DateField(label=_("Premier jour où la dérogation ne vaut plus"))

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_waiver(profile=given["profile"], findings=given["findings"].split(), ends_at=_start(given["ends"]),
                            reason=given["reason"], caller=caller)


class InForceForm(AskForm):
    title = _("Mettre un type de certificat en vigueur")
    hint = _("Une version du catalogue sert alors à toute nouvelle délivrance.")

    profile = forms.ChoiceField(label=_("Type de certificat"), choices=_profiles(
        "natural", "legal", "web", "service", "authority"))
    version = forms.IntegerField(label=_("Version"), min_value=1, widget=forms.TextInput(attrs={
        "inputmode": "numeric", "class": "govuk-input--width-4"}))

    def ask(self, caller: Caller) -> None:
        services.ask_standing(caller=caller, **self.cleaned_data)


class OutOfForceForm(AskForm):
    title = _("Retirer un type de certificat")
    hint = _("Il n’est plus délivré. Les certificats délivrés restent valables.")

    profile = forms.ChoiceField(label=_("Type de certificat"), choices=_profiles("natural", "legal", "web", "service"))

    def ask(self, caller: Caller) -> None:
        services.ask_standing(version=None, caller=caller, **self.cleaned_data)


class IssueForm(AskForm):
    title = _("Délivrer un certificat à la main")
    hint = _("Cachet, serveur, ou service dont la clé est ailleurs, à partir d’une demande PKCS#10.")

    profile = forms.ChoiceField(label=_("Type de certificat"), choices=_profiles("legal", "web", "service"))
    request = forms.CharField(
        label=_("Demande de certificat (PKCS#10, PEM)"), max_length=csr.MAXIMUM_BYTES * 3 // 2,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=_("Seules la clé et, pour un serveur, ses noms en sont repris."))
    organisation = _typed(_("Organisation"), required=False, hint=_("Son nom, comme dans son registre."))
    identifier = _typed(_("Identifiant de l’organisation"), required=False, hint=_("Exemple : NTRLU-B123456."))
    country = _typed(_("Pays du siège"), length=2, required=False, hint=_("Deux lettres, par exemple LU."))
    locality = _typed(_("Lieu"), length=128, required=False, hint=_("Pour un serveur."))
    common_name = _typed(_("Nom dans le certificat"), required=False,
                         hint=_("Pour un service ; pour un cachet, l’organisation si vous ne mettez rien."))
    applicant = _typed(_("Personne qui demande pour l’organisation"), length=80, required=False)
    evidence = _typed(_("Où sont les pièces vérifiées"), length=400, required=False)
    identification = forms.ChoiceField(
        label=_("Comment a-t-elle été identifiée ?"), required=False, choices=[NONE, *IDENTIFICATIONS.items()])
    device = _typed(_("Dispositif déclaré qui garde la clé"), length=40, required=False)
    authority = _typed(_("Autorité, si ce n’est pas la plus récente"), length=40, required=False)

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_issuance(
            profile=given["profile"], subject=self._subject(), request=given["request"].encode(), reason=given["reason"],
            applicant=given["applicant"], evidence=given["evidence"], identification=given["identification"],
            device=given["device"], authority=given["authority"], caller=caller)

    def _subject(self) -> names.Subject:
        given = self.cleaned_data
        match profiles.get(given["profile"]).holder:
            case "legal":
                return names.legal_person(name=given["organisation"], identifier=given["identifier"],
                                          country=given["country"], common_name=given["common_name"])
            case "web":
                return names.web_server(organization=given["organisation"], locality=given["locality"],
                                        country=given["country"])
        return tree_names().subject(given["common_name"])


class ReissueForm(AskForm):
    title = _("Remplacer les certificats d’une personne")
    hint = _("Mêmes clés, même produit, même mot de passe ; par exemple du niveau avancé au niveau qualifié.")

    user_id = _typed("UserID", length=20)
    authentication = forms.ChoiceField(
        label=_("Type pour se connecter"), required=False, choices=[NONE, *_profiles("natural", usage="authentication")],
        help_text=_("Sans choix, il reste le même."))
    signature = forms.ChoiceField(
        label=_("Type pour signer"), required=False, choices=[NONE, *_profiles("natural", usage="signature")],
        help_text=_("Sans choix, il reste le même."))
    device = _typed(_("Dispositif déclaré qui garde la clé"), length=40, required=False)

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        identity = accounts.identity_by_user_id(given["user_id"])
        if identity is None:
            raise registration.NoCertificateToReplace()
        chosen = {usage: given[usage] for usage in ("authentication", "signature") if given[usage]}
        registration.ask_reissue(identity_id=identity.id, profiles=chosen, device=given["device"],
                                 reason=given["reason"], caller=caller)


FORMS: dict[str, type[AskForm]] = {
    "issue": IssueForm, "reissue": ReissueForm, "waive": WaiveForm, "put-in-force": InForceForm,
    "take-out-of-force": OutOfForceForm, "create-authority": CreateAuthorityForm,
    "revoke-authority": RevokeAuthorityForm, "declare-device": DeclareDeviceForm,
}


class MoveForm(Form):
    cause = forms.ChoiceField(label=_("Cause"), choices=list(CAUSES.items()))


class ArrangeForm(Form):
    """How an authority's lists are cut."""

    shards = forms.IntegerField(
        label=_("Nombre de listes partielles"), min_value=0, help_text=_("Il peut seulement augmenter, jusqu’à 1024."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "govuk-input--width-4"}))
    deltas = forms.BooleanField(label=_("Publier aussi les changements récents (listes delta)"), required=False)
