# SPDX-License-Identifier: Apache-2.0
"""Mot de passe oublié, Débloquer mon compte, Changer mon image secrète (R122, R132, R134)."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import queries, services
from paraph.domain.authentication.services import PasswordRefused, RecoveryOutcome
from paraph.interfaces.callers import login_required
from paraph.interfaces.login.forms import password_errors
from paraph.interfaces.login.images import image_of
from paraph.interfaces.login.wording import SCAN_STEPS
from paraph.interfaces.middleware.refusals import sentence_of
from paraph.interfaces.my.forms import ImageForm, posted
from paraph.interfaces.my.secret_forms import AskForm, ForgottenForm, OwnImageForm, ScanAnswerForm, UnblockForm
from paraph.interfaces.my.wording import RECOVERY, RECOVERY_BEGUN, RECOVERY_BY_SCAN, SCAN_TEXTS
from paraph.kernel import rules

# What the web session holds while somebody waits for his SMS: the request's id, what he typed and when, by purpose; and
# while his Scan is asked: which step it is, and for what.
ASKED, BY_SCAN = "codes_asked", "recovery_by_scan"


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """The first page of Mot de passe oublié: whoever was named, the next page is the same."""
    return _ask(request, "reset", "my/forgotten.html", "my:forgotten_codes")


@require_http_methods(["GET", "HEAD", "POST"])
def forgotten_codes(request: HttpRequest) -> HttpResponse:
    asked = request.session.get(ASKED, {}).get("reset", {})
    form = ForgottenForm(posted(request), initial={"user_id": asked.get("user_id", "")})
    if request.method == "POST" and form.is_valid():
        given = {"user_id": form.cleaned_data["user_id"], "received": form.received(asked.get("request")),
                 "password": form.cleaned_data["password"], "caller": request.caller}
        try:
            if not form.cleaned_data["code"]:
                return _begin(request, "reset", form, "my/forgotten_codes.html", given)
            outcome = services.reset_password(code=form.cleaned_data["code"], **given)
        except PasswordRefused as refusal:
            form.add_error("password", password_errors(refusal.problems))
        else:
            if outcome is RecoveryOutcome.ACCEPTED:
                return _finished(request, "reset", "my:forgotten_done")
            form.add_error(None, RECOVERY[outcome])
    return _page(request, "my/forgotten_codes.html", form)


@require_http_methods(["GET", "HEAD", "POST"])
def unblock(request: HttpRequest) -> HttpResponse:
    return _ask(request, "unblock", "my/unblock.html", "my:unblock_codes")


@require_http_methods(["GET", "HEAD", "POST"])
def unblock_codes(request: HttpRequest) -> HttpResponse:
    asked = request.session.get(ASKED, {}).get("unblock", {})
    form = UnblockForm(posted(request), initial={"user_id": asked.get("user_id", "")})
    if request.method == "POST" and form.is_valid():
        given = {"user_id": form.cleaned_data["user_id"], "received": form.received(asked.get("request")),
                 "caller": request.caller}
        if not form.cleaned_data["code"]:
            return _begin(request, "unblock", form, "my/unblock_codes.html", given)
        outcome = services.unblock(code=form.cleaned_data["code"], **given)
        if outcome is RecoveryOutcome.ACCEPTED:
            return _finished(request, "unblock", "my:unblock_done")
        form.add_error(None, RECOVERY[outcome])
    return _page(request, "my/unblock_codes.html", form)


def _begin(request: HttpRequest, purpose: str, form, template: str, given: dict) -> HttpResponse:
    """The code was left empty: whoever has a Scan is shown an image for it."""
    begun = services.begin_recovery(purpose=purpose, partner=settings.OPERATOR.name, text=str(SCAN_TEXTS[purpose]), **given)
    if begun.outcome is RecoveryOutcome.SHOWN:
        request.session[BY_SCAN] = {"step": str(begun.step_id), "purpose": purpose}
        return HttpResponseRedirect(reverse("my:recovery_scan"))
    form.add_error(None, RECOVERY_BEGUN[begun.outcome])
    return _page(request, template, form)


@require_http_methods(["GET", "HEAD", "POST"])
def recovery_scan(request: HttpRequest) -> HttpResponse:
    """The image, and the code that the Scan shows for it."""
    waiting = request.session.get(BY_SCAN)
    if waiting is None:
        return HttpResponseRedirect(reverse("my:home"))
    start = {"reset": "my:forgotten", "unblock": "my:unblock"}[waiting["purpose"]]
    form = ScanAnswerForm(posted(request))
    if request.method == "POST" and form.is_valid():
        outcome = services.finish_recovery(step_id=waiting["step"], answer=form.cleaned_data["code"], caller=request.caller)
        if outcome is RecoveryOutcome.ACCEPTED:
            request.session.pop(BY_SCAN)
            return _finished(request, waiting["purpose"], f"{start}_done")
        form.add_error("code" if outcome is RecoveryOutcome.WRONG else None, RECOVERY_BY_SCAN[outcome])
    step = queries.recovery(waiting["step"], request.caller.at)
    image = image_of(step.image, until=step.image_until, at=request.caller.at) if step else None
    return _page(request, "my/recovery_scan.html", form, image=image, start=reverse(start), steps=SCAN_STEPS[:2])


@require_safe
def forgotten_done(request: HttpRequest) -> HttpResponse:
    return render(request, "my/secret_done.html", {"title": _("Votre mot de passe est changé")})


@require_safe
def unblock_done(request: HttpRequest) -> HttpResponse:
    return render(request, "my/secret_done.html", {"title": _("Votre compte est débloqué"), "advise": True})


@login_required("full")
@require_http_methods(["GET", "HEAD", "POST"])
def image(request: HttpRequest) -> HttpResponse:
    """R122, R123: who doubts which one is his takes a new one. The image of today is not shown here."""
    form = ImageForm(posted(request))
    if request.method == "POST" and form.is_valid():
        services.change_image(image=form.cleaned_data["image"], caller=request.caller)
        return HttpResponseRedirect(reverse("my:image_done"))
    return _page(request, "my/image.html", form, pictures=queries.gallery(),
                 chosen=form.data.get("image", "") if form.is_bound else "")


@login_required("full")
@require_http_methods(["GET", "HEAD", "POST"])
def own_image(request: HttpRequest) -> HttpResponse:
    """R122: a picture of the holder's own, in the gallery's place. It is shown again at the next login only."""
    form = OwnImageForm(request.POST, request.FILES) if request.method == "POST" else OwnImageForm()
    if request.method == "POST" and form.is_valid():
        try:
            services.use_own_picture(content=form.cleaned_data["picture"].read(), caller=request.caller)
        except services.UnusablePicture as refusal:
            form.add_error("picture", sentence_of(refusal))
        else:
            return HttpResponseRedirect(reverse("my:image_done"))
    return _page(request, "my/own_image.html", form)


@login_required("full")
@require_safe
def image_done(request: HttpRequest) -> HttpResponse:
    return render(request, "my/secret_done.html", {"title": _("Votre image secrète est changée")})


def _ask(request: HttpRequest, purpose: str, template: str, following: str) -> HttpResponse:
    form = AskForm(posted(request))
    if request.method == "POST" and form.is_valid():
        user_id = form.cleaned_data["user_id"]
        if not _asked_just_now(request, purpose, user_id):
            identifier = services.ask_code(user_id=user_id, purpose=purpose, caller=request.caller)
            request.session[ASKED] = request.session.get(ASKED, {}) | {
                purpose: {"request": str(identifier), "user_id": user_id, "at": request.caller.at.isoformat()}}
        return HttpResponseRedirect(reverse(following))
    return _page(request, template, form)


def _asked_just_now(request: HttpRequest, purpose: str, user_id: str) -> bool:
    """No other SMS would leave yet: the one on its way stays good, instead of belonging to a request that is forgotten."""
    asked = request.session.get(ASKED, {}).get(purpose)
    return bool(asked) and asked["user_id"] == user_id \
        and request.caller.at - datetime.fromisoformat(asked["at"]) < services.AGAIN_AFTER


def _finished(request: HttpRequest, purpose: str, following: str) -> HttpResponse:
    request.session[ASKED] = {name: asked for name, asked in request.session.get(ASKED, {}).items() if name != purpose}
    return HttpResponseRedirect(reverse(following))


def _page(request: HttpRequest, template: str, form, **context: object) -> HttpResponse:
    return render(request, template, {"form": form, "rules": rules.current(), **context},
                  status=422 if form.errors else 200)
