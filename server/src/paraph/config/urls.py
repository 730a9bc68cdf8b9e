# SPDX-License-Identifier: Apache-2.0
"""Which interface answers which address."""

from django.conf import settings
from django.urls import include, path

handler400 = "faces.errors.bad_request"
handler500 = "faces.errors.server_error"

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
    path(prefix, include(f"paraph.interfaces.{name}.urls")) for prefix, name in [*ADDRESSES.items(), ("", "openid")]
]
if settings.DEMO:
    urlpatterns += [path("faces/", include("faces.urls")), path("outbox/", include("paraph.interfaces.demo.urls"))]
