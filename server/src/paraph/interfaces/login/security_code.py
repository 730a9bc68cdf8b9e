# SPDX-License-Identifier: Apache-2.0
"""Login without a device: UserID, password and the helpdesk's security code (R082, R135)."""

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from faces.forms import CodeInput
from paraph.domain.authentication import services
from paraph.interfaces.callers import enter
from paraph.interfaces.login.forms import PasswordForm
from paraph.kernel import rules


class SecurityCodeForm(PasswordForm):
    security_code = forms.CharField(
        label=gettext_lazy("Code de sécurité"), max_length=20, widget=CodeInput(length=8),
        help_text=gettext_lazy("Les 8 chiffres que notre service client vous a donnés au téléphone."))


@require_http_methods(["GET", "HEAD", "POST"])
def security_code(request: HttpRequest) -> HttpResponse:
    """One answer to whatever was wrong."""
    form = SecurityCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        session = services.log_in_with_security_code(**form.cleaned_data, caller=request.caller)
        if session:
            enter(request, session)
            return HttpResponseRedirect(reverse("my:products"))
        form.add_error(None, _(
            "Le UserID, le mot de passe ou le code de sécurité n’est pas correct, le code est dépassé, ou votre compte "
            "est bloqué. Un code de sécurité vaut %(minutes)s minutes et une seule fois.") % {
            "minutes": rules.current().security_code_minutes})
    return render(request, "login/security_code.html", {"form": form, "rules": rules.current(), "genuine": settings.URL})
