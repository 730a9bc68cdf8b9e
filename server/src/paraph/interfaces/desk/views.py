# SPDX-License-Identifier: Apache-2.0
"""The desk. Every page shows orders of the officer's own authority only; each action that is closed says why."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.policy import written_mobile
from paraph.domain.devices import queries as devices
from paraph.domain.orders import policy as orders_policy
from paraph.domain.orders import queries as orders
from paraph.domain.orders import services as order_services
from paraph.domain.orders.lifecycle import OrderState
from paraph.domain.orders.models import Order
from paraph.domain.orders.policy.papers import PaperCode
from paraph.domain.organisations import queries as organisations
from paraph.domain.proofing import queries as proofing
from paraph.domain.reference import countries
from paraph.domain.registration import queries, services
from paraph.domain.registration.services.desk import expected_document
from paraph.interfaces.callers import role_required
from paraph.interfaces.desk.forms import ApproveForm, IdentifyForm, PapersForm, RefuseForm, posted
from paraph.interfaces.desk.wording import (
    DECIDED,
    DEFECTS,
    DOCUMENTS,
    FILTERS,
    NAME_STEPS,
    OBSTACLES,
    PAPERS,
    STATES,
    WRONG_ANSWERS,
    WRONG_CODES,
)
from paraph.interfaces.login.forms import CODE_FORMS
from paraph.interfaces.login.images import image_of
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.kernel import rules
from paraph.kernel.errors import NotFound, Refusal
from paraph.signer.client import Outcome

OFFICER, MANAGER = "registration_officer", "registration_manager"
OPEN = FILTERS["waiting"][1]
VISITS = "visits"
PAGE_SIZE = 50


def authorities(request: HttpRequest) -> frozenset[str]:
    """The ids of the registration authorities whose orders this person sees."""
    return request.caller.organisations(OFFICER) | request.caller.organisations(MANAGER)


def navigation(request: HttpRequest, current: str = "") -> list[dict[str, object]]:
    """The ways to every list of the desk; `current` is a name of FILTERS, or VISITS."""
    orders_shown = [{"text": text, "href": f"{reverse('desk:queue')}?show={name}", "current": name == current}
                    for name, (text, _states) in FILTERS.items()]
    return [*orders_shown, {"text": _("Visites"), "href": reverse("desk:visits"), "current": current == VISITS}]


@require_safe
@role_required(OFFICER, MANAGER)
def queue(request: HttpRequest) -> HttpResponse:
    """Own authority's orders, oldest first, each with who does what next."""
    shown = request.GET.get("show", "waiting")
    shown = shown if shown in FILTERS else "waiting"
    sought, own = request.GET.get("name", "").strip().casefold(), authorities(request)
    found = orders.queue(own, FILTERS[shown][1])
    if sought:  # names are sealed in the database, so they are compared here
        found = [row for row in found if sought in row.applicant_name.casefold() or sought in row.reference.casefold()]
    paging = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    names = organisations.names()
    return render(request, "desk/queue.html", {
        "rows": [_row(row) for row in paging], "paging": paging, "authorities": sorted(names[row] for row in own),
        "navigation": navigation(request, shown), "shown": FILTERS[shown][0], "show": shown,
        "sought": request.GET.get("name", "")})


def _row(found: Order) -> dict[str, object]:
    text, colour, following = STATES[found.state]
    return {"order": found, "state": text, "colour": colour, "next": following,
            "last_day": orders_policy.last_day(found.activation_deadline)}


def _of_own_desk(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The order, if it is one of the caller's authority; for everybody else there is none."""

    @wraps(view)
    @role_required(OFFICER, MANAGER)
    def guarded(request: HttpRequest, order_id: UUID) -> HttpResponse:
        found = orders.order(order_id)
        if str(found.authority_id) not in authorities(request):
            raise NotFound()
        return view(request, found)

    return guarded


@require_safe
@_of_own_desk
def order(request: HttpRequest, found: Order) -> HttpResponse:
    return _page(request, found)


@require_POST
@_of_own_desk
def papers(request: HttpRequest, found: Order) -> HttpResponse:
    """Ticks and takes back; the order form only with what was seen on it."""
    checklist = orders.checklist(found)
    form = PapersForm(posted(request), papers=[paper.code for paper in checklist])
    if form.is_valid():
        wanted = set(form.cleaned_data["received"])
        try:
            for paper in checklist:
                if (paper.code in wanted) != bool(paper.received_at):
                    order_services.record_paper(
                        order_id=found.id, paper=paper.code, received=paper.code in wanted, caller=request.caller,
                        form=form.check if paper.code == PaperCode.ORDER_FORM else None)
        except order_services.FormIncomplete as refusal:
            missing = ", ".join(str(DEFECTS[defect]) for defect in refusal.facts["defects"])
            form.add_error("received", _("Bon de commande incomplet : %(missing)s.") % {"missing": missing})
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            return _back(found, "papers")
    return _page(request, found, papers=form)


@require_POST
@_of_own_desk
def identify(request: HttpRequest, found: Order) -> HttpResponse:
    form = IdentifyForm(posted(request), language=request.caller.language)
    if form.is_valid():
        doubts = ["document_doubtful"] if form.cleaned_data["document_doubtful"] else []
        try:
            attempt = services.identify(order_id=found.id, seen=form.seen, refuse_for=doubts, caller=request.caller,
                                        person_present=form.cleaned_data["person_present"])
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            if attempt.accepted:
                return _back(found, "decision")
            for reason in attempt.reasons:
                form.add_error(None, OBSTACLES.get(reason, reason))
    return _page(request, found, identify=form)


@require_POST
@_of_own_desk
def approve(request: HttpRequest, found: Order) -> HttpResponse:
    """With the code of the officer's Token, or on to the image for his Scan."""
    by_scan = request.POST.get("by") == "scan"
    form = _approve_form(request, found, posted(request), by_scan=by_scan)
    if form.is_valid() and (by_scan or "code" not in form.fields):
        try:
            services.show_approval(
                order_id=found.id, match=form.match, token_serial=form.cleaned_data["token_serial"],
                contacts_read_back=form.cleaned_data["contacts_read_back"], caller=request.caller)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            return HttpResponseRedirect(reverse("desk:approving", args=(found.id,)))
    elif form.is_valid():
        try:
            done = services.approve(
                order_id=found.id, match=form.match, token_serial=form.cleaned_data["token_serial"],
                contacts_read_back=form.cleaned_data["contacts_read_back"], code=form.cleaned_data["code"],
                caller=request.caller)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            if not isinstance(done, Outcome):
                return _back(found, "approved")
            form.add_error("code", WRONG_CODES[done])
    return _page(request, found, approve=form)


@require_http_methods(["GET", "HEAD", "POST"])
@_of_own_desk
def approving(request: HttpRequest, found: Order) -> HttpResponse:
    """The image for the officer's Scan, with whom he is about to name, and the code that it shows for it."""
    form = CODE_FORMS["scan"](posted(request))
    if form.is_valid():
        try:
            done = services.approve_shown(order_id=found.id, code=form.cleaned_data["code"], caller=request.caller)
        except NotFound:
            return _back(found, "decision")
        except Refusal as refusal:
            form.add_error("code", sentence_of(refusal))
        else:
            if not isinstance(done, Outcome):
                return _back(found, "approved")
            form.add_error("code", WRONG_ANSWERS[done])
    shown = queries.shown_approval(found.id, request.caller.identity)
    if shown is None:
        return _back(found, "decision")
    image = image_of(bytes(shown.image), until=shown.image_until, at=request.caller.at)
    return render(request, "desk/approving.html", {
        "order": found, "form": form, "image": image, "steps": NAME_STEPS, "number": shown.ssn,
        "name": queries.name_shown(found, shown), "navigation": navigation(request)}, status=422 if form.errors else 200)


@require_POST
@_of_own_desk
def approving_image(request: HttpRequest, found: Order) -> HttpResponse:
    """A new image; the code of the one before is worth nothing any more."""
    try:
        services.show_again(order_id=found.id, caller=request.caller)
    except NotFound:
        return _back(found, "decision")
    except Refusal as refusal:
        form = _approve_form(request, found)
        return _page(request, found, refused=sentence_of(refusal), approve=form)
    return HttpResponseRedirect(reverse("desk:approving", args=(found.id,)))


@require_POST
@_of_own_desk
def refuse(request: HttpRequest, found: Order) -> HttpResponse:
    form = RefuseForm(posted(request))
    if form.is_valid():
        try:
            services.refuse(order_id=found.id, reason=form.cleaned_data["reason"], caller=request.caller)
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        else:
            return _back(found, "refused")
    return _page(request, found, refuse=form)


def _back(found: Order, where: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('desk:order', args=(found.id,))}#{where}")


def _approve_form(request: HttpRequest, found: Order, data=None, *, by_scan: bool = False) -> ApproveForm:
    stock = devices.in_stock(found.product, frozenset({str(found.authority_id)}))
    return ApproveForm(data, candidates=queries.candidates(found), stock=list(stock[:500]),
                       ways=services.ways(request.caller), by_scan=by_scan)


def _page(request: HttpRequest, found: Order, refused: str = "", **forms) -> HttpResponse:
    """The order with everything that can be done, the submitted form with its errors in its place."""
    found.refresh_from_db()
    language, checklist = request.caller.language, orders.checklist(found)
    failed = next((form for form in forms.values() if form.errors), None)
    initial = {"received": [paper.code for paper in checklist if paper.received_at]}
    context = {
        **_row(found), "failed": failed, "refused": refused, "has_errors": failed is not None, "navigation": navigation(request),
        "expected": expected_document(found), "document_type": dict(DOCUMENTS)[found.document["type"]],
        "document_country": countries.name(found.document["country"], language),
        "residence": countries.name(found.applicant["country"], language),
        "mobile": written_mobile(found.applicant["mobile"]) if found.applicant["mobile"] else "",
        "papers": [(PAPERS[paper.code], paper) for paper in checklist],
        "papers_complete": not orders.missing_papers(found), "proof": proofing.accepted(found.id), "attempts": _attempts(found),
        "papers_form": forms.get("papers") or PapersForm(
            papers=[paper.code for paper in checklist], initial=initial),
        "identify_form": forms.get("identify") or IdentifyForm(language=language),
        "approve_form": forms.get("approve") or _approve_form(request, found),
        "refuse_form": forms.get("refuse") or RefuseForm(),
        "closed": _closed(request, found),
        "device": devices.for_identity(found.identity_id)[:1] if found.identity_id else [],
    }
    return render(request, "desk/order.html", context, status=422 if failed is not None or refused else 200)


def _attempts(found: Order) -> list[tuple]:
    return [(attempt, [OBSTACLES.get(reason, reason) for reason in attempt.reasons])
            for attempt in proofing.attempts(found.id)]


def _closed(request: HttpRequest, found: Order) -> dict[str, str]:
    """Why an action can't be done now, by action; what is missing here can be done."""
    everything = ("papers", "identify", "approve", "refuse")
    if not request.caller.has_role(OFFICER, str(found.authority_id)):
        return dict.fromkeys(everything, _("Seul un officier d’enregistrement de ce bureau peut le faire."))
    if accounts.is_same_person(request.caller.person, found.claims):
        return dict.fromkeys(everything, _("Cette commande est la vôtre. Un autre agent doit la traiter."))
    if found.state not in OPEN:
        return dict.fromkeys(everything, str(DECIDED[found.state]))
    closed: dict[str, str] = {}
    if request.caller.at >= found.activation_deadline:
        closed |= dict.fromkeys(("identify", "approve"), _("Le délai de 60 jours de cette commande est dépassé."))
    if found.state == OrderState.PLACED:
        closed.setdefault("identify", _("La commande n’est pas encore payée."))
    elif found.state == OrderState.PROVEN:
        closed.setdefault("identify", _("L’identité est déjà vérifiée."))
    if found.state != OrderState.PROVEN:
        closed.setdefault("approve", _("L’identité n’est pas encore vérifiée."))
    elif orders.missing_papers(found):
        closed.setdefault("approve", _("Il manque encore des pièces."))
    elif rules.current().names_by_scan_only and "scan" not in services.ways(request.caller):
        closed.setdefault("approve", sentence_of(services.ScanNeeded()))
    elif not devices.in_stock(found.product, frozenset({str(found.authority_id)})).exists():
        closed.setdefault("approve", _("Il n’y a plus de produit de ce type en stock dans ce bureau."))
    return closed
