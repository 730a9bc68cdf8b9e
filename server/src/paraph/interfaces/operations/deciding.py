# SPDX-License-Identifier: Apache-2.0
"""One asks, another decides, then it is done: the approvals, and the waivers that stay in force."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from faces.templatetags.faces import written_instant
from paraph.domain.accounts import queries as accounts
from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.models import Approval, Certificate
from paraph.interfaces import deeds
from paraph.interfaces.callers import role_required
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.interfaces.operations.console import ADMIN, AUDITOR, Persons, page, paged
from paraph.interfaces.operations.wording import ACTIONS, CAUSES, CONTENT, IDENTIFICATIONS, KINDS, OVER, STATES
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import names

# Values of an approval that have a name.
_VALUES = {"cause": CAUSES, "identification": IDENTIFICATIONS, "kind": KINDS}


@dataclass(frozen=True)
class Named(Persons):
    """What holders are called beside them."""

    holders: dict[str, str]

    @classmethod
    def of(cls, rows: Iterable[Approval]) -> "Named":
        return cls(accounts.names({person for row in rows for person in (row.subject, row.asked_by, row.decided_by)}),
                   accounts.holder_names({row.content["identity"] for row in rows if row.content.get("identity")}))


@require_safe
@role_required(ADMIN, AUDITOR)
def approvals(request: HttpRequest) -> HttpResponse:
    """What was asked for, with the hash that a decision is bound to; what waits for somebody stands first."""
    return _approvals(request)


def _approvals(request: HttpRequest, refused: str = "", status: int = 200) -> HttpResponse:
    found = paged(request, queries.approvals_waiting_first(request.caller.at))
    named = Named.of(found)
    rows = [_approval(row, request.caller, named) for row in found]
    return page(request, "approvals", status=status, rows=rows, refused=refused, paging=found)


def _approval(row: Approval, caller: Caller, named: Named) -> dict[str, object]:
    over = row.state in ("asked", "approved") and caller.at >= row.ends_at
    text, colour = OVER if over else STATES[row.state]
    can_do = deeds.waits(row, caller)
    return {
        "approval": row, "action": ACTIONS.get(row.action, row.action), "state": text, "colour": colour,
        "content": content_of(row, named), "subject": named.who(row.subject), "asked_by": named.who(row.asked_by),
        "decided_by": named.who(row.decided_by), "next": _next(row, caller, over),
        "decidable": row.state == "asked" and not over, "doable": can_do,
        "own": caller.person in (row.asked_by, row.subject),
        "elsewhere": policy.directory_of(caller.person) != policy.directory_of(row.asked_by),
        "withdrawable": row.state == "asked" or can_do,
    }


def content_of(row: Approval, named: Named) -> list[tuple[object, object]]:
    """Name and value of all that is approved, for people; a certification request stands there as its key's digest."""
    shown = []
    for name, value in sorted(row.content.items()):
        if name == "request" or value in ("", [], {}):
            continue
        if name == "identity":
            value = named.holders.get(value, value)
        elif name in _WRITTEN:
            value = _WRITTEN[name](value)
        elif isinstance(value, dict):
            value = ", ".join(f"{key}: {part}" for key, part in value.items())
        elif isinstance(value, list):
            value = ", ".join(map(str, value))
        shown.append((CONTENT.get(name, name), _VALUES.get(name, {}).get(value, value)))
    return shown


def _subject(value: dict) -> str:
    return names.readable(names.Subject(**({"common_name": ""} | value)).encode())


# Values that people read otherwise than programs.
_WRITTEN: dict[str, Callable] = {
    "ends_at": lambda value: written_instant(datetime.fromisoformat(value)),
    "subject": _subject,
}


def _next(row: Approval, caller: Caller, over: bool) -> str:
    """Who does what next, and by when."""
    ends = written_instant(row.ends_at)
    if over and row.action != policy.WAIVE_FINDINGS:
        return _("Le délai est passé. Pour l’obtenir encore, faites une nouvelle demande.")
    match row.state:
        case "asked" if not over:
            return _("Un autre opérateur décide avant le %(ends)s.") % {"ends": ends}
        case "approved" if row.action == policy.WAIVE_FINDINGS:
            ended = _("Terminée depuis le %(ends)s.") if over else _("En vigueur jusqu’au %(ends)s.")
            return ended % {"ends": ends}
        case "approved":
            return _("Un opérateur l’exécute avant le %(ends)s.") % {"ends": ends}
        case "used":
            return _("C’est fait. Il n’y a plus rien à décider.")
        case "refused" | "withdrawn":
            return _("Rien n’a été modifié.")
    return _("Le délai est passé. Pour l’obtenir encore, faites une nouvelle demande.")


@require_POST
@role_required(ADMIN)
def decide(request: HttpRequest, approval_id: UUID, decision: str) -> HttpResponse:
    """A second person allows or refuses what he saw on the page before; what was allowed is done once."""
    caller = request.caller
    decisions: dict[str, Callable[[], object]] = {
        "approve": lambda: services.approve(
            approval_id=approval_id, content_hash=request.POST.get("hash", ""), caller=caller),
        "refuse": lambda: services.refuse(approval_id=approval_id, caller=caller),
        "withdraw": lambda: services.withdraw(approval_id=approval_id, caller=caller),
        "do": lambda: deeds.perform(approval_id, caller),
    }
    if decision not in decisions:
        raise Http404
    try:
        came = decisions[decision]()
    except Refusal as refusal:
        return _approvals(request, said(refusal), refusal.status)
    if isinstance(came, Certificate):
        return HttpResponseRedirect(reverse("operations:certificate", args=(came.serial,)))
    return HttpResponseRedirect(reverse("operations:waivers" if "waivers" in request.POST else "operations:approvals"))


def said(refusal: Refusal) -> str:
    """The refusal, with the rules that the gate names."""
    found = refusal.facts.get("findings") or []
    return f"{sentence_of(refusal)} ({', '.join(map(str, found))})" if found else sentence_of(refusal)


@require_safe
@role_required(ADMIN, AUDITOR)
def waivers(request: HttpRequest) -> HttpResponse:
    """Against which findings certificates are issued now, until when, and how many were."""
    found = paged(request, queries.waivers())
    named = Named.of(found)
    rows = [_approval(row, request.caller, named) | {"issued": row.issued, "ended": request.caller.at >= row.ends_at}
            for row in found]
    return page(request, "waivers", rows=rows, paging=found)
