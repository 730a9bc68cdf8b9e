# SPDX-License-Identifier: Apache-2.0
"""The link's page has one button and no field. What it opened is named in the web session by the link's digest."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.authentication.services import PasswordRefused
from paraph.domain.devices import queries as devices
from paraph.domain.staff import policy, queries, services
from paraph.domain.staff.models import Invitation, StaffRequest
from paraph.interfaces.login.forms import NewPasswordForm, password_errors

OPENED, JOINED, CONFIRMED = "invitation_opened", "invitation_joined", "address_confirmed"
Kind = StaffRequest.Kind
PAGES = {Kind.INVITE: "invited/link.html", Kind.RENEW: "invited/renewal.html", Kind.ADDRESS: "invited/address.html"}


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """What the link is for; the button goes on. Opening it uses nothing up: mail filters open links too."""
    digest = queries.digest_of(secret)
    invitation = _open(request, digest)
    kind = Kind(invitation.request.kind)
    if request.method != "POST":
        return render(request, PAGES[kind], _shown(request, invitation))
    if kind == Kind.ADDRESS:
        services.confirm_address(digest=digest, caller=request.caller)
        request.session[CONFIRMED] = True
        return HttpResponseRedirect(reverse("invited:address"))
    if kind == Kind.RENEW and not invitation.request.content["password"]:
        return _joined(request, services.renew(digest=digest, caller=request.caller))
    request.session[OPENED] = digest
    return HttpResponseRedirect(reverse("invited:password"))


@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """The password that he chooses; with it the link is used."""
    invitation = _open(request, request.session.get(OPENED, ""))
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        take_up = services.renew if invitation.request.kind == Kind.RENEW else services.accept
        try:
            joined = take_up(digest=invitation.digest, password=form.cleaned_data["password"], caller=request.caller)
        except PasswordRefused as refusal:
            form.add_error("password", password_errors(refusal.problems))
        else:
            return _joined(request, joined)
    return render(request, "invited/password.html", {"form": form, **_shown(request, invitation)},
                  status=422 if form.errors else 200)


@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """His UserID, to be written down, and the way to the door."""
    joined = request.session.get(JOINED)
    if joined is None:
        raise services.InvitationOver()
    return render(request, "invited/done.html", joined)


@require_safe
def address(request: HttpRequest) -> HttpResponse:
    """His new address is known from now on."""
    if not request.session.get(CONFIRMED):
        raise services.InvitationOver()
    return render(request, "invited/confirmed.html")


def _joined(request: HttpRequest, joined: services.Joined) -> HttpResponse:
    request.session.pop(OPENED, None)
    request.session.cycle_key()
    request.session[JOINED] = {"user_id": joined.user_id, "device": joined.token_serial,
                               "scan": _is_scan(joined.token_serial)}
    return HttpResponseRedirect(reverse("invited:done"))


def _is_scan(serial: str) -> bool:
    device = devices.by_serial(serial)
    return device is not None and device.type == "scan"


def _open(request: HttpRequest, digest: str) -> Invitation:
    """Refuses: InvitationOver."""
    invitation = queries.open_invitation(digest, request.caller.at)
    if invitation is None:
        raise services.InvitationOver()
    return invitation


def _shown(request: HttpRequest, invitation: Invitation) -> dict[str, object]:
    asked = invitation.request
    content = asked.content
    return {"name": queries.name_of(asked), "device": invitation.token_serial, "scan": _is_scan(invitation.token_serial),
            "email": queries.address_of(asked), "password": content.get("password", False),
            "roles": services.roles_in_words(policy.roles_of(content), request.LANGUAGE_CODE) if "roles" in content else "",
            "until": invitation.expires_at}
