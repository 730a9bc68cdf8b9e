# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.sign import views

app_name = "sign"
urlpatterns = [
    path("", views.start, name="start"),
    path("ledger", views.ledger, name="ledger"),
    path("<uuid:request_id>/page/<int:number>", views.page, name="page"),
    path("<uuid:request_id>/page/<int:number>.png", views.picture, name="picture"),
    path("<uuid:request_id>/prepare", views.prepare, name="prepare"),
    path("<uuid:request_id>/decline", views.decline, name="decline"),
    path("<uuid:request_id>/code", views.code, name="code"),
    path("<uuid:request_id>/done", views.done, name="done"),
    path("<uuid:request_id>/document", views.document, name="document"),
]
