# SPDX-License-Identifier: Apache-2.0
"""What every template may say of the portal."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, Any]:
    session = getattr(request, "session", None)
    return {
        "operator": settings.OPERATOR,
        "operator_hours": settings.OPERATOR_HOURS,
        "operator_notice": settings.OPERATOR_NOTICE,
        "citizen": session.get("citizen") if session is not None else None,
    }
