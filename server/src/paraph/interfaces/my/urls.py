# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.my.views import activation, certificate, fraud, home, products, secrets

app_name = "my"
urlpatterns = [
    path("", home.home, name="home"),
    path("activity", home.activity, name="activity"),
    path("messages", home.messages, name="messages"),
    path("forgotten-password", secrets.forgotten, name="forgotten"),
    path("forgotten-password/codes", secrets.forgotten_codes, name="forgotten_codes"),
    path("forgotten-password/done", secrets.forgotten_done, name="forgotten_done"),
    path("unblock", secrets.unblock, name="unblock"),
    path("unblock/codes", secrets.unblock_codes, name="unblock_codes"),
    path("unblock/done", secrets.unblock_done, name="unblock_done"),
    path("secret-image", secrets.image, name="image"),
    path("secret-image/done", secrets.image_done, name="image_done"),
    path("products", products.products, name="products"),
    path("products/<uuid:device_id>/disable", products.disable, name="product_disable"),
    path("products/<uuid:device_id>/enable", products.enable, name="product_enable"),
    path("report-fraud", fraud.report, name="report"),
    path("report-fraud/done", fraud.reported, name="reported"),
    path("certificate/test", certificate.test, name="test"),
    path("certificate/<slug:usage>.pem", certificate.download, name="download"),
    path("certificate/suspend", certificate.suspend, name="suspend"),
    path("certificate/suspend-with-codes", certificate.suspend_with_codes, name="suspend_with_codes"),
    path("certificate/suspended", certificate.suspended, name="suspended"),
    path("certificate/resume", certificate.resume, name="resume"),
    path("certificate/resumed", certificate.resumed, name="resumed"),
    path("certificate/revoke", certificate.revoke, name="revoke"),
    path("certificate/revoked", certificate.revoked, name="revoked"),
    path("certificate/activate", activation.start, name="activate"),
    path("certificate/activate/check", activation.check, name="activate_check"),
    path("certificate/activate/codes", activation.codes, name="activate_codes"),
    path("certificate/activate/code", activation.code, name="activate_code"),
    path("certificate/activate/device", activation.device, name="activate_device"),
    path("certificate/activate/password", activation.password, name="activate_password"),
    path("certificate/activate/image", activation.image, name="activate_image"),
    path("certificate/activate/content", activation.content, name="activate_content"),
    path("certificate/activate/terms", activation.terms, name="activate_terms"),
    path("certificate/activate/done", activation.done, name="activate_done"),
]
