# SPDX-License-Identifier: Apache-2.0
"""People of the stories: what they know, what they hold, and a browser each."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from testkit.journeys.pages import Browser, Page, Unexpected
from testkit.simulators import scan, token

STEP_SECONDS = 30
# Codes of the four steps before are still good for some seconds: a story needs not wait for each new one.
LOOK_BACK = 4


@dataclass
class HeldToken:
    """A simulated Token in somebody's hand. Each code is used once, older ones first."""

    data: Path
    serial: str
    used: int = 0
    type = "token"

    def code(self) -> str:
        """A code that was not used yet, and is still good; waits for the next one if it must."""
        while True:
            now = int(time.time()) // STEP_SECONDS
            step = max(self.used + 1, now - LOOK_BACK)
            if step <= now:
                self.used = step
                return token.press(self.data, self.serial, ago=now - step)
            time.sleep(0.5)


    def answer(self, page: Page) -> str:
        """What is typed into this page; a Token need not look at it."""
        return self.code()


@dataclass
class HeldScan:
    """A simulated Scan in somebody's hand: it reads the image of a page, offline."""

    data: Path
    serial: str
    type = "scan"

    def answer(self, page: Page) -> str:
        """The code for the image on this page; the person reads what the Scan shows first."""
        images = page.document.xpath("//main//*[contains(text(), 'PARAPH:')]/text()")
        if not images:
            raise Unexpected(f"{page.url}: no image for the Scan: {page.excerpt()}")
        self.screen = scan.aim(self.data, self.serial, images[0].strip())
        return self.screen.code


@dataclass
class Person:
    name: str
    base: str
    user_id: str = ""
    password: str = ""
    token: HeldToken | HeldScan | None = None
    codes: dict[str, str] = field(default_factory=dict)
    language: str = "fr"

    def __post_init__(self) -> None:
        self.browser = Browser(self.base, self.language)

    def pass_the_door(self, page: Page) -> Page:
        """From the choice of a product to where the door leads: UserID, password, code."""
        if page.document.xpath("//main//*[@name='device']"):
            page = self.browser.submit(page, {"device": self.token.type})
        page = self.browser.submit(page, {"user_id": self.user_id, "password": self.password}, button="Connexion")
        return self.browser.submit(page, {"code": self.token.answer(page)}, button="Connexion")
