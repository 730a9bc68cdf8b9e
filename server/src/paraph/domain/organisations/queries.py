# SPDX-License-Identifier: Apache-2.0
from paraph.domain.organisations.models import Membership
from paraph.kernel.caller import Role


def roles_of(person_id: object) -> frozenset[Role]:
    """The roles that this person holds today, each with its organisation's id."""
    rows = Membership.objects.filter(person_id=person_id, ended_at=None, organisation__active=True)
    return frozenset(Role(organisation=str(organisation), name=role)
                     for organisation, role in rows.values_list("organisation_id", "role"))
