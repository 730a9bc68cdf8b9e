# SPDX-License-Identifier: Apache-2.0
"""Staff: a person with an identity that has no certificates, a Token, and roles in organisations."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import services as devices
from paraph.domain.organisations import services as organisations
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden


@dataclass(frozen=True)
class Invited:
    """Shown once to whoever invites; kept nowhere. The first login replaces the initial password."""

    person_id: UUID
    identity_id: UUID
    user_id: str
    initial_password: str
    token_serial: str


def invite_staff(
    *, claims: Claims, organisation_id: object, roles: Iterable[str], token_serial: str, language: str = "fr",
    person_id: object = None, caller: Caller,
) -> Invited:
    """The person can log in as staff with the Token that he is handed. `person_id` for somebody known already.

    Only the operator at his own machine invites in this way. Refuses: Forbidden, NotInStock, NotFound.
    """
    if not policy.is_operator(caller):
        raise Forbidden()
    with transaction.atomic():
        if person_id is None:
            person_id = accounts.create_person(claims=claims, document_expires_on=None, language=language,
                                               caller=caller).id
        identity = accounts.create_identity(person_id=person_id, kind=Identity.Kind.STAFF,
                                            device_family=Identity.Family.SERVER, caller=caller)
        roles = [str(role) for role in roles]
        for role in roles:
            organisations.add_membership(person_id=person_id, organisation_id=organisation_id, role=role, caller=caller)
        device = devices.assign(identity_id=identity.id, serial=token_serial, caller=caller)
        devices.activate(device_id=device.id, caller=caller)
        initial_password = tokens.initial_password()
        authentication.set_initial(identity_id=identity.id, initial_password=initial_password, caller=caller)
        audit.record(Event.STAFF_INVITED, about=("person", person_id), caller=caller,
                     facts={"identity": identity.id, "organisation": organisation_id, "roles": roles,
                            "device": device.id})
    return Invited(person_id, identity.id, identity.user_id, initial_password, device.serial)
