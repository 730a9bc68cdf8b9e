# SPDX-License-Identifier: Apache-2.0
"""Activer: from the configuration check to two certificates, one question per page (R087 to R095, R126)."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from paraph.domain.accounts import queries as accounts
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.gallery import OWN
from paraph.domain.authentication.services import PasswordRefused, UnusablePicture
from paraph.domain.certification import publication
from paraph.domain.devices import queries as devices
from paraph.domain.devices.methods import SCAN
from paraph.domain.reference import countries
from paraph.domain.registration import queries, services
from paraph.domain.registration.lifecycle import State
from paraph.domain.registration.services import Answer
from paraph.interfaces.login.forms import NewPasswordForm, password_errors
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import SCAN_STEPS
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.interfaces.my import configuration
from paraph.interfaces.my.forms import (
    ActivationCodeForm,
    CodesForm,
    ContentForm,
    DeviceCodeForm,
    FirstImageForm,
    ImageForm,
    SecondImageForm,
    TermsForm,
    posted,
)
from paraph.interfaces.my.secret_forms import OwnImageForm
from paraph.interfaces.my.wording import (
    TOO_MANY_CODES,
    TOO_MANY_SCAN_CODES,
    WRONG_ACTIVATION_CODE,
    WRONG_CODES,
    WRONG_SCAN_CODE,
    WRONG_TOKEN_CODE,
)
from paraph.kernel import rules
from paraph.kernel.errors import NotFound
from paraph.signer import client

# What the web session holds on the way: that the configuration is good, and which activation this is.
CHECKED, CURRENT, PROBE = "activation_checked", "activation", "activation_probe"
STEPS = (_("Configuration"), _("Vos codes"), _("Code d’activation"), _("Produit"), _("Mot de passe"), _("Image secrète"),
         _("Certificats"), _("Conditions"))
TERMS = "terms"


def _render(request: HttpRequest, template: str, step: int, **context: object) -> HttpResponse:
    form = context.get("form")
    return render(request, f"my/activate/{template}.html", {"steps": STEPS, "step": step, **context},
                  status=422 if form is not None and form.errors else 200)


def _go(name: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(f"my:{name}"))


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What the holder needs at hand. A cookie is laid, so that the next page can see whether it came back."""
    request.session[PROBE] = True
    return render(request, "my/activate/start.html", {"days": rules.current().activation_days})


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """One result per component; one red cross and there is no way on (R093 to R095)."""
    results = configuration.check(
        headers=request.headers, secure=request.is_secure() or _is_local(request),
        cookies=PROBE in request.session, client_clock=_client_clock(request), at=request.caller.at)
    good = configuration.may_continue(results)
    if request.method == "POST" and good:
        request.session[CHECKED] = True
        return _go("activate_codes")
    return render(request, "my/activate/check.html", {"steps": STEPS, "step": 1, "results": results, "good": good},
                  status=422 if request.method == "POST" else 200)


def _is_local(request: HttpRequest) -> bool:
    """This computer's own address is as good as https (W3C Secure Contexts)."""
    return request.get_host().rsplit(":", 1)[0] in ("localhost", "127.0.0.1", "[::1]")


def _client_clock(request: HttpRequest) -> datetime | None:
    """The browser's time as milliseconds since 1970, where its script told it."""
    text = request.GET.get("clock", "")
    if not text.isdecimal() or len(text) > 14:
        return None
    return datetime.fromtimestamp(int(text) / 1000, tz=UTC)


@require_http_methods(["GET", "HEAD", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    if not request.session.get(CHECKED):
        return _go("activate_check")
    form = CodesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        opening = services.open_activation(**form.cleaned_data, caller=request.caller)
        if opening.answer is Answer.ACCEPTED:
            request.session.cycle_key()
            request.session[CURRENT] = str(opening.activation_id)
            return _go("activate_code")
        form.add_error(None, WRONG_CODES)
    return _render(request, "codes", 2, form=form)


def _step(*states: State) -> Callable:
    """The activation of this web session, if it stands where this page belongs; else the page where it does stand."""

    def decorate(view: Callable) -> Callable:
        @wraps(view)
        @require_http_methods(["GET", "HEAD", "POST"])
        def guarded(request: HttpRequest) -> HttpResponse:
            identifier = request.session.get(CURRENT)
            try:
                activation = queries.activation(identifier) if identifier else None
            except NotFound:
                activation = None
            if activation is None:
                return _go("activate")
            if activation.state not in states:
                return _go(_place(activation))
            return view(request, activation)

        return guarded

    return decorate


def _place(activation) -> str:
    match activation.state:
        case State.OPENED:
            return "activate_code"
        case State.RECOGNISED | State.READ:
            return "activate_device"
        case State.PROVEN | State.ACTING:
            return "activate_password" if not activation.password_hash else "activate_terms"
        case State.ACTIVATED:
            return "activate_done"
    return "activate"


@_step(State.OPENED)
def code(request: HttpRequest, activation) -> HttpResponse:
    form = ActivationCodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = services.recognise(activation_id=activation.id, activation_code=form.cleaned_data["activation_code"],
                                    caller=request.caller)
        if answer is Answer.ACCEPTED:
            return _go("activate_device")
        form.add_error("activation_code", WRONG_ACTIVATION_CODE)
    return _render(request, "code", 3, form=form)


@_step(State.RECOGNISED, State.READ)
def device(request: HttpRequest, activation) -> HttpResponse:
    """A Token's code, or what a Scan shows for its first and for its second image."""
    if devices.by_serial(activation.device_serial).type == SCAN.type:
        return _scan(request, activation)
    form = DeviceCodeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = services.prove(activation_id=activation.id, answer=form.cleaned_data["code"], caller=request.caller)
        if answer is Answer.ACCEPTED:
            return _go("activate_password")
        form.add_error("code", TOO_MANY_CODES if answer is Answer.TOO_MANY else WRONG_TOKEN_CODE)
    return _render(request, "device", 4, form=form, serial=activation.device_serial)


def _scan(request: HttpRequest, activation) -> HttpResponse:
    first = activation.state == State.RECOGNISED
    form = (FirstImageForm if first else SecondImageForm)(posted(request))
    if request.method == "POST" and form.is_valid():
        given, code = {"activation_id": activation.id, "caller": request.caller}, form.cleaned_data["code"]
        answer = services.read_first_image(code=code, **given, **_shown(activation)) if first \
            else services.prove(answer=code, **given)
        if answer is Answer.ACCEPTED:
            return _go("activate_device" if first else "activate_password")
        form.add_error("code", TOO_MANY_SCAN_CODES if answer is Answer.TOO_MANY else WRONG_SCAN_CODE)
    image = image_of(activation.image, until=activation.image_until, at=request.caller.at) if activation.image else None
    return _render(request, "scan", 4, form=form, image=image, first=first, serial=activation.device_serial,
                   scan_steps=SCAN_STEPS[:2])


@require_POST
@_step(State.RECOGNISED, State.READ)
def scan_image(request: HttpRequest, activation) -> HttpResponse:
    """The first image, or a fresh one in place of the one that is shown."""
    services.show_image(activation_id=activation.id, caller=request.caller, **_shown(activation))
    return _go("activate_device")


def _shown(activation) -> dict[str, str]:
    return {"partner": settings.OPERATOR.name,
            "text": translate("Activer le Scan %(serial)s") % {"serial": activation.device_serial}}


@_step(State.PROVEN)
def password(request: HttpRequest, activation) -> HttpResponse:
    form = NewPasswordForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_password(activation_id=activation.id, password=form.cleaned_data["password"],
                                     caller=request.caller)
        except PasswordRefused as refusal:
            form.add_error("password", password_errors(refusal.problems))
        else:
            return _go("activate_image")
    return _render(request, "password", 5, form=form)


@_step(State.PROVEN)
def image(request: HttpRequest, activation) -> HttpResponse:
    form = ImageForm(posted(request))
    if request.method == "POST" and form.is_valid():
        services.choose_image(activation_id=activation.id, image=form.cleaned_data["image"], caller=request.caller)
        return _go("activate_content")
    return _render(request, "image", 6, form=form, pictures=authentication.gallery(),
                   chosen=form["image"].value() or activation.secret_image, own=activation.secret_image == OWN,
                   by_scan=devices.by_serial(activation.device_serial).type == SCAN.type)


@_step(State.PROVEN)
def own_image(request: HttpRequest, activation) -> HttpResponse:
    """A picture of the holder's own, in the gallery's place. He sees it again at his first login."""
    form = OwnImageForm(request.POST, request.FILES) if request.method == "POST" else OwnImageForm()
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_own_picture(activation_id=activation.id, content=form.cleaned_data["picture"].read(),
                                        caller=request.caller)
        except UnusablePicture as refusal:
            form.add_error("picture", sentence_of(refusal))
        else:
            return _go("activate_content")
    return _render(request, "own_image", 6, form=form)


@_step(State.PROVEN)
def content(request: HttpRequest, activation) -> HttpResponse:
    """What both certificates will say, to be accepted before they exist."""
    form = ContentForm(posted(request))
    if request.method == "POST" and form.is_valid():
        services.accept_content(activation_id=activation.id, caller=request.caller)
        return _go("activate_terms")
    subject = queries.subject_of(activation)
    return _render(request, "content", 7, form=form, subject=subject,
                   country=countries.name(subject.country, request.caller.language), subject_text=queries.subject_text(subject),
                   years=rules.current().certificate_years, ssn_name=settings.OPERATOR.names.get("ssn", "SSN"))


@_step(State.PROVEN, State.ACTING)
def terms(request: HttpRequest, activation) -> HttpResponse:
    """The last agreement; then keys and certificates are made."""
    text = accounts.current_text(TERMS, request.caller.language, request.caller.at)
    form = TermsForm(posted(request))
    if request.method == "POST" and form.is_valid():
        services.activate(activation_id=activation.id, texts=[text.id], caller=request.caller)
        publication.publish_changes(request.caller.at, client.bound())
        return _go("activate_done")
    return _render(request, "terms", 8, form=form, text=text,
                   ready=bool(activation.secret_image and activation.content_accepted_at))


@_step(State.ACTIVATED)
def done(request: HttpRequest, activation) -> HttpResponse:
    pair = queries.certificate_pair(activation.identity_id)
    return render(request, "my/activate/done.html", {"certificate": pair["signature"]})
