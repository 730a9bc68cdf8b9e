# SPDX-License-Identifier: Apache-2.0
"""Members, requests and links as the pages of the staff show them. What ids are called is asked for at once, however many
rows there are."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from paraph.domain.accounts import queries as accounts
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations.models import Membership
from paraph.domain.organisations.policy import MemberRole
from paraph.domain.staff import policy, queries, services
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.domain.staff.queries import RoleLine
from paraph.interfaces.operations.console import Persons
from paraph.interfaces.operations.staff_wording import INVITATION_STATES, LANGUAGES, MEMBER_STATES, REQUEST_STATES
from paraph.kernel.caller import Caller, Role


@dataclass(frozen=True)
class Names(Persons):
    """What organisations are called beside them."""

    organisations: dict[str, str]

    @classmethod
    def of(cls, people: Iterable[object]) -> "Names":
        return cls(accounts.names(people), organisations.names())

    def roles(self, roles: Iterable[Role]) -> str:
        return ", ".join(sorted(
            f"{_(policy.NAMES[MemberRole(role.name)])} ({self.organisations[role.organisation]})" for role in roles))


def acted(rows: Iterable[StaffRequest]) -> list[str]:
    """Who asked for these and who decided them."""
    return [person for row in rows for person in (row.asked_by, row.decided_by) if person]


def decided(lines: Iterable[RoleLine]) -> list[str]:
    return [person for line in lines
            for person in (line.asked_by, line.allowed_by, line.ended_asked_by, line.ended_allowed_by) if person]


def member_row(row: Member, lines: list[RoleLine]) -> dict[str, object]:
    state, colour = MEMBER_STATES[row.state]
    held = [line.membership for line in lines if line.membership.person_id == row.person_id and line.membership.ended_at is None]
    return {"member": row, "state": state, "colour": colour, "roles": [_role(membership) for membership in held]}


def role_row(line: RoleLine, names: Names) -> dict[str, object]:
    return {**_role(line.membership), "until": line.membership.ended_at, "suspended": line.membership.suspended_at,
            "asked_by": names.who(line.asked_by), "allowed_by": names.who(line.allowed_by),
            "ended_asked_by": names.who(line.ended_asked_by), "ended_allowed_by": names.who(line.ended_allowed_by)}


def _role(membership: Membership) -> dict[str, object]:
    return {"name": _(policy.NAMES[MemberRole(membership.role)]), "organisation": membership.organisation.name,
            "since": membership.since}


def request_row(row: StaffRequest, caller: Caller, names: Names) -> dict[str, object]:
    over = row.state == "asked" and caller.at >= row.decide_until
    state, colour = REQUEST_STATES["lapsed" if over else row.state]
    subject = str(row.member.person_id) if row.member else ""
    return {
        "request": row, "action": _(services.ABOUT[StaffRequest.Kind(row.kind)]), "state": state, "colour": colour,
        "about": queries.name_of(row), "content": _content(row, names), "asked_by": names.who(row.asked_by),
        "decided_by": names.who(row.decided_by), "waiting": row.state == "asked" and not over,
        "own": caller.person in (row.asked_by, subject),
    }


def _content(row: StaffRequest, names: Names) -> list[tuple[str, object]]:
    content = row.content
    if row.kind == StaffRequest.Kind.INVITE:
        return [
            (_("Date de naissance"), queries.claims_of(row).birth_date), (_("Adresse e-mail"), content["email"]),
            (_("Langue"), LANGUAGES[content["language"]]), (_("Token ou Scan"), content["token"]),
            (_("Rôles"), names.roles(policy.roles_of(content)))]
    if row.kind == StaffRequest.Kind.CHANGE:
        shown = [(_("Rôles à donner"), names.roles(policy.roles_of(content, "begin"))),
                 (_("Rôles à retirer"), names.roles(policy.roles_of(content, "end")))]
        return [(name, value) for name, value in shown if value]
    if row.kind == StaffRequest.Kind.RENEW:
        shown = [(_("Perdu"), ", ".join([*([_("mot de passe")] if content["password"] else []), *content["lost"]])),
                 (_("Nouveau Token ou Scan"), content["device"])]
        return [(name, value) for name, value in shown if value]
    if row.kind == StaffRequest.Kind.ADDRESS:
        return [(_("Nouvelle adresse e-mail"), content["email"])]
    return []


def invitation_row(row: Invitation, caller: Caller, email: str) -> dict[str, object]:
    over = row.state == "sent" and caller.at >= row.expires_at
    state, colour = INVITATION_STATES["lapsed" if over else row.state]
    return {"invitation": row, "about": queries.name_of(row.request), "email": email,
            "action": _(services.ABOUT[StaffRequest.Kind(row.request.kind)]), "state": state, "colour": colour,
            "over": over or row.state == "lapsed", "resendable": queries.can_be_resent(row, caller.at)}
