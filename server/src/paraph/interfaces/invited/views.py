# SPDX-License-Identifier: Apache-2.0
"""The link's page has one button and no field. What it opened is named in the web session by the link's digest."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication.services import PasswordRefused
from paraph.domain.staff import policy, queries, services
from paraph.domain.staff.models import Invitation
from paraph.interfaces.login.forms import NewPasswordForm, password_errors

OPENED, JOINED = "invitation_opened", "invitation_joined"


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """Who he is and what he will do here; the button goes on. Opening it uses nothing up: mail filters open links too."""
    digest = queries.digest_of(secret)
    invitation = _open(request, digest)
    if request.method == "POST":
        request.session[OPENED] = digest
        return HttpResponseRedirect(reverse("invited:password"))
    return render(request, "invited/link.html", _shown(request, invitation))


@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """The password that he chooses; with it the link is used."""
    invitation = _open(request, request.session.get(OPENED, ""))
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            joined = services.accept(digest=invitation.digest, password=form.cleaned_data["password"], caller=request.caller)
        except PasswordRefused as refusal:
            form.add_error("password", password_errors(refusal.problems))
        else:
            request.session.pop(OPENED)
            request.session.cycle_key()
            request.session[JOINED] = {"user_id": joined.user_id, "token": joined.token_serial}
            return HttpResponseRedirect(reverse("invited:done"))
    return render(request, "invited/password.html", {"form": form, **_shown(request, invitation)},
                  status=422 if form.errors else 200)


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """His UserID, to be written down, and the way to the door."""
    joined = request.session.get(JOINED)
    if joined is None:
        raise services.InvitationOver()
    return render(request, "invited/done.html", joined)


def _open(request: HttpRequest, digest: str) -> Invitation:
    """Refuses: InvitationOver."""
    invitation = queries.open_invitation(digest, request.caller.at)
    if invitation is None:
        raise services.InvitationOver()
    return invitation


def _shown(request: HttpRequest, invitation: Invitation) -> dict[str, object]:
    content = invitation.request.content
    return {"name": f"{content['given_names']} {content['family_names']}", "token": invitation.token_serial,
            "roles": services.roles_in_words(policy.roles_of(content), request.LANGUAGE_CODE),
            "until": invitation.expires_at}
