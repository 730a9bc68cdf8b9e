# SPDX-License-Identifier: Apache-2.0
"""The gallery, mounted by the demonstration under /faces/."""

from django.urls import path

from faces import views

app_name = "faces"
urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("confirmation/", views.confirmation, name="confirmation"),
    path("waiting/", views.waiting, name="waiting"),
    path("waiting/state/", views.state, name="state"),
    path("console/", views.console, name="console"),
    path("errors/<slug:name>/", views.error_page, name="error"),
]
