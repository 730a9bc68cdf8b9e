# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.operations import asking, deciding, watching

app_name = "operations"
urlpatterns = [
    path("", watching.alarms, name="alarms"),
    path("alarms/<uuid:alarm_id>/<slug:move>", watching.move_alarm, name="move_alarm"),
    path("approvals/", deciding.approvals, name="approvals"),
    path("approvals/<uuid:approval_id>/<slug:decision>", deciding.decide, name="decide"),
    path("waivers/", deciding.waivers, name="waivers"),
    path("ask/", asking.deeds, name="deeds"),
    path("ask/<slug:deed>/", asking.ask, name="ask"),
    path("authorities/", watching.authorities, name="authorities"),
    path("lists/", watching.lists, name="lists"),
    path("arrange/<slug:name>", watching.arrange, name="arrange"),
    path("responders/", watching.responders, name="responders"),
    path("profiles/", watching.profiles, name="profiles"),
    path("certificates/", watching.certificates, name="certificates"),
    path("certificates/<slug:serial>/", watching.certificate, name="certificate"),
    path("move/<slug:serial>/<slug:move>", watching.move, name="move"),
]
