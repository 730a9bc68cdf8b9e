# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import ValidationError

from paraph.domain.organisations.models import Membership, Organisation
from paraph.domain.organisations.policy import OrganisationRole
from paraph.kernel.caller import Role
from paraph.kernel.errors import NotFound


def roles_of(person_id: object) -> frozenset[Role]:
    """The roles that this person holds today and may use, each with its organisation's id."""
    rows = Membership.objects.filter(person_id=person_id, ended_at=None, suspended_at=None, organisation__active=True)
    return frozenset(Role(organisation=str(organisation), name=role)
                     for organisation, role in rows.values_list("organisation_id", "role"))


def organisation(organisation_id: object) -> Organisation:
    """Raises NotFound."""
    try:
        return Organisation.objects.get(pk=organisation_id)
    except (Organisation.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def by_slug(slug: str) -> Organisation:
    """Raises NotFound."""
    row = Organisation.objects.filter(slug=slug).first()
    if row is None:
        raise NotFound()
    return row


def registration_authorities() -> list[Organisation]:
    """The desks that take orders today: the public list, the choice in an order and the letters read it (R329)."""
    return [row for row in Organisation.objects.filter(active=True).order_by("name")
            if OrganisationRole.REGISTRATION_AUTHORITY in row.roles]


def banks() -> list[Organisation]:
    """The banks that hand out devices and replace them (R086)."""
    return [row for row in Organisation.objects.filter(active=True).order_by("name")
            if OrganisationRole.BANK in row.roles]


def holders_of(role: str) -> list[UUID]:
    """The persons who hold this role today and may use it, in whatever organisation."""
    rows = Membership.objects.filter(role=role, ended_at=None, suspended_at=None, organisation__active=True)
    return list(dict.fromkeys(rows.order_by("since", "id").values_list("person_id", flat=True)))


def open_roles(person_id: object) -> frozenset[Role]:
    """The roles that have not ended, those that rest included."""
    return frozenset(Role(organisation=str(row.organisation_id), name=row.role)
                     for row in Membership.objects.filter(person_id=person_id, ended_at=None))


def history(persons: Iterable[object] | None = None) -> list[Membership]:
    """Every role that anybody, or one of these persons, holds or held, the oldest first."""
    rows = Membership.objects.select_related("organisation").order_by("since", "id")
    return list(rows if persons is None else rows.filter(person_id__in=list(persons)))


def names() -> dict[str, str]:
    """What each organisation is called, by its id, those included that are closed."""
    return {str(identifier): name for identifier, name in Organisation.objects.values_list("id", "name")}


def active() -> list[Organisation]:
    return list(Organisation.objects.filter(active=True).order_by("name"))


def members(organisation_id: object) -> list[Membership]:
    """Those who hold a role in the organisation today."""
    return list(Membership.objects.filter(organisation_id=organisation_id, ended_at=None).order_by("since", "id"))
