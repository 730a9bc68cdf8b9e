# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.alarms, name="alarms"),
    path("alarms/<uuid:alarm_id>/close", views.close, name="close"),
    path("approvals/", views.approvals, name="approvals"),
    path("approvals/<uuid:approval_id>/<slug:decision>", views.decide, name="decide"),
    path("authorities/", views.authorities, name="authorities"),
    path("profiles/", views.profiles, name="profiles"),
]
