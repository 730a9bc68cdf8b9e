# SPDX-License-Identifier: Apache-2.0
"""Operators and auditors read what stands; nothing is decided here that certification does not decide."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from paraph.domain.certification import authorities as tree
from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.models import Alarm, Authority, Certificate
from paraph.domain.certification.publication import crl, scopes
from paraph.interfaces import deeds
from paraph.interfaces.callers import role_required
from paraph.interfaces.operations.console import ADMIN, AUDITOR, page
from paraph.interfaces.operations.deciding import said, who
from paraph.interfaces.operations.forms import ArrangeForm, MoveForm
from paraph.interfaces.operations.wording import ALARMS, CAUSES, CERTIFICATE_STATES, IDENTIFICATIONS, NEXT
from paraph.kernel.errors import NotFound, Refusal
from paraph.pki import names, x509
from paraph.pki import profiles as kinds
from paraph.pki.crl import NEVER_UPDATED_AGAIN


@require_safe
@role_required(ADMIN, AUDITOR)
def alarms(request: HttpRequest) -> HttpResponse:
    """What a person must look at, the newest first; those that were closed, on demand."""
    closed = "closed" in request.GET
    rows = queries.alarms(open_only=False).exclude(closed_at=None)[:100] if closed else queries.alarms()
    return page(request, "alarms", rows=[_alarm(row) for row in rows], closed=closed)


def _alarm(row: Alarm) -> dict[str, object]:
    facts = [(name, ", ".join(map(str, value)) if isinstance(value, list) else value)
             for name, value in sorted(row.facts.items())]
    return {"alarm": row, "text": ALARMS.get(row.code, row.code), "next": NEXT.get(row.code, ""), "facts": facts,
            "taken_by": who(row.taken_by), "closed_by": who(row.closed_by),
            "certificate": Certificate.objects.filter(serial=row.about).exists()}


@require_POST
@role_required(ADMIN)
def move_alarm(request: HttpRequest, alarm_id: UUID, move: str) -> HttpResponse:
    match move:
        case "take":
            services.take_alarm(alarm_id=alarm_id, caller=request.caller)
        case "close":
            services.close_alarm(alarm_id=alarm_id, caller=request.caller)
        case _:
            raise Http404
    return HttpResponseRedirect(reverse("operations:alarms"))


@require_safe
@role_required(ADMIN, AUDITOR)
def authorities(request: HttpRequest) -> HttpResponse:
    """Each authority with its newest list and the responder that answers for it."""
    return page(request, "authorities", rows=[_authority(row, request) for row in queries.authorities()])


def _authority(row: Authority, request: HttpRequest) -> dict[str, object]:
    own = Certificate.objects.filter(subject_id=str(row.id), usage="ca").order_by("-not_before").first()
    return {
        "authority": row, "subject": names.readable(bytes(row.subject_der)), "list": crl.newest_of(row.name),
        "responder": queries.newest_service("ocsp", row.name), "own": own, "revoked": own and own.revocation_date,
        "answers": queries.still_answers(row, request.caller.at),
    }


@require_safe
@role_required(ADMIN, AUDITOR)
def lists(request: HttpRequest) -> HttpResponse:
    """The newest list of each authority and shard, with its delta; how lists are cut can be changed."""
    return _lists(request)


def _lists(request: HttpRequest, failed: ArrangeForm | None = None, status: int = 200) -> HttpResponse:
    rows = []
    for row in queries.authorities().exclude(certificate_der=b""):
        form = failed if failed is not None and failed.prefix == row.name else ArrangeForm(
            initial={"shards": row.shards, "deltas": row.deltas}, prefix=row.name)
        rows.append({"authority": row, "lists": list(_lists_of(row)), "form": form})
    stale = crl.stale(request.caller.at)
    return page(request, "lists", rows=rows, stale=stale, form=failed, status=status)


def _lists_of(authority: Authority):
    for shard in scopes.shards(authority):
        full = crl.newest_of(authority.name, shard)
        yield {
            "shard": shard, "full": full, "last": full is not None and full.next_update == NEVER_UPDATED_AGAIN,
            "delta": crl.newest_of(authority.name, shard, delta=True) if authority.deltas else None,
        }


@require_POST
@role_required(ADMIN)
def arrange(request: HttpRequest, name: str) -> HttpResponse:
    form = ArrangeForm(request.POST, prefix=queries.authority(name).name)
    if form.is_valid():
        try:
            services.arrange_lists(name=name, caller=request.caller, **form.cleaned_data)
            deeds.publish(request.caller)
            return HttpResponseRedirect(reverse("operations:lists"))
        except Refusal as refusal:
            form.add_error(None, said(refusal))
    return _lists(request, form, 422)


@require_safe
@role_required(ADMIN, AUDITOR)
def responders(request: HttpRequest) -> HttpResponse:
    """Who answers for each authority and until when, and what strangers asked and saw."""
    rows = []
    for row in queries.authorities().exclude(certificate_der=b""):
        newest = queries.newest_service("ocsp", row.name)
        rows.append({
            "authority": row, "responder": newest, "renewal": newest and tree.renewal_instant(newest),
            "unknown": queries.unknown_serials(row, request.caller.at), "answers": queries.still_answers(row, request.caller.at),
        })
    return page(request, "responders", rows=rows, unseen=queries.unseen_changes())


@require_safe
@role_required(ADMIN, AUDITOR)
def profiles(request: HttpRequest) -> HttpResponse:
    """The kinds of certificate, which version is in force since when, and the editions they were written against."""
    rows = [{"profile": profile, "standing": queries.standings(profile.name).first()} for profile in kinds.ALL]
    return page(request, "profiles", rows=rows, editions=sorted(kinds.EDITIONS.items()))


@require_safe
@role_required(ADMIN, AUDITOR)
def certificates(request: HttpRequest) -> HttpResponse:
    """One certificate by its serial number; and those that operators answer for, the newest first."""
    sought = request.GET.get("serial", "").strip().lower().replace(":", "").replace(" ", "")
    if sought and Certificate.objects.filter(serial=sought).exists():
        return HttpResponseRedirect(reverse("operations:certificate", args=(sought,)))
    rows = [_line(row) for row in queries.issued_by_operators()[:100]]
    return page(request, "certificates", rows=rows, sought=sought)


def _line(row: Certificate) -> dict[str, object]:
    text, colour = CERTIFICATE_STATES[row.state]
    subject = names.readable(x509.subject_and_key(bytes(row.der))[0]) if row.der else "–"
    return {"certificate": row, "state": text, "colour": colour, "subject": subject}


@require_safe
@role_required(ADMIN, AUDITOR)
def certificate(request: HttpRequest, serial: str) -> HttpResponse:
    return _certificate(request, serial)


def _certificate(request: HttpRequest, serial: str, failed: MoveForm | None = None, status: int = 200) -> HttpResponse:
    row = queries.by_serial(serial)
    profile = kinds.get(row.profile, row.profile_version)
    history = [{"state": CERTIFICATE_STATES[entry.state][0], "since": entry.since, "cause": CAUSES.get(entry.cause, entry.cause)}
               for entry in queries.history(row)]
    movable = profile.holder in policy.BY_HAND and row.state in ("active", "suspended")
    return page(
        request, "certificates", template="certificate", heading=row.serial, status=status, row=_line(row), history=history,
        requests=services.instants(row), movable=movable, suspendable=profile.can_be_suspended and row.state == "active",
        move_form=failed or MoveForm(), form=failed, identification=IDENTIFICATIONS.get(row.identification, row.identification),
        pem="".join(x509.pem(der) for der in queries.chain(row)) if row.der and request.caller.has_role(ADMIN) else "")


@require_POST
@role_required(ADMIN)
def move(request: HttpRequest, serial: str, move: str) -> HttpResponse:
    """Revoke, suspend or resume what operators answer for."""
    if move not in ("revoke", "suspend", "resume"):
        raise NotFound()
    form = MoveForm(request.POST)
    if move != "resume" and not form.is_valid():
        return _certificate(request, serial, form, 422)
    try:
        services.move_by_hand(
            serial=serial, move=move, reason="" if move == "resume" else form.cleaned_data["cause"], caller=request.caller)
        deeds.publish(request.caller)
    except Refusal as refusal:
        form.full_clean()
        form.add_error(None, said(refusal))
        return _certificate(request, serial, form, refusal.status)
    return HttpResponseRedirect(reverse("operations:certificate", args=(serial,)))
