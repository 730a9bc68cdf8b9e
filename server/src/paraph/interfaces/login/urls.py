# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.login import security_code, setting_up, stay, views

app_name = "login"
urlpatterns = [
    path("", views.start, name="start"),
    path("password", views.password, name="password"),
    path("code", views.code, name="code"),
    path("image", views.image, name="image"),
    path("passkey", views.passkey, name="passkey"),
    path("scan", setting_up.scan, name="scan"),
    path("scan/image", setting_up.scan_image, name="scan_setting_up_image"),
    path("scan/ready", setting_up.ready, name="scan_ready"),
    path("new-password", views.new_password, name="new_password"),
    path("change-password", views.change_password, name="change_password"),
    path("security-code", security_code.security_code, name="security_code"),
    path("advice", views.advice, name="advice"),
    path("cancel", views.cancel, name="cancel"),
    path("stay", stay.stay, name="stay"),
    path("logout", views.logout, name="logout"),
]
