# SPDX-License-Identifier: Apache-2.0
"""Who works here in which role: one operator asks, another decides; suspension is at once. An auditor reads it."""

from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.accounts.policy import UnusableContact
from paraph.domain.devices import queries as devices
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import StaffRequest
from paraph.interfaces.callers import role_required
from paraph.interfaces.operations.console import ADMIN, AUDITOR, page, paged
from paraph.interfaces.operations.deciding import said
from paraph.interfaces.operations.staff_forms import MEMBER_FORMS, InviteForm
from paraph.interfaces.operations.staff_rows import (
    Names,
    acted,
    decided,
    invitation_row,
    member_row,
    request_row,
    role_row,
)
from paraph.interfaces.operations.staff_wording import DEVICE_STATES, DEVICE_TYPES
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
    caller = request.caller
    asked, links, members = queries.requests(PAST), queries.invitations(), paged(request, queries.members())
    names, addresses = Names.of(acted(asked)), queries.addresses_of(row.request for row in links)
    lines = queries.history({row.person_id for row in members})
    shown = [request_row(row, caller, names) for row in asked]
    return page(
        request, "staff", status=status, refused=refused,
        waiting=[row for row in shown if row["waiting"]], past=[row for row in shown if not row["waiting"]][:PAST],
        invitations=[invitation_row(row, caller, addresses[row.request_id]) for row in links],
        members=[member_row(row, lines) for row in members], paging=members, own=queries.member_of(caller.person))


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
    lines, asked, held = queries.history([row.person_id]), queries.decided_about(row), devices.for_identity(row.identity_id)
    names = Names.of([*decided(lines), *acted(asked), row.state_by])
    return page(request, "staff", template="staff_member", heading=row.person.full_name, row=member_row(row, []),
                lines=[role_row(line, names) for line in lines], email=queries.email_of(row),
                state_by=names.who(row.state_by), own=str(row.person_id) == request.caller.person,
                devices=[(device, DEVICE_TYPES[device.type], DEVICE_STATES[device.state]) for device in held],
                resting=any(device.state == "disabled" for device in held),
                asked=[request_row(about, request.caller, names) for about in asked])
