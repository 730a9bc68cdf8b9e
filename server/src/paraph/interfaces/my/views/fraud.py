# SPDX-License-Identifier: Apache-2.0
"""Signaler une fraude, in one step (R284, R285)."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from paraph.domain.registration import services
from paraph.interfaces.callers import SESSION_KEY
from paraph.interfaces.my.forms import posted
from paraph.interfaces.my.secret_forms import ReportForm, ReportWithCodesForm
from paraph.interfaces.my.views.certificate import publish
from paraph.interfaces.my.wording import WRONG_CODES

# What this browser has just reported: case reference, and whether a certificate was suspended.
REPORTED = "fraud_reported"


@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """A logged-in holder's report suspends; without a login the initial codes do, or it is a report alone."""
    holder = request.caller.scope in ("full", "suspended")
    form = (ReportForm if holder else ReportWithCodesForm)(posted(request))
    if request.method == "POST" and form.is_valid():
        found = services.report_fraud(
            what=form.cleaned_data["what"], tell_partners=form.cleaned_data["tell_partners"],
            codes=None if holder else form.codes, caller=request.caller)
        if found is not None:
            request.session[REPORTED] = {"reference": found.reference, "suspended": found.suspended}
            if found.suspended:
                publish(request)
                request.session.pop(SESSION_KEY, None)
            return HttpResponseRedirect(reverse("my:reported"))
        form.add_error(None, WRONG_CODES)
    return render(request, "my/report.html", {"form": form, "holder": holder}, status=422 if form.errors else 200)


@require_safe
def reported(request: HttpRequest) -> HttpResponse:
    """R285: what the bank must be asked now."""
    done = request.session.get(REPORTED)
    if done is None:
        return HttpResponseRedirect(reverse("my:report"))
    return render(request, "my/reported.html", done)
