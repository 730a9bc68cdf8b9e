# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.verify import views

app_name = "verify"
urlpatterns = [path("", views.verify, name="verify")]
