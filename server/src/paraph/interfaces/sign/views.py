# SPDX-License-Identifier: Apache-2.0
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.policy import PASSKEY
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.models import Device
from paraph.domain.signing import policy, queries, services
from paraph.domain.signing.lifecycle import State
from paraph.domain.signing.models import SignatureRequest
from paraph.domain.signing.pades import CannotExamineNow, TooLarge, UnsuitableDocument
from paraph.domain.signing.services import ProofNotReady
from paraph.interfaces.callers import login_required
from paraph.interfaces.login.images import image_of
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.interfaces.my.wording import DEVICE_STATES, DEVICE_TYPES
from paraph.interfaces.sign.forms import CODE_FORMS, CodeForm, DeviceForm, DocumentForm
from paraph.interfaces.sign.wording import (
    LEVELS,
    REMARKS,
    SIGNING_STEPS,
    STATES,
    TOO_LATE,
    TOO_MANY_CODES,
    WRONG_CODE,
    length_of,
)
from paraph.kernel import clock, rules
from paraph.kernel.errors import Refusal
from paraph.signer.client import Outcome

OUTCOMES = {kind: {Outcome.WRONG: WRONG_CODE[kind], Outcome.TOO_MANY: TOO_MANY_CODES[kind]} for kind in METHODS}
PAGE_SIZE = 20


def _go(name: str, request_id: object, **more: int) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"sign:{name}", kwargs={"request_id": request_id, **more}))


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Upload a document; below it what was signed before."""
    form = DocumentForm(request.POST or None, request.FILES or None) if request.method == "POST" else DocumentForm()
    if request.method == "POST":
        limit = rules.current().document_megabytes
        if not request.FILES and int(request.META.get("CONTENT_LENGTH") or 0) > limit * 1024 * 1024:
            form.errors.clear()
            form.add_error("file", sentence_of(TooLarge(megabytes=limit)))
        elif form.is_valid():
            file = form.cleaned_data["file"]
            try:
                row = services.request(identity_id=request.caller.identity, file_name=file.name, content=file.read(),
                                       caller=request.caller)
            except (UnsuitableDocument, CannotExamineNow) as refusal:
                form.add_error("file", ValidationError(sentence_of(refusal), code=refusal.code))
            else:
                return _go("page", row.id, number=1)
    level, obstacle = _level_now(request)
    rows = Paginator(queries.requests_of(request.caller.identity), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "sign/start.html", {
        "form": form, "level": level, "obstacle": obstacle, "page": rows,
        "rows": [(row, *STATES[row.state]) for row in rows.object_list],
        "megabytes": rules.current().document_megabytes, "pages": rules.current().document_pages,
    }, status=422 if form.errors else 200)


def _level_now(request: HttpRequest) -> tuple[tuple | None, str]:
    """Which signature would come out now, or why none can."""
    try:
        certificate = queries.certificate_for(request.caller.identity, request.caller.at)
    except Refusal as refusal:
        return None, sentence_of(refusal)
    return LEVELS[policy.legal_level(certificate)], ""


@login_required()
@require_safe
def page(request: HttpRequest, request_id: UUID, number: int) -> HttpResponse:
    """One page as a picture and as text, made from the very bytes that will be signed."""
    row = queries.request(request_id, request.caller)
    if row.state not in (State.REQUESTED, State.AUTHORISED):
        return _go("done", row.id)
    shown = queries.page_text(row.id, number, request.caller)
    level, obstacle = _level_now(request)
    return render(request, "sign/page.html", {
        "row": row, "shown": shown, "number": number, "previous": number - 1, "next": number + 1 if number < row.pages else 0,
        "device_form": _device_form(request), "level": level, "obstacle": obstacle,
        "remarks": [REMARKS[remark] for remark in row.remarks],
        "digest": _grouped(row.document_id),
    })


def _device_form(request: HttpRequest) -> DeviceForm | None:
    """Only where there is something to choose."""
    held = _devices(request)
    return DeviceForm(devices=held, initial={"device": held[0].serial}) if len(held) > 1 else None


@login_required()
@require_safe
def picture(request: HttpRequest, request_id: UUID, number: int) -> HttpResponse:
    return HttpResponse(queries.page_picture(request_id, number, request.caller), content_type="image/png")


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def prepare(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Fix what is signed and wait for the code: from here it counts. Who comes back from the door reads again."""
    row = queries.request(request_id, request.caller)
    if request.method != "POST":
        return _go("page", row.id, number=1)
    chosen = _device(request, row)
    if not chosen:
        return _no_device(request, row)
    _prepare(request, row, chosen)
    return _go("code", row.id)


def _no_device(request: HttpRequest, row: SignatureRequest) -> HttpResponse:
    """What the holder has, why none of it signs now, and what he can do."""
    held = devices.for_identity(request.caller.identity)
    return render(request, "sign/obstacle.html", {
        "row": row, "passkeys": any(device.type == PASSKEY for device in held),
        "held": [(DEVICE_TYPES[device.type], device, DEVICE_STATES[device.state])
                 for device in held if device.type in METHODS],
    }, status=409)


def _device(request: HttpRequest, row: SignatureRequest) -> str:
    """The active device that the holder chose now or before, else his first."""
    serials = [device.serial for device in _devices(request)]
    asked = request.POST.get("device", row.device_serial)
    return asked if asked in serials else next(iter(serials), "")


def _devices(request: HttpRequest) -> list[Device]:
    return [device for device in devices.active_for(request.caller.identity, request.caller.at) if device.type in METHODS]


def _prepare(request: HttpRequest, row: SignatureRequest, serial: str) -> SignatureRequest:
    notice = gettext("Tapez ce code uniquement sur %(address)s") % {"address": settings.URL}
    return services.prepare(request_id=row.id, device_serial=serial, site=settings.OPERATOR.name, notice=notice,
                            described=length_of(row.pages, row.document.size), caller=request.caller)


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: HttpRequest, request_id: UUID) -> HttpResponse:
    if request.method != "POST":
        return _go("page", queries.request(request_id, request.caller).id, number=1)
    row = services.decline(request_id=request_id, caller=request.caller)
    return _go("done", row.id)


@login_required()
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The code that signs this document and nothing else."""
    row = queries.request(request_id, request.caller)
    if row.state != State.REQUESTED:
        return _go("done", row.id)
    if not row.signer_session:
        return _go("page", row.id, number=1)
    kind = "scan" if row.image else "token"
    form = CODE_FORMS[kind](request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = services.authorise(request_id=row.id, code=form.cleaned_data["code"].replace(" ", ""),
                                     caller=request.caller)
        if outcome is Outcome.ACCEPTED:
            return _finish(request, row)
        if outcome is Outcome.EXPIRED_SESSION:
            chosen = _device(request, row)
            if not chosen:
                return _no_device(request, row)
            row = _prepare(request, row, chosen)
            kind = "scan" if row.image else "token"
            return _code_page(request, row, CODE_FORMS[kind](), notice=TOO_LATE[kind])
        form.add_error("code", ValidationError(OUTCOMES[kind][outcome], code=outcome.value))
    return _code_page(request, row, form)


def _finish(request: HttpRequest, row: SignatureRequest) -> HttpResponse:
    try:
        services.finish(request_id=row.id, caller=request.caller, clock=clock.bound())
    except ProofNotReady:
        # The key was used and the signature is kept: the result page says what still comes, by itself.
        return _go("done", row.id)
    return _go("done", row.id)


def _code_page(request: HttpRequest, row: SignatureRequest, form: CodeForm, notice: str = "") -> HttpResponse:
    return render(request, "sign/code.html", {
        "row": row, "form": form, "notice": notice, "level": LEVELS[row.level],
        "digest": _grouped(row.document_id), "compared": _compared(row.digest),
        "length": length_of(row.pages, row.document.size), "minutes": rules.current().signature_session_seconds // 60,
        # R119, R120: beside a Token's field, never beside a Scan's.
        "picture": None if row.image else authentication.secret_image(row.identity_id),
        "kind": "scan" if row.image else "token", "steps": SIGNING_STEPS,
        "image": image_of(row.image, until=row.session_expires_at, at=request.caller.at) if row.image else None,
    }, status=422 if form.errors else 200)


@login_required()
@require_safe
def done(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """What came out, what it is worth, and where it is kept."""
    row = queries.request(request_id, request.caller)
    if row.state == State.REQUESTED:
        return _go("page", row.id, number=1)
    return render(request, "sign/done.html", {
        "row": row, "level": LEVELS.get(row.level), "digest": _grouped(row.signed_id or row.document_id),
        "state": STATES[row.state][0],
    })


@login_required()
@require_safe
def document(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The signed document, as a file."""
    row = queries.request(request_id, request.caller)
    response = HttpResponse(queries.signed_content(row.id, request.caller), content_type="application/pdf")
    stem = row.file_name[:-4] if row.file_name.lower().endswith(".pdf") else row.file_name
    name = gettext("%(name)s - signé.pdf") % {"name": stem}
    response["Content-Disposition"] = content_disposition_header(True, name)
    return response


@login_required()
@require_safe
def ledger(request: HttpRequest) -> HttpResponse:
    """Every use of the holder's signature key."""
    rows = Paginator(queries.ledger(request.caller.identity), PAGE_SIZE).get_page(request.GET.get("page"))
    types = devices.types_of(use.device_serial for use in rows.object_list)
    return render(request, "sign/ledger.html", {"page": rows, "rows": [
        (use, LEVELS[use.level][0], DEVICE_TYPES[types[use.device_serial]], _grouped(use.digest)) for use in rows.object_list]})


def _compared(digits: str) -> str:
    """The beginning of a digest as a Scan shows it (docs/standards/scan.md)."""
    return " ".join(digits[start : start + 4] for start in range(0, 16, 4)).upper()


def _grouped(digits: str) -> str:
    """A long row of digits in groups of eight, which a narrow page can break."""
    return " ".join(digits[start : start + 8] for start in range(0, len(digits), 8))
