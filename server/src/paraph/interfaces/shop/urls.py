# SPDX-License-Identifier: Apache-2.0
from django.urls import path
from django.views.generic import RedirectView

from paraph.interfaces.shop import following, journey

app_name = "shop"
LINK = "orders/<str:reference>/<str:secret>/"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="public:home"), name="start"),
    path(f"{LINK}pay/", following.pay, name="pay"),
    path(f"{LINK}confirmation/", following.confirmation, name="confirmation"),
    path(f"{LINK}form.pdf", following.form, name="form"),
    path(f"{LINK}cancel/", following.cancel, name="cancel"),
    path(LINK, following.follow, name="follow"),
    path("<slug:device>/<slug:use>/check/", journey.check, name="check"),
    path("<slug:device>/<slug:use>/terms/", journey.terms, name="terms"),
    path("<slug:device>/<slug:use>/<slug:slug>/", journey.step, name="step"),
]
