# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.health import views

app_name = "health"
urlpatterns = [path("live", views.live, name="live"), path("ready", views.ready, name="ready")]
