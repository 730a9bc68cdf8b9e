# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.demo import views

app_name = "demo"
urlpatterns = [path("", views.outbox, name="outbox"), path("<uuid:message_id>.pdf", views.letter, name="letter")]
