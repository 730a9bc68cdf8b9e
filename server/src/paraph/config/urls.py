# SPDX-License-Identifier: Apache-2.0
"""Which interface answers which address (DESIGN section 12)."""

from pathlib import Path

from django.conf import settings
from django.urls import include, path

handler400 = "faces.errors.bad_request"
handler500 = "faces.errors.server_error"

INTERFACES = Path(__file__).resolve().parent.parent / "interfaces"
ADDRESSES = {
    "": "public",
    "shop/": "shop",
    "my/": "my",
    "login/": "login",
    "invited/": "invited",
    "sign/": "sign",
    "verify/": "verify",
    "desk/": "desk",
    "operations/": "operations",
    "helpdesk/": "helpdesk",
    "health/": "health",
}
urlpatterns = [
    path(prefix, include(f"paraph.interfaces.{name}.urls"))
    for prefix, name in [*ADDRESSES.items(), ("", "openid")] if (INTERFACES / name / "urls.py").exists()
]
if settings.DEMO:
    urlpatterns += [path("faces/", include("faces.urls"))]
    urlpatterns += [path("outbox/", include("paraph.interfaces.demo.urls"))] \
        if (INTERFACES / "demo" / "urls.py").exists() else []
