# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.openid import authorisation, confirming, leaving, programs

app_name = "openid"
urlpatterns = [
    path(".well-known/openid-configuration", programs.configuration, name="configuration"),
    path("openid/jwks", programs.jwks, name="jwks"),
    path("openid/devices", programs.devices, name="devices"),
    path("openid/authorize", authorisation.authorize, name="authorize"),
    path("openid/requests/<uuid:request_id>", authorisation.answer, name="answer"),
    path("openid/requests/<uuid:request_id>/cancelled", authorisation.cancelled, name="cancelled"),
    path("openid/confirmations/<uuid:confirmation_id>", confirming.confirmation, name="confirmation"),
    path("openid/confirmations/<uuid:confirmation_id>/code", confirming.code, name="confirmation_code"),
    path("openid/confirmations/<uuid:confirmation_id>/image", confirming.image, name="confirmation_image"),
    path("openid/confirmations/<uuid:confirmation_id>/passkey", confirming.passkey, name="confirmation_passkey"),
    path("openid/confirmations/<uuid:confirmation_id>/end", confirming.end, name="confirmation_end"),
    path("openid/par", programs.push, name="push"),
    path("openid/token", programs.token, name="token"),
    path("openid/logout", leaving.leave, name="leave"),
    path("openid/logout/confirmed", leaving.confirmed, name="left"),
    path("openid/userinfo", programs.userinfo, name="userinfo"),
]
