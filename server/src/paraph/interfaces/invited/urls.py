# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.invited import views

app_name = "invited"
urlpatterns = [
    path("link/<slug:secret>", views.link, name="link"),
    path("password", views.password, name="password"),
    path("done", views.done, name="done"),
    path("address", views.address, name="address"),
]
