# SPDX-License-Identifier: Apache-2.0
"""Operators read and decide; auditors read. Nothing is decided here that certification does not decide."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from paraph.domain.certification import queries, services
from paraph.domain.certification.models import Alarm, Approval, Authority
from paraph.domain.certification.publication import crl as lists
from paraph.interfaces.callers import role_required
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.interfaces.operations.wording import ACTIONS, ALARMS, STATES
from paraph.kernel.errors import Refusal
from paraph.pki import names
from paraph.pki import profiles as kinds

ADMIN, AUDITOR = "operator_admin", "auditor"


def _page(request: HttpRequest, current: str, status: int = 200, **context: object) -> HttpResponse:
    titles = {"alarms": _("Alarmes"), "approvals": _("Demandes et dérogations"), "authorities": _("Autorités"),
              "profiles": _("Types de certificats")}
    navigation = [{"text": title, "href": reverse(f"operations:{name}"), "current": name == current}
                  for name, title in titles.items()]
    return render(request, f"operations/{current}.html", status=status, context={
        "navigation": navigation, "heading": titles[current], "decides": request.caller.has_role(ADMIN), **context})


@require_safe
@role_required(ADMIN, AUDITOR)
def alarms(request: HttpRequest) -> HttpResponse:
    """What a person must look at, the newest first."""
    return _page(request, "alarms", rows=[_alarm(row) for row in queries.alarms()])


def _alarm(row: Alarm) -> dict[str, object]:
    return {"alarm": row, "text": ALARMS.get(row.code, row.code), "facts": sorted(row.facts.items())}


@require_POST
@role_required(ADMIN)
def close(request: HttpRequest, alarm_id: UUID) -> HttpResponse:
    services.close_alarm(alarm_id=alarm_id, caller=request.caller)
    return HttpResponseRedirect(reverse("operations:alarms"))


@require_safe
@role_required(ADMIN, AUDITOR)
def approvals(request: HttpRequest) -> HttpResponse:
    """What was asked for, with the hash that a decision is bound to."""
    return _approvals(request)


def _approvals(request: HttpRequest, refused: str = "", status: int = 200) -> HttpResponse:
    rows = [_approval(row, request.caller.person) for row in queries.approvals()[:100]]
    return _page(request, "approvals", status=status, rows=rows, refused=refused)


def _approval(row: Approval, person: str) -> dict[str, object]:
    text, colour = STATES[row.state]
    return {
        "approval": row, "action": ACTIONS.get(row.action, row.action), "state": text, "colour": colour,
        "content": sorted(row.content.items()), "open": row.state == "asked",
        "own": person in (row.asked_by, row.subject),
    }


@require_POST
@role_required(ADMIN)
def decide(request: HttpRequest, approval_id: UUID, decision: str) -> HttpResponse:
    """A second person allows or refuses what he saw on the page before."""
    try:
        match decision:
            case "approve":
                seen = request.POST.get("hash", "")
                services.approve(approval_id=approval_id, content_hash=seen, caller=request.caller)
            case "refuse":
                services.refuse(approval_id=approval_id, caller=request.caller)
            case _:
                raise Http404
    except Refusal as refusal:
        return _approvals(request, sentence_of(refusal), refusal.status)
    return HttpResponseRedirect(reverse("operations:approvals"))


@require_safe
@role_required(ADMIN, AUDITOR)
def authorities(request: HttpRequest) -> HttpResponse:
    """Each authority with its newest list and the responder that answers for it."""
    return _page(request, "authorities", rows=[_authority(row) for row in queries.authorities()])


def _authority(row: Authority) -> dict[str, object]:
    return {
        "authority": row,
        "subject": names.readable(bytes(row.subject_der)),
        "list": lists.newest_of(row.name),
        "responder": queries.newest_service("ocsp", row.name),
    }


@require_safe
@role_required(ADMIN, AUDITOR)
def profiles(request: HttpRequest) -> HttpResponse:
    """The kinds of certificate, in the editions that they were written against."""
    return _page(request, "profiles", rows=kinds.ALL, editions=sorted(kinds.EDITIONS.items()))
