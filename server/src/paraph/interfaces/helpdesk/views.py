# SPDX-License-Identifier: Apache-2.0
"""The agent's pages. Every action stays closed until the caller is identified, and says so (R252)."""

from collections.abc import Callable
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.certification import publication
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS, passkey
from paraph.domain.devices.models import Device
from paraph.domain.orders import policy as orders
from paraph.domain.registration import queries as registration
from paraph.domain.registration import services
from paraph.domain.signing import queries as signing
from paraph.domain.support import queries as support
from paraph.domain.support import services as support_services
from paraph.domain.support.models import Case
from paraph.domain.support.policy import AGENT
from paraph.interfaces.callers import role_required
from paraph.interfaces.helpdesk.forms import (
    CheckForm,
    CloseForm,
    CodesForm,
    DisableForm,
    HolderForm,
    ProductForm,
    ReplaceForm,
    SendForm,
    SuspendForm,
    posted,
)
from paraph.interfaces.helpdesk.wording import (
    CERTIFICATE_STATES,
    CHANNELS,
    DEVICE_STATES,
    DEVICE_TYPES,
    DONE,
    KINDS,
    QUESTIONS,
    REPLACEMENTS,
    STATES,
)
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.kernel.errors import NotFound, Refusal
from paraph.signer import client
from paraph.signer.client import Outcome

RECENT = 20
PAGE_SIZE = 50
# A visit is its desk's, and no agent's.
DESK = "desk"


@require_safe
@role_required(AGENT)
def search(request: HttpRequest) -> HttpResponse:
    """One field: UserID, serial number of a device, or reference of a case."""
    sought = request.GET.get("sought", "").strip()
    case_found = support.by_reference(sought) if sought else None
    if case_found is not None and case_found.channel != DESK:
        return HttpResponseRedirect(reverse("helpdesk:case", args=(case_found.id,)))
    found = _find(sought) if sought else None
    return _search_page(request, sought=sought, found=[found] if found else [])


@require_POST
@role_required(AGENT)
def by_name(request: HttpRequest) -> HttpResponse:
    """For who does not know his UserID. What is typed stands in no address, and that the agent looked is recorded."""
    form = HolderForm(posted(request))
    if not form.is_valid():
        return _search_page(request, form=form, status=422)
    found = support_services.find_holders(**form.cleaned_data, caller=request.caller)
    return _search_page(request, form=form, found=found, nobody=not found)


def _search_page(request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
    paging = Paginator(support.open_cases(), PAGE_SIZE).get_page(request.GET.get("page"))
    cases = [(row, KINDS[row.kind], CHANNELS[row.channel]) for row in paging]
    return render(request, "helpdesk/search.html", {
        "form": HolderForm(), "cases": cases, "paging": paging, "opened": "form" in context, **context}, status=status)


def _find(sought: str) -> Identity | None:
    """A holder; colleagues are the operators' matter."""
    device = devices.by_serial(sought)
    found = accounts.identity_by_user_id(sought) or (
        accounts.identity(device.identity_id) if device and device.identity_id else None)
    return found if found is not None and found.kind != Identity.Kind.STAFF else None


def _case(case_id: UUID) -> Case:
    """Raises NotFound, for a desk's visit as well."""
    found = support.case(case_id)
    if found.channel == DESK:
        raise NotFound()
    return found


@require_POST
@role_required(AGENT)
def open_call(request: HttpRequest, identity_id: UUID) -> HttpResponse:
    opened = support_services.open_case(kind="call", channel="phone", identity_id=accounts.identity(identity_id).id,
                                        caller=request.caller)
    return HttpResponseRedirect(reverse("helpdesk:case", args=(opened.id,)))


@require_safe
@role_required(AGENT)
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    return _page(request, _case(case_id))


@require_POST
@role_required(AGENT)
def check(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Which answers were wrong is not told: the agent asks again, he does not help."""
    form = CheckForm(posted(request))

    def compare() -> None:
        result = support_services.check_caller(case_id=case_id, answers=form.cleaned_data, caller=request.caller)
        if not result.passed:
            form.add_error(None, _("L’appelant n’est pas identifié : il faut au moins trois bonnes réponses."))

    return _act(request, case_id, "check_form", form, compare)


@require_POST
@role_required(AGENT)
def security_code(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Shown once, on the answer itself; it stands in no address and no history."""
    try:
        code = services.give_security_code(case_id=case_id, caller=request.caller)
    except Refusal as refusal:
        return _page(request, _case(case_id), refused=sentence_of(refusal), status=refusal.status)
    return _page(request, _case(case_id), code=f"{code[:4]} {code[4:]}")


@require_POST
@role_required(AGENT)
def codes(request: HttpRequest, case_id: UUID) -> HttpResponse:
    form = CodesForm(posted(request))
    return _act(request, case_id, "codes_form", form, lambda: services.reissue_codes(
        case_id=case_id, channel=form.cleaned_data["channel"], caller=request.caller),
        done=request.POST.get("channel", ""))


@require_POST
@role_required(AGENT)
def product(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """R210: a holder who has only a Token can't add a Scan himself; the agent can."""
    form = ProductForm(posted(request))
    return _act(request, case_id, "product_form", form, lambda: services.assign_product(
        case_id=case_id, serial=form.cleaned_data["serial"], caller=request.caller), done="product")


@require_POST
@role_required(AGENT)
def replace(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """R085: a new device from stock; the agent's own Token allows it."""
    form = _replace_form(_case(case_id), posted(request))
    return _act(request, case_id, "replace_form", form, lambda: replace_with(
        form, case_id=case_id, caller=request.caller), done="replaced")


@require_POST
@role_required(AGENT)
def send(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """The holder asked for it in My space: the product goes to his verified address, and nobody need call."""
    form = SendForm(posted(request))
    return _act(request, case_id, "send_form", form, lambda: services.send_product(
        case_id=case_id, serial=form.cleaned_data["sent_serial"], caller=request.caller), done="sent")


def replace_with(form: ReplaceForm, **asked: object) -> None:
    outcome = services.replace_product(**asked, **form.given)
    if outcome is not Outcome.ACCEPTED:
        form.add_error("code", _("Ce code n’est pas accepté. Attendez le prochain code de votre Token."))


def _replace_form(found: Case, data=None) -> ReplaceForm:
    return ReplaceForm(data, devices=devices.replaceable(found.identity_id) if found.identity_id else [])


@require_POST
@role_required(AGENT)
def disable(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """R080: one product rests, the certificate stays in force."""
    form = DisableForm(posted(request), devices=_working(_case(case_id)))
    return _act(request, case_id, "disable_form", form, lambda: services.disable_for_caller(
        case_id=case_id, device_id=form.cleaned_data["resting"], reason=form.cleaned_data["disabled_for"],
        caller=request.caller), done="disabled")


def _working(found: Case) -> list[Device]:
    """What of the holder's an agent may disable."""
    held = devices.for_identity(found.identity_id) if found.identity_id else []
    return [device for device in held if device.state == "active" and device.type in METHODS]


@require_POST
@role_required(AGENT)
def suspend(request: HttpRequest, case_id: UUID) -> HttpResponse:
    form = SuspendForm(posted(request))

    def act() -> None:
        services.suspend_for_caller(case_id=case_id, reason=form.cleaned_data["reason"], caller=request.caller)
        publication.publish_changes(request.caller.at, client.bound())

    return _act(request, case_id, "suspend_form", form, act, done="suspended")


@require_POST
@role_required(AGENT)
def close(request: HttpRequest, case_id: UUID) -> HttpResponse:
    form = CloseForm(posted(request))
    return _act(request, case_id, "close_form", form, lambda: support_services.close_case(
        case_id=case_id, outcome=form.cleaned_data["outcome"], caller=request.caller), done="closed")


def _act(request: HttpRequest, case_id: UUID, name: str, form, action: Callable[[], object], *, done: str = "") -> HttpResponse:
    """`done` names what the page after it says of it (wording.DONE)."""
    if form.is_valid():
        try:
            action()
        except Refusal as refusal:
            form.add_error(None, sentence_of(refusal))
        if not form.errors:
            return HttpResponseRedirect(reverse("helpdesk:case", args=(case_id,)) + (f"?done={done}" if done else ""))
    return _page(request, _case(case_id), **{name: form})


def _page(request: HttpRequest, found: Case, *, status: int = 200, code: str = "", refused: str = "",
          **forms) -> HttpResponse:
    working = _working(found)
    failed = next((form for form in forms.values() if form.errors), None)
    context = {
        "case": found, "kind": KINDS[found.kind], "channel": CHANNELS[found.channel], "state": STATES[found.state],
        "checks": [(row, [QUESTIONS[name] for name in row.asked]) for row in support.checks(found.id)],
        "identified": support.is_identified(found, request.caller), "code": code, "refused": refused, "failed": failed,
        "done": DONE.get(request.GET.get("done", ""), ""),
        "has_errors": failed is not None, "check_form": CheckForm(), "codes_form": CodesForm(),
        "suspend_form": SuspendForm(), "product_form": ProductForm(), "close_form": CloseForm(),
        "disable_form": DisableForm(devices=working),
        "replace_form": _replace_form(found), "send_form": SendForm(),
        "to_send": devices.to_send(found.identity_id) if found.identity_id and found.state == "open" else None, **forms,
    }
    if found.identity_id:
        language = request.caller.language
        certificate = registration.certificate_pair(found.identity_id).get("signature")
        held = devices.for_identity(found.identity_id)
        context |= {
            "name": found.identity.person.full_name, "user_id": found.identity.user_id if context["identified"] else "",
            "certificate": certificate,
            "last_day": orders.last_day(certificate.suspended_until) if certificate and certificate.suspended_until else None,
            "certificate_state": CERTIFICATE_STATES.get(certificate.state, certificate.state) if certificate else "",
            "devices": [(row, DEVICE_TYPES[row.type], DEVICE_STATES[row.state]) for row in held],
            "has_passkey": any(row.type == passkey.TYPE and row.state == "active" for row in held),
            "replacements": [(row, REPLACEMENTS[row.state]) for row in devices.replacements(found.identity_id)],
            "logins": [(row, row.partner.name_in(language) if row.partner else "")
                       for row in registration.logins(found.identity_id, limit=RECENT)],
            "uses": list(signing.ledger(found.identity_id)[:RECENT])}
    return render(request, "helpdesk/case.html", context, status=422 if failed is not None else status)
