# SPDX-License-Identifier: Apache-2.0
"""Which interface answers which address (DESIGN section 12)."""

from django.conf import settings
from django.urls import include, path

urlpatterns = [
    path("", include("paraph.interfaces.public.urls")),
    path("shop/", include("paraph.interfaces.shop.urls")),
    path("my/", include("paraph.interfaces.my.urls")),
    path("login/", include("paraph.interfaces.login.urls")),
    path("sign/", include("paraph.interfaces.sign.urls")),
    path("verify/", include("paraph.interfaces.verify.urls")),
    path("desk/", include("paraph.interfaces.desk.urls")),
    path("health/", include("paraph.interfaces.health.urls")),
    path("", include("paraph.interfaces.openid.urls")),
]
if settings.DEMO:
    urlpatterns += [
        path("outbox/", include("paraph.interfaces.demo.urls")),
        path("faces/", include("faces.urls")),
    ]
