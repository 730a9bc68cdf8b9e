# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.desk import views, visits

app_name = "desk"
urlpatterns = [
    path("visits/", visits.visits, name="visits"),
    path("visits/<uuid:case_id>/", visits.visit, name="visit"),
    path("visits/<uuid:case_id>/check", visits.check, name="visit_check"),
    path("visits/<uuid:case_id>/replace", visits.replace, name="visit_replace"),
    path("visits/<uuid:case_id>/codes", visits.codes, name="visit_codes"),
    path("visits/<uuid:case_id>/close", visits.close, name="visit_close"),
    path("", views.queue, name="queue"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/papers", views.papers, name="papers"),
    path("orders/<uuid:order_id>/identify", views.identify, name="identify"),
    path("orders/<uuid:order_id>/approve", views.approve, name="approve"),
    path("orders/<uuid:order_id>/approving", views.approving, name="approving"),
    path("orders/<uuid:order_id>/approving/image", views.approving_image, name="approving_image"),
    path("orders/<uuid:order_id>/refuse", views.refuse, name="refuse"),
]
