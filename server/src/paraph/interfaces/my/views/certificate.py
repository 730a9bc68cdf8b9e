# SPDX-License-Identifier: Apache-2.0
"""Mon certificat: Tester, Suspendre temporairement, Réactiver, Révoquer définitivement."""

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication import services as authentication
from paraph.domain.certification import publication
from paraph.domain.certification import queries as certification
from paraph.domain.certification.policy import suspension_deadline
from paraph.domain.orders import policy as orders
from paraph.domain.registration import services
from paraph.domain.registration.services import StatusAnswer
from paraph.interfaces.callers import SESSION_KEY, login_required
from paraph.interfaces.my.forms import ChallengeForm, ConfirmForm, InitialCodesForm, posted
from paraph.interfaces.my.views.home import standing
from paraph.interfaces.my.wording import WRONG_CHALLENGE, WRONG_CODES
from paraph.kernel import rules
from paraph.kernel.errors import NotFound
from paraph.pki import x509
from paraph.signer import client

# What this browser has just done: the page that says so is for nobody else.
DONE = "certificate_done"


def _done(request: HttpRequest, what: str) -> HttpResponse:
    """After a change: the world is told, the login is over, and the next page says what happened."""
    publish(request)
    request.session.pop(SESSION_KEY, None)
    request.session[DONE] = {"what": what, "at": request.caller.at.isoformat()}
    return HttpResponseRedirect(reverse(f"my:{what}"))


def _said(request: HttpRequest, what: str) -> HttpResponse:
    done = request.session.get(DONE, {})
    if done.get("what") != what:
        return HttpResponseRedirect(reverse("my:home"))
    until = suspension_deadline(datetime.fromisoformat(done["at"]))
    return render(request, f"my/{what}.html", {"last_day": orders.last_day(until)})


def publish(request: HttpRequest) -> None:
    """The world is told at once, not at the worker's next round."""
    publication.publish_changes(request.caller.at, client.bound())


@login_required("full")
@require_http_methods(["GET", "HEAD", "POST"])
def test(request: HttpRequest) -> HttpResponse:
    """Tester: a real login with the device, then the exact end of the certificate that it used (R125)."""
    if request.method == "POST":
        authentication.close_session(session_id=request.caller.session, reason="test", caller=request.caller)
        request.session.pop(SESSION_KEY, None)
        return HttpResponseRedirect(f"{reverse('login:start')}?{urlencode({'next': reverse('my:test')})}")
    return render(request, "my/test.html", {
        **standing(request), "session": request.login})


@login_required("full")
@require_safe
def download(request: HttpRequest, usage: str) -> HttpResponse:
    """The holder's own certificate as a file, for whoever wants to look at it with other tools."""
    held = [certificate for certificate in certification.for_subject(request.caller.identity)
            if certificate.usage == usage and certificate.der]
    if not held:
        raise NotFound()
    newest = max(held, key=lambda certificate: certificate.not_before)
    response = HttpResponse(x509.pem(bytes(newest.der)), content_type="application/x-pem-file")
    response["Content-Disposition"] = f'attachment; filename="{usage}.pem"'
    return response


@login_required("full")
@require_http_methods(["GET", "HEAD", "POST"])
def suspend(request: HttpRequest) -> HttpResponse:
    form = ConfirmForm(posted(request), label=_("Je veux suspendre mon certificat."))
    if request.method == "POST" and form.is_valid():
        services.suspend(identity_id=request.caller.identity, reason="holder_request", caller=request.caller)
        return _done(request, "suspended")
    return _page(request, "my/suspend.html", form, rules=rules.current(), **standing(request))


@require_http_methods(["GET", "HEAD", "POST"])
def suspend_with_codes(request: HttpRequest) -> HttpResponse:
    """Without the device and without a login, by the codes of the letter or SMS (R127)."""
    form = InitialCodesForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = services.suspend_with_initial_codes(**form.cleaned_data, caller=request.caller)
        if answer is StatusAnswer.DONE:
            return _done(request, "suspended")
        form.add_error(None, WRONG_CODES)
    return _page(request, "my/suspend_with_codes.html", form)


@require_safe
def suspended(request: HttpRequest) -> HttpResponse:
    return _said(request, "suspended")


@login_required("suspended")
@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest) -> HttpResponse:
    """Réactiver: after a login with the device, the Challenge (Q14)."""
    form = ChallengeForm(posted(request))
    if request.method == "POST" and form.is_valid():
        answer = services.resume(identity_id=request.caller.identity, challenge=form.cleaned_data["challenge"],
                                 caller=request.caller)
        if answer is StatusAnswer.DONE:
            return _done(request, "resumed")
        form.add_error("challenge", WRONG_CHALLENGE)
    return _page(request, "my/resume.html", form, **standing(request))


@require_safe
def resumed(request: HttpRequest) -> HttpResponse:
    return _said(request, "resumed")


@login_required("full", "suspended")
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest) -> HttpResponse:
    """Révoquer définitivement: irreversible, and said so before (R128, R163)."""
    form = ConfirmForm(posted(request), label=_("J’ai compris que c’est définitif et je veux révoquer mon certificat."))
    if request.method == "POST" and form.is_valid():
        services.revoke(identity_id=request.caller.identity, reason="holder_request", caller=request.caller)
        services.destroy_keys(caller=request.caller)
        return _done(request, "revoked")
    return _page(request, "my/revoke.html", form, **standing(request))


@require_safe
def revoked(request: HttpRequest) -> HttpResponse:
    return _said(request, "revoked")


def _page(request: HttpRequest, template: str, form, **context: object) -> HttpResponse:
    return render(request, template, {"form": form, **context}, status=422 if form.errors else 200)
