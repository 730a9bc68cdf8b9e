# SPDX-License-Identifier: Apache-2.0
"""What an operator fills in about staff. Each form knows the service that it asks; the rules are there."""

from typing import ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from faces.forms import DateField, Form
from paraph.domain.accounts.policy import Claims
from paraph.domain.devices import queries as devices
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations.policy import MemberRole, OrganisationRole
from paraph.domain.staff import policy, services
from paraph.domain.staff.models import Member
from paraph.interfaces.operations.staff_wording import DEVICE_TYPES, LANGUAGES
from paraph.kernel.caller import Caller, Role

SHORT = {"autocomplete": "off", "spellcheck": "false", "class": "govuk-input--width-20"}
ROLES = [(str(role), _(name)) for role, name in policy.NAMES.items()]


def _typed(label: object, hint: object = "") -> forms.CharField:
    return forms.CharField(label=label, max_length=100, help_text=hint, widget=forms.TextInput(attrs=SHORT))


def _reason() -> forms.CharField:
    return forms.CharField(label=_("Motif, pour la personne qui décide"), max_length=1000,
                           widget=forms.Textarea(attrs={"rows": 3}))


def _places() -> list[tuple[str, str]]:
    """Where somebody can work: the operator first, then the open desks."""
    known = set(map(str, policy.PLACES.values()))
    places = [row for row in organisations.active() if known & set(row.roles)]
    return [(str(row.id), row.name) for row in sorted(places, key=lambda row: OrganisationRole.OPERATOR not in row.roles)]


class InviteForm(Form):
    given_names = _typed(_("Prénoms"))
    family_names = _typed(_("Noms"))
    birth_date = DateField(label=_("Date de naissance"),
                           help_text=_("Pour qu’une personne n’ait qu’un seul accès et ne traite pas son propre dossier."))
    email = forms.EmailField(label=_("Adresse e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}),
                             help_text=_("La sienne, que personne d’autre ne lit. Le lien y est envoyé."))
    language = forms.ChoiceField(label=_("Langue"), choices=list(LANGUAGES.items()))
    organisation = forms.ChoiceField(label=_("Organisation"))
    roles = forms.MultipleChoiceField(label=_("Rôles"), choices=ROLES, widget=forms.CheckboxSelectMultiple)
    token = _typed(_("Numéro de série du Token ou du Scan"), _("Un produit en stock. Vous le lui remettez en personne."))
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = _places()

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_invitation(
            claims=Claims(family_names=given["family_names"], given_names=given["given_names"], birth_date=given["birth_date"]),
            email=given["email"], language=given["language"], token_serial=given["token"], reason=given["reason"],
            roles=[Role(given["organisation"], role) for role in given["roles"]], caller=caller)


class MemberForm(Form):
    """A request about somebody who works here already."""

    hint: ClassVar[object] = ""

    def __init__(self, *args: object, member: Member, **kwargs: object) -> None:
        self.member = member
        super().__init__(*args, **kwargs)


class ChangeForm(MemberForm):
    hint = _("Les rôles changent dès qu’un autre opérateur accepte.")

    end = forms.MultipleChoiceField(label=_("Rôles à retirer"), required=False, widget=forms.CheckboxSelectMultiple)
    organisation = forms.ChoiceField(label=_("Organisation des rôles à donner"), required=False)
    begin = forms.MultipleChoiceField(label=_("Rôles à donner"), required=False, choices=ROLES,
                                      widget=forms.CheckboxSelectMultiple)
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        held = sorted(organisations.open_roles(self.member.person_id), key=lambda role: (role.name, role.organisation))
        names = dict(ROLES)
        self.fields["end"].choices = [
            (f"{role.organisation} {role.name}",
             f"{names[str(MemberRole(role.name))]} ({organisations.organisation(role.organisation).name})") for role in held]
        self.fields["organisation"].choices = _places()

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_change(
            member_id=self.member.id, end=[Role(*choice.split()) for choice in given["end"]],
            begin=[Role(given["organisation"], role) for role in given["begin"]], reason=given["reason"], caller=caller)


class ReinstateForm(MemberForm):
    hint = _("La connexion et les rôles d’avant valent de nouveau dès qu’un autre opérateur accepte.")
    reason = _reason()

    def ask(self, caller: Caller) -> None:
        services.ask_reinstatement(member_id=self.member.id, reason=self.cleaned_data["reason"], caller=caller)


class EndForm(MemberForm):
    hint = _("Tous ses rôles, sa connexion et ses produits prennent fin pour toujours dès qu’un autre opérateur accepte. "
             "S’il y a urgence, suspendez d’abord.")
    reason = _reason()

    def ask(self, caller: Caller) -> None:
        services.ask_end(member_id=self.member.id, reason=self.cleaned_data["reason"], caller=caller)


class RenewForm(MemberForm):
    hint = _("Dès votre demande, cette personne ne peut plus se connecter. Si un autre opérateur accepte, un lien part à son "
             "adresse ; s’il refuse, tout redevient comme avant. Son UserID et ses rôles restent.")

    password = forms.BooleanField(label=_("Le mot de passe est perdu"), required=False)
    lost = forms.MultipleChoiceField(label=_("Ce qui est perdu d’autre"), required=False,
                                     widget=forms.CheckboxSelectMultiple)
    device = forms.CharField(
        label=_("Numéro de série du nouveau Token ou Scan"), required=False, max_length=100, widget=forms.TextInput(attrs=SHORT),
        help_text=_("Un produit en stock, seulement s’il ne lui reste rien d’autre. Vous le lui remettez en personne."))
    reason = _reason()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        held = devices.for_identity(self.member.identity_id)
        if held:
            self.fields["lost"].choices = [(row.serial, f"{DEVICE_TYPES[row.type]} {row.serial}") for row in held]
        else:
            del self.fields["lost"]

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_renewal(member_id=self.member.id, password=given["password"], lost=given.get("lost", []),
                             device_serial=given["device"], reason=given["reason"], caller=caller)


class AddressForm(MemberForm):
    hint = _("L’ancienne adresse est prévenue tout de suite. Si un autre opérateur accepte, un lien part à la nouvelle, et elle "
             "vaut dès que ce lien a servi.")

    email = forms.EmailField(label=_("Nouvelle adresse e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}),
                             help_text=_("La sienne, que personne d’autre ne lit."))
    reason = _reason()

    def ask(self, caller: Caller) -> None:
        given = self.cleaned_data
        services.ask_address(member_id=self.member.id, email=given["email"], reason=given["reason"], caller=caller)


MEMBER_FORMS = {"change": ChangeForm, "reinstate": ReinstateForm, "end": EndForm, "renew": RenewForm, "address": AddressForm}
