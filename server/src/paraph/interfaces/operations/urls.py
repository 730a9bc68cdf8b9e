# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.operations import asking, deciding, staff, staff_files, watching

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
    path("staff/", staff.staff, name="staff"),
    path("staff/roles.csv", staff_files.roles_csv, name="staff_roles"),
    path("staff/requests.csv", staff_files.requests_csv, name="staff_requests"),
    path("staff/duty", staff.duty, name="staff_duty"),
    path("staff/invite/", staff.invite, name="staff_invite"),
    path("staff/requests/<uuid:request_id>/<slug:decision>", staff.decide, name="staff_decide"),
    path("staff/invitations/<uuid:invitation_id>/<slug:move>", staff.move_invitation, name="staff_invitation"),
    path("staff/<uuid:member_id>/", staff.member, name="staff_member"),
    path("staff/<uuid:member_id>/suspend", staff.suspend, name="staff_suspend"),
    path("staff/<uuid:member_id>/ask/<slug:kind>/", staff.ask, name="staff_ask"),
    path("move/<slug:serial>/<slug:move>", watching.move, name="move"),
]
