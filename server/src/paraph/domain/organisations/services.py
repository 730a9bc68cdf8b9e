# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from paraph.domain.audit import services as audit
from paraph.domain.organisations import policy
from paraph.domain.organisations.events import Event
from paraph.domain.organisations.models import Membership, Organisation
from paraph.domain.organisations.policy import MemberRole, OrganisationRole
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound


def create_organisation(
    *, slug: str, name: str, roles: Iterable[str], address: dict[str, str], hours: dict[str, str] | None = None,
    phone: str = "", email: str = "", active: bool = True, caller: Caller,
) -> Organisation:
    """An organisation is known to the operator under its slug; the same slug again returns what stands.

    Refuses: Forbidden.
    """
    if not policy.may_manage(caller):
        raise Forbidden()
    with transaction.atomic():
        row, made = Organisation.objects.get_or_create(slug=slug, defaults={
            "name": name, "roles": [str(OrganisationRole(role)) for role in roles], "address": address,
            "hours": hours or {}, "phone": phone, "email": email, "active": active})
        if made:
            audit.record(Event.ORGANISATION_CREATED, about=("organisation", row.id), caller=caller,
                         facts={"slug": slug, "roles": row.roles, "active": active})
    return row


def set_active(*, organisation_id: object, active: bool, caller: Caller) -> Organisation:
    """An inactive organisation takes no order, is on no public list, and its members hold no role.

    Refuses: Forbidden, NotFound.
    """
    if not policy.may_manage(caller):
        raise Forbidden()
    with transaction.atomic():
        row = _locked(organisation_id)
        if row.active != active:
            row.active = active
            row.save(update_fields=["active"])
            event = Event.ORGANISATION_ACTIVATED if active else Event.ORGANISATION_DEACTIVATED
            audit.record(event, about=("organisation", row.id), caller=caller)
    return row


def add_membership(
    *, person_id: object, organisation_id: object, role: str, under: object = None, caller: Caller
) -> Membership:
    """The person holds the role from now on; a role already held stays as it is. Refuses: Forbidden, NotFound."""
    if not policy.may_appoint(caller, under):
        raise Forbidden()
    with transaction.atomic():
        organisation = _locked(organisation_id)
        row, made = Membership.objects.get_or_create(
            person_id=person_id, organisation=organisation, role=MemberRole(role), ended_at=None,
            defaults={"since": caller.at, "begun_by": caller.person or caller.channel, "begun_under": under})
        if made:
            audit.record(Event.MEMBERSHIP_BEGUN, about=("person", person_id), caller=caller,
                         facts={"organisation": organisation.id, "role": role, "request": under})
    return row


def end_membership(
    *, person_id: object, organisation_id: object, role: str, under: object = None, caller: Caller
) -> None:
    """The person no longer holds the role. Refuses: Forbidden, NotFound."""
    if not policy.may_appoint(caller, under):
        raise Forbidden()
    with transaction.atomic():
        organisation = _locked(organisation_id)
        open_rows = Membership.objects.filter(person_id=person_id, organisation=organisation, role=role, ended_at=None)
        if not open_rows.update(ended_at=caller.at, ended_by=caller.person or caller.channel, ended_under=under):
            raise NotFound()
        audit.record(Event.MEMBERSHIP_ENDED, about=("person", person_id), caller=caller,
                     facts={"organisation": organisation.id, "role": role, "request": under})


def suspend_roles(*, person_id: object, caller: Caller) -> None:
    """The person's roles give no right from now on, until they are resumed. Who may ask is decided above (staff)."""
    _rest(Membership.objects.filter(person_id=person_id, ended_at=None, suspended_at=None), caller.at,
          Event.MEMBERSHIP_SUSPENDED, caller)


def resume_roles(*, person_id: object, caller: Caller) -> None:
    """They give their rights again. Who may ask is decided above (staff)."""
    _rest(Membership.objects.filter(person_id=person_id, ended_at=None).exclude(suspended_at=None), None,
          Event.MEMBERSHIP_RESUMED, caller)


def _rest(rows: QuerySet[Membership], since: datetime | None, event: Event, caller: Caller) -> None:
    with transaction.atomic():
        for row in rows.select_for_update(of=("self",)):
            Membership.objects.filter(pk=row.pk).update(suspended_at=since)
            audit.record(event, about=("person", row.person_id), caller=caller,
                         facts={"organisation": row.organisation_id, "role": row.role})


def hold_roles() -> None:
    """Until the transaction ends nobody else changes who works at the operator: of two who remove each other one is first."""
    operators = [row.pk for row in Organisation.objects.all() if OrganisationRole.OPERATOR in row.roles]
    list(Organisation.objects.select_for_update().filter(pk__in=operators).order_by("pk"))


def demo_organisations(
    *, operator_name: str, operator_address: dict[str, str], phone: str, email: str, hours: dict[str, str],
    caller: Caller,
) -> list[Organisation]:
    """The operator with its own desk, a second desk, a bank, and a desk that closed (fictional, for the demo)."""
    desk = OrganisationRole.REGISTRATION_AUTHORITY
    north = {"fr": "du mardi au samedi, de 9 h à 17 h", "de": "Dienstag bis Samstag, 9 bis 17 Uhr",
             "en": "Tuesday to Saturday, 9 am to 5 pm"}
    bank = {"fr": "du lundi au vendredi, de 9 h à 16 h 30", "de": "Montag bis Freitag, 9 bis 16.30 Uhr",
            "en": "Monday to Friday, 9 am to 4.30 pm"}
    return [
        create_organisation(slug="operator", name=operator_name, roles=(OrganisationRole.OPERATOR, desk),
                            address=operator_address, phone=phone, email=email, hours=hours, caller=caller),
        create_organisation(
            slug="desk-north", name="Bureau d’enregistrement du Nord", roles=(desk,), hours=north, caller=caller,
            address={"street": "12, Grand-Rue", "postcode": "L-9000", "city": "Ettelbruck", "country": "LU"},
            phone="+352 20 00 00 20", email="nord@paraph.example"),
        create_organisation(
            slug="bank-plume", name="Banque de la Plume", roles=(OrganisationRole.BANK, desk), hours=bank,
            address={"street": "3, place du Marché", "postcode": "L-4000", "city": "Esch-sur-Alzette",
                     "country": "LU"},
            phone="+352 20 00 00 40", email="guichet@plume.example", caller=caller),
        create_organisation(
            slug="desk-closed", name="Bureau d’enregistrement de l’Est", roles=(desk,), active=False, caller=caller,
            address={"street": "8, route du Vin", "postcode": "L-5400", "city": "Remich", "country": "LU"}),
    ]


def _locked(organisation_id: object) -> Organisation:
    try:
        return Organisation.objects.select_for_update().get(pk=organisation_id)
    except (Organisation.DoesNotExist, ValidationError) as error:
        raise NotFound() from error
