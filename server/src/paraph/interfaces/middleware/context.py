# SPDX-License-Identifier: Apache-2.0
"""What every template may say: the operator, the caller and the programs of the service."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from paraph.interfaces.public import footer
from paraph.kernel import rules


def session_timer(request: HttpRequest) -> dict[str, Any] | None:
    """How long the login session lasts without activity, and where it is prolonged or ended; None without one."""
    if not getattr(request, "login", None):
        return None
    return {"seconds": rules.current().session_idle_minutes * 60, "keep": reverse("login:stay"),
            "leave": reverse("login:logout")}


def operator(request: HttpRequest) -> dict[str, Any]:
    language = (get_language() or "fr")[:2]
    return {
        "operator": settings.OPERATOR,
        "operator_hours": settings.OPERATOR.hours_in(language),
        "operator_notice": settings.OPERATOR.notice_in(language),
        "demo": settings.DEMO,
        "guichet_url": settings.GUICHET_URL,
        "footer_links": footer.links(),
        "login": getattr(request, "login", None),
        "session_timer": SimpleLazyObject(lambda: session_timer(request)),
    }
