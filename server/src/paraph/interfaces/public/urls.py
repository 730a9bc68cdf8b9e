# SPDX-License-Identifier: Apache-2.0
from django.urls import path

from paraph.interfaces.public import finder, repository, views

app_name = "public"
urlpatterns = [
    path("", views.home, name="home"),
    path("finder/", finder.question, {"slug": "use"}, name="finder"),
    path("finder/result/", finder.result, name="result"),
    path("finder/<slug:slug>/", finder.question, name="question"),
    path("products/<slug:device>/", views.product, name="product"),
    path("partners/", views.partner_directory, name="partners"),
    path("desks/", views.desks, name="desks"),
    path("pki/", repository.authorities, name="repository"),
    path("pki/disclosure/", repository.disclosure, name="disclosure"),
    path("pki/pds-<slug:language>.pdf", repository.disclosure_pdf, name="disclosure_pdf"),
    path("help/", views.help_page, name="help"),
    path("phishing/", views.phishing, name="phishing"),
    path("accessibility/", views.accessibility, name="accessibility"),
    path("legal/<slug:kind>/", views.legal_text, name="legal"),
]
