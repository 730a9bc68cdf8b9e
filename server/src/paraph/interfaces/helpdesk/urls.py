# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.helpdesk import views

app_name = "helpdesk"
urlpatterns = [
    path("", views.search, name="search"),
    path("holder", views.by_name, name="by_name"),
    path("open/<uuid:identity_id>", views.open_call, name="open"),
    path("cases/<uuid:case_id>/", views.case, name="case"),
    path("cases/<uuid:case_id>/check", views.check, name="check"),
    path("cases/<uuid:case_id>/security-code", views.security_code, name="security_code"),
    path("cases/<uuid:case_id>/codes", views.codes, name="codes"),
    path("cases/<uuid:case_id>/product", views.product, name="product"),
    path("cases/<uuid:case_id>/replace", views.replace, name="replace"),
    path("cases/<uuid:case_id>/send", views.send, name="send"),
    path("cases/<uuid:case_id>/disable", views.disable, name="disable"),
    path("cases/<uuid:case_id>/suspend", views.suspend, name="suspend"),
    path("cases/<uuid:case_id>/close", views.close, name="close"),
]
