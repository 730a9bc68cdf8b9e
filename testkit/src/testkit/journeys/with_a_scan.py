# SPDX-License-Identifier: Apache-2.0
"""The main story with a Scan as the only device: ordered, handed out, activated by two images; it logs in, signs, and gets
a forgotten password replaced. Nothing but pages, and a simulated Scan that never touches the service."""

from testkit.journeys.first_light import Story
from testkit.journeys.pages import Page, Unexpected
from testkit.journeys.people import HeldScan

NEW_PASSWORD = "Jardin86b"


class ScanStory(Story):
    product, product_name, stock = "scan", "Scan", "scans_in_stock"
    WRONG_CODE = "00000000"
    STEPS = ("orders", "is_identified", "receives_her_codes", "activates", "finds_her_certificates", "logs_in", "signs",
             "is_verified", "forgets_her_password", "suspends", "reactivates", "revokes")

    def held(self, serial: str) -> HeldScan:
        return HeldScan(self.data, serial)

    def proves_her_device(self, page: Page) -> Page:
        """Two images: ten digits, then eight; what the Scan shows names the operator and this very device."""
        browser, scan = self.marie.browser, self.marie.token
        page = browser.submit(page, action="device/image")
        page = browser.submit(page, {"code": scan.answer(page)}, button="Continuer")
        code = scan.answer(page)
        if scan.screen.purpose != "ACTIVATE" or self.serial not in scan.screen.text:
            raise Unexpected(f"the Scan shows {scan.screen.purpose}: {scan.screen.text}")
        return browser.submit(page, {"code": code}, button="Continuer")

    def logs_in(self) -> str:
        self.log_out()
        page = self.marie.pass_the_door(self.marie.browser.get("/login/?next=/my/"))
        if self.marie.token.screen.purpose != "LOGIN":
            raise Unexpected(f"the Scan shows {self.marie.token.screen.purpose}")
        page.expect("Mon espace")
        return page.url

    def forgets_her_password(self) -> str:
        """By the codes of her letter, since she has no mobile, and an image."""
        self.log_out()
        browser, codes = self.marie.browser, self.marie.codes
        page = browser.submit(browser.get("/my/forgotten-password"), {"user_id": self.marie.user_id})
        page = browser.submit(page, {"user_id": self.marie.user_id, "initial_password": codes["initial_password"],
                                     "challenge": codes["challenge"], "password": NEW_PASSWORD, "again": NEW_PASSWORD})
        page = browser.submit(page, {"code": self.marie.token.answer(page)}, button="Continuer")
        if not page.url.endswith("/forgotten-password/done"):
            raise Unexpected(f"{page.url}: {page.excerpt()}")
        self.marie.password = NEW_PASSWORD
        self.marie.pass_the_door(browser.get("/login/?next=/my/")).expect("Mon espace")
        return "a new password opens"
