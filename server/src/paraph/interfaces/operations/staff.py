# SPDX-License-Identifier: Apache-2.0
"""Who works here in which role: one operator asks, another decides; suspension is at once. An auditor reads it, also as CSV."""

import csv
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.accounts.policy import UnusableContact
from paraph.domain.devices import queries as devices
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations.models import Membership
from paraph.domain.organisations.policy import MemberRole
from paraph.domain.staff import policy, queries, services
from paraph.domain.staff.models import Invitation, Member, StaffRequest
from paraph.domain.staff.queries import RoleLine
from paraph.interfaces.callers import role_required
from paraph.interfaces.operations.console import ADMIN, AUDITOR, page
from paraph.interfaces.operations.deciding import said, who
from paraph.interfaces.operations.staff_forms import MEMBER_FORMS, InviteForm
from paraph.interfaces.operations.staff_wording import (
    DEVICE_STATES,
    DEVICE_TYPES,
    INVITATION_STATES,
    LANGUAGES,
    MEMBER_STATES,
    REQUEST_STATES,
)
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Refusal

PAST = 20


def link_to(secret: str) -> str:
    """The address of an invitation's page."""
    return f"{settings.URL}{reverse('invited:link', args=(secret,))}"


@require_safe
@role_required(ADMIN, AUDITOR)
def staff(request: HttpRequest) -> HttpResponse:
    return _staff(request)


def _staff(request: HttpRequest, refused: str = "", status: int = 200) -> HttpResponse:
    caller, lines = request.caller, queries.history()
    asked = [_request(row, caller) for row in queries.requests(PAST)]
    own = queries.member_of(caller.person)
    return page(
        request, "staff", status=status, refused=refused,
        waiting=[row for row in asked if row["waiting"]], past=[row for row in asked if not row["waiting"]][:PAST],
        invitations=[_invitation(row, caller) for row in queries.invitations()],
        members=[_member(row, lines) for row in queries.members()], own=own)


def _member(row: Member, lines: list[RoleLine]) -> dict[str, object]:
    state, colour = MEMBER_STATES[row.state]
    held = [line.membership for line in lines if line.membership.person_id == row.person_id and line.membership.ended_at is None]
    return {"member": row, "state": state, "colour": colour, "roles": [_role(membership) for membership in held]}


def _role(membership: Membership) -> dict[str, object]:
    return {"name": _(policy.NAMES[MemberRole(membership.role)]), "organisation": membership.organisation.name,
            "since": membership.since}


def _request(row: StaffRequest, caller: Caller) -> dict[str, object]:
    over = row.state == "asked" and caller.at >= row.decide_until
    state, colour = REQUEST_STATES["lapsed" if over else row.state]
    subject = str(row.member.person_id) if row.member else ""
    return {
        "request": row, "action": _(services.ABOUT[StaffRequest.Kind(row.kind)]), "state": state, "colour": colour,
        "about": queries.name_of(row), "content": _content(row), "asked_by": who(row.asked_by),
        "decided_by": who(row.decided_by) if row.decided_by else "", "waiting": row.state == "asked" and not over,
        "own": caller.person in (row.asked_by, subject),
    }


def _content(row: StaffRequest) -> list[tuple[str, object]]:
    content = row.content
    if row.kind == StaffRequest.Kind.INVITE:
        return [
            (_("Date de naissance"), queries.claims_of(row).birth_date), (_("Adresse e-mail"), content["email"]),
            (_("Langue"), LANGUAGES[content["language"]]), (_("Token ou Scan"), content["token"]),
            (_("Rôles"), roles_in_words(policy.roles_of(content)))]
    if row.kind == StaffRequest.Kind.CHANGE:
        shown = [(_("Rôles à donner"), roles_in_words(policy.roles_of(content, "begin"))),
                 (_("Rôles à retirer"), roles_in_words(policy.roles_of(content, "end")))]
        return [(name, value) for name, value in shown if value]
    if row.kind == StaffRequest.Kind.RENEW:
        shown = [(_("Perdu"), ", ".join([*([_("mot de passe")] if content["password"] else []), *content["lost"]])),
                 (_("Nouveau Token ou Scan"), content["device"])]
        return [(name, value) for name, value in shown if value]
    if row.kind == StaffRequest.Kind.ADDRESS:
        return [(_("Nouvelle adresse e-mail"), content["email"])]
    return []


def roles_in_words(roles: frozenset[Role]) -> str:
    return ", ".join(sorted(
        f"{_(policy.NAMES[MemberRole(role.name)])} ({organisations.organisation(role.organisation).name})" for role in roles))


def _invitation(row: Invitation, caller: Caller) -> dict[str, object]:
    over = row.state == "sent" and caller.at >= row.expires_at
    state, colour = INVITATION_STATES["lapsed" if over else row.state]
    return {"invitation": row, "about": queries.name_of(row.request), "email": queries.address_of(row.request),
            "action": _(services.ABOUT[StaffRequest.Kind(row.request.kind)]), "state": state, "colour": colour,
            "over": over or row.state == "lapsed", "resendable": queries.can_be_resent(row, caller.at)}


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(ADMIN)
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST if request.method == "POST" else None)
    return _ask(request, form, _("Inviter un membre du personnel"), "staff_invite", lambda: form.ask(request.caller))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(ADMIN)
def ask(request: HttpRequest, member_id: UUID, kind: str) -> HttpResponse:
    """Other roles, a return, an end, new access or another address for somebody who works here."""
    if kind not in MEMBER_FORMS:
        raise Http404
    member = queries.member(member_id)
    form = MEMBER_FORMS[kind](request.POST if request.method == "POST" else None, member=member)
    return _ask(request, form, _(services.ABOUT[StaffRequest.Kind(kind)]), "staff_ask", lambda: form.ask(request.caller),
                member=member, hint=form.hint)


def _ask(request: HttpRequest, form, heading: str, template: str, put: Callable[[], object], **context: object) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                put()
                return HttpResponseRedirect(reverse("operations:staff"))
            except UnusableContact:
                form.add_error("email", _("Écrivez une adresse e-mail complète, par exemple nom@exemple.lu."))
            except Refusal as refusal:
                form.add_error(None, said(refusal))
    return page(request, "staff", template=template, heading=heading, form=form, status=status, **context)


@require_POST
@role_required(ADMIN)
def decide(request: HttpRequest, request_id: UUID, decision: str) -> HttpResponse:
    """Another operator allows or refuses what he saw; who asked takes it back."""
    caller = request.caller
    decisions: dict[str, Callable[[], object]] = {
        "approve": lambda: services.approve(
            request_id=request_id, content_hash=request.POST.get("hash", ""), link_to=link_to, caller=caller),
        "refuse": lambda: services.refuse(request_id=request_id, caller=caller),
        "withdraw": lambda: services.withdraw(request_id=request_id, caller=caller),
    }
    return _move(request, decisions, decision)


@require_POST
@role_required(ADMIN)
def move_invitation(request: HttpRequest, invitation_id: UUID, move: str) -> HttpResponse:
    return _move(request, {
        "resend": lambda: services.resend(invitation_id=invitation_id, link_to=link_to, caller=request.caller),
        "revoke": lambda: services.revoke(invitation_id=invitation_id, caller=request.caller),
    }, move)


@require_POST
@role_required(ADMIN)
def duty(request: HttpRequest) -> HttpResponse:
    """Whether alarms go to the operator who asks."""
    return _move(request, {"set": lambda: services.set_duty(on=request.POST.get("on") == "1", caller=request.caller)}, "set")


@require_POST
@role_required(ADMIN)
def suspend(request: HttpRequest, member_id: UUID) -> HttpResponse:
    return _move(request, {"suspend": lambda: services.suspend(member_id=member_id, caller=request.caller)}, "suspend")


def _move(request: HttpRequest, moves: dict[str, Callable[[], object]], move: str) -> HttpResponse:
    if move not in moves:
        raise Http404
    try:
        moves[move]()
    except Refusal as refusal:
        if refusal.status == 403 and not request.caller.has_role(ADMIN):
            raise
        return _staff(request, said(refusal), refusal.status)
    return HttpResponseRedirect(reverse("operations:staff"))


@require_safe
@role_required(ADMIN, AUDITOR)
def member(request: HttpRequest, member_id: UUID) -> HttpResponse:
    """One member with all roles that he holds or held, what else was asked about him, and which two people decided each."""
    row = queries.member(member_id)
    lines = [_line(line) for line in queries.history() if line.membership.person_id == row.person_id]
    held = devices.for_identity(row.identity_id)
    return page(request, "staff", template="staff_member", heading=row.person.full_name, row=_member(row, []), lines=lines,
                email=queries.email_of(row), state_by=who(row.state_by), own=str(row.person_id) == request.caller.person,
                devices=[(device, DEVICE_TYPES[device.type], DEVICE_STATES[device.state]) for device in held],
                resting=any(device.state == "disabled" for device in held),
                asked=[_request(about, request.caller) for about in queries.decided_about(row)])


def _line(line: RoleLine) -> dict[str, object]:
    return {**_role(line.membership), "until": line.membership.ended_at, "suspended": line.membership.suspended_at,
            "asked_by": who(line.asked_by), "allowed_by": who(line.allowed_by) if line.allowed_by else "",
            "ended_asked_by": who(line.ended_asked_by) if line.ended_asked_by else "",
            "ended_allowed_by": who(line.ended_allowed_by) if line.ended_allowed_by else ""}


COLUMNS = ("person", "name", "organisation", "role", "since", "asked_by", "allowed_by", "suspended_since", "until",
           "ended_asked_by", "ended_allowed_by")


@require_safe
@role_required(ADMIN, AUDITOR)
def roles_csv(request: HttpRequest) -> HttpResponse:
    """Every role that anybody holds or held (UTC, ISO 8601). Columns and role names are those of the log, in no language."""
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="roles-{request.caller.at:%Y-%m-%d}.csv"'})
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for line in queries.history():
        row = line.membership
        writer.writerow([_cell(value) for value in (
            row.person_id, line.person.full_name, row.organisation.name, row.role, _written(row.since), who(line.asked_by),
            who(line.allowed_by) if line.allowed_by else "", _written(row.suspended_at), _written(row.ended_at),
            who(line.ended_asked_by) if line.ended_asked_by else "",
            who(line.ended_allowed_by) if line.ended_allowed_by else "")])
    return response


def _written(at) -> str:
    return at.isoformat() if at else ""


def _cell(value: object) -> str:
    """Text that a table program does not take for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
