# SPDX-License-Identifier: Apache-2.0
"""Operators and auditors read what stands; nothing is decided here that certification does not decide."""

from collections.abc import Iterator
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.certification import authorities as tree
from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.models import Alarm, Authority, Certificate, RevocationList
from paraph.domain.certification.publication import crl, scopes
from paraph.interfaces import deeds
from paraph.interfaces.callers import role_required
from paraph.interfaces.operations.console import ADMIN, AUDITOR, page, paged
from paraph.interfaces.operations.deciding import said
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
    rows = paged(request, queries.alarms(open_only=False).exclude(closed_at=None) if closed else queries.alarms())
    people = accounts.names({person for row in rows for person in (row.taken_by, row.closed_by)})
    serials = queries.known_serials(row.about for row in rows)
    return page(request, "alarms", rows=[_alarm(row, people, serials) for row in rows], closed=closed, paging=rows)


def _alarm(row: Alarm, people: dict[str, str], serials: set[str]) -> dict[str, object]:
    facts = [(name, ", ".join(map(str, value)) if isinstance(value, list) else value)
             for name, value in sorted(row.facts.items())]
    return {"alarm": row, "text": ALARMS.get(row.code, row.code), "next": NEXT.get(row.code, ""), "facts": facts,
            "taken_by": people.get(row.taken_by, row.taken_by), "closed_by": people.get(row.closed_by, row.closed_by),
            "certificate": row.about in serials}


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
    own, published, responding = queries.own_certificates(), crl.newest_lists(), queries.responders()
    answering = queries.answering(request.caller.at)
    return page(request, "authorities", rows=[{
        "authority": row, "subject": names.readable(bytes(row.subject_der)),
        "list": published.get((row.id, scopes.WHOLE, False)), "responder": responding.get(row.id), "own": own.get(str(row.id)),
        "revoked": str(row.id) in own and own[str(row.id)].revocation_date, "answers": row.id in answering,
    } for row in queries.authorities()])


@require_safe
@role_required(ADMIN, AUDITOR)
def lists(request: HttpRequest) -> HttpResponse:
    """The newest list of each authority and shard, with its delta; how lists are cut can be changed."""
    return _lists(request)


def _lists(request: HttpRequest, failed: ArrangeForm | None = None, status: int = 200) -> HttpResponse:
    rows, stale, published = [], [], crl.newest_lists()
    for row in queries.authorities().exclude(certificate_der=b""):
        form = failed if failed is not None and failed.prefix == row.name else ArrangeForm(
            initial={"shards": row.shards, "deltas": row.deltas}, prefix=row.name)
        rows.append({"authority": row, "lists": list(_lists_of(row, published)), "form": form})
        stale += [scopes.list_address(row, shard) for shard in scopes.shards(row)
                  if crl.has_run_out(row, published.get((row.id, shard, False)), request.caller.at)]
    return page(request, "lists", rows=rows, stale=stale, form=failed, status=status)


def _lists_of(authority: Authority, published: dict[tuple[UUID, int, bool], RevocationList]) -> Iterator[dict[str, object]]:
    for shard in scopes.shards(authority):
        full = published.get((authority.id, shard, False))
        yield {
            "shard": shard, "full": full, "last": full is not None and full.next_update == NEVER_UPDATED_AGAIN,
            "delta": published.get((authority.id, shard, True)) if authority.deltas else None,
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
    rows, responding = [], queries.responders()
    unknown, answering = queries.unknown_serials(request.caller.at), queries.answering(request.caller.at)
    for row in queries.authorities().exclude(certificate_der=b""):
        newest = responding.get(row.id)
        rows.append({
            "authority": row, "responder": newest, "renewal": newest and tree.renewal_instant(newest),
            "unknown": unknown.get(row.id, 0), "answers": row.id in answering,
        })
    return page(request, "responders", rows=rows, unseen=queries.unseen_changes())


@require_safe
@role_required(ADMIN, AUDITOR)
def profiles(request: HttpRequest) -> HttpResponse:
    """The kinds of certificate, which version is in force since when, and the editions they were written against."""
    standings = queries.newest_standings()
    rows = [{"profile": profile, "standing": standings.get(profile.name)} for profile in kinds.ALL]
    return page(request, "profiles", rows=rows, editions=sorted(kinds.EDITIONS.items()))


@require_safe
@role_required(ADMIN, AUDITOR)
def certificates(request: HttpRequest) -> HttpResponse:
    """One certificate by its serial number; and those that operators answer for, the newest first."""
    sought = request.GET.get("serial", "").strip().lower().replace(":", "").replace(" ", "")
    if sought and Certificate.objects.filter(serial=sought).exists():
        return HttpResponseRedirect(reverse("operations:certificate", args=(sought,)))
    found = paged(request, queries.issued_by_operators())
    return page(request, "certificates", rows=[_line(row) for row in found], sought=sought, paging=found)


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
