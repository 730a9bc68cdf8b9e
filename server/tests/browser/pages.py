# SPDX-License-Identifier: Apache-2.0
"""The pages that anybody can open by their address: each is checked in three languages and two widths.

Pages that need a journey before them are checked where the journey is walked, with the fixture `inspect_page`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Address:
    name: str
    path: str
    status: int = 200


PAGES = [
    Address("gallery", "/faces/"),
    Address("gallery-confirmation", "/faces/confirmation/"),
    Address("gallery-waiting", "/faces/waiting/"),
    Address("gallery-console", "/faces/console/"),
    Address("home", "/"),
    Address("finder", "/finder/"),
    Address("product", "/products/token/"),
    Address("partners", "/partners/"),
    Address("desks", "/desks/"),
    Address("repository", "/pki/"),
    Address("help", "/help/"),
    Address("phishing", "/phishing/"),
    Address("accessibility", "/accessibility/"),
    Address("terms", "/legal/terms/"),
    Address("privacy", "/legal/privacy/"),
    Address("finder-procedures", "/finder/procedures/?use=private"),
    Address("finder-partners", "/finder/partners/?use=private"),
    Address("finder-visit", "/finder/visit/?use=private"),
    Address("finder-result", "/finder/result/?use=private&visit=yes"),
    Address("finder-result-abroad", "/finder/result/?use=private&visit=no&partners=notaries"),
    Address("order-first-step", "/shop/token/private/applicant/"),
    Address("login", "/login/"),
    Address("sign", "/sign/"),
    Address("verify", "/verify/"),
    Address("my", "/my/"),
    Address("activate", "/my/certificate/activate"),
    Address("activate-codes", "/my/certificate/activate/codes"),
    Address("suspend-with-codes", "/my/certificate/suspend-with-codes"),
    Address("forgotten-password", "/my/forgotten-password"),
    Address("forgotten-password-codes", "/my/forgotten-password/codes"),
    Address("unblock", "/my/unblock"),
    Address("unblock-codes", "/my/unblock/codes"),
    Address("report-fraud", "/my/report-fraud"),
    Address("security-code", "/login/security-code"),
    Address("outbox", "/outbox/"),
    Address("error-404", "/faces/errors/404/", status=404),
    Address("error-500", "/faces/errors/500/", status=500),
    Address("error-refusal", "/faces/errors/refusal/", status=409),
]
VIEWS = [("fr", 320), ("fr", 1280), ("de", 320), ("en", 320)]
