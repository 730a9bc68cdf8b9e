# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from guichet import views

handler400 = "faces.errors.bad_request"
handler500 = "faces.errors.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("myguichet", views.space, name="space"),
    path("demarches/compte", views.account, name="account"),
    path("demarches/compte/preuve", views.proof, name="proof"),
    path("connexion", views.connect, name="connect"),
    path("callback", views.callback, name="callback"),
    path("logout", views.logout, name="logout"),
    path("health/live", views.live, name="live"),
    path("health/ready", views.ready, name="ready"),
]
