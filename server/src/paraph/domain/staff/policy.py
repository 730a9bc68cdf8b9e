# SPDX-License-Identifier: Apache-2.0
"""Which roles go where and together, and who may ask, decide and suspend. Everything else needs two people."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import gettext_noop

from paraph.domain.organisations.policy import MemberRole, OrganisationRole
from paraph.kernel import sealing
from paraph.kernel.caller import Caller, Role
from paraph.kernel.rules import Rules

ADMINISTRATOR = MemberRole.OPERATOR_ADMIN
# As many operators are made at the machine; from then on two people decide.
FIRST = 2

# Where a role can be held: an operator's role in a bank would rule over everybody.
PLACES = {
    MemberRole.OPERATOR_ADMIN: OrganisationRole.OPERATOR,
    MemberRole.AUDITOR: OrganisationRole.OPERATOR,
    MemberRole.HELPDESK_AGENT: OrganisationRole.OPERATOR,
    MemberRole.REGISTRATION_OFFICER: OrganisationRole.REGISTRATION_AUTHORITY,
    MemberRole.REGISTRATION_MANAGER: OrganisationRole.REGISTRATION_AUTHORITY,
}
# Who examines does nothing that he would examine (EN 319 401 REQ-7.1.2-01, CEN/TS 419 261).
ALONE = MemberRole.AUDITOR

NAMES = {
    MemberRole.OPERATOR_ADMIN: gettext_noop("Opérateur"),
    MemberRole.AUDITOR: gettext_noop("Auditeur"),
    MemberRole.HELPDESK_AGENT: gettext_noop("Agent du service client"),
    MemberRole.REGISTRATION_OFFICER: gettext_noop("Officier d’enregistrement"),
    MemberRole.REGISTRATION_MANAGER: gettext_noop("Responsable de bureau"),
}


class RoleProblem(StrEnum):
    NONE_LEFT = "none_left"
    ELSEWHERE = "elsewhere"
    CONFLICT = "conflict"


def role_problem(held: Iterable[Role], places: Mapping[str, Iterable[str]]) -> RoleProblem | None:
    """Why somebody can't hold exactly these roles. `places`: what each active organisation is to the operator, by its id."""
    held = set(held)
    if not held:
        return RoleProblem.NONE_LEFT
    if any(PLACES[MemberRole(role.name)] not in places.get(role.organisation, ()) for role in held):
        return RoleProblem.ELSEWHERE
    if ALONE in {role.name for role in held} and len(held) > 1:
        return RoleProblem.CONFLICT
    return None


def at_the_machine(caller: Caller) -> bool:
    """An operator's account on the host."""
    return caller.channel.startswith("cli:")


def is_administrator(roles: Iterable[Role]) -> bool:
    return any(role.name == ADMINISTRATOR for role in roles)


def may_read(caller: Caller) -> bool:
    """Who asked and decided what about the staff is read by operators and auditors."""
    return caller.scope == "staff" and any(caller.has_role(role) for role in (ADMINISTRATOR, ALONE))


def content_hash(kind: str, member_id: object, content: dict) -> str:
    """Keyed, since names and birth dates can be guessed."""
    text = json.dumps([kind, str(member_id or ""), content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sealing.blind_index(text, "staff.request")


def resend_until(decided_at: datetime, rules: Rules) -> datetime:
    """The first instant at which an approved invitation is too old to be sent again."""
    return decided_at + timedelta(days=rules.staff_resend_days)


def pairs(roles: Iterable[Role]) -> list[list[str]]:
    """Roles as a request keeps them, in a fixed order."""
    return sorted([role.organisation, str(role.name)] for role in set(roles))


def roles_of(content: dict, name: str = "roles") -> frozenset[Role]:
    return frozenset(Role(organisation, role) for organisation, role in content[name])
