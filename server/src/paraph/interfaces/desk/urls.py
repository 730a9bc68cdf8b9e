# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("orders/<uuid:order_id>/", views.order, name="order"),
    path("orders/<uuid:order_id>/papers", views.papers, name="papers"),
    path("orders/<uuid:order_id>/identify", views.identify, name="identify"),
    path("orders/<uuid:order_id>/approve", views.approve, name="approve"),
    path("orders/<uuid:order_id>/refuse", views.refuse, name="refuse"),
]
