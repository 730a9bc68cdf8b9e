# SPDX-License-Identifier: Apache-2.0
"""Somebody whom a partner's site sends to the door: logs in, answers the question of consent, and is sent back."""

from collections.abc import Callable
from urllib.parse import urlsplit

import httpx

from testkit.journeys.pages import Browser, Page


class _Left(Exception):
    """The browser was sent away from the service, to this address."""


class Visitor(Browser):
    """A browser that stays at the service; `transport` reaches a service that no port stands for."""

    def __init__(self, base: str, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(base)
        self.client.close()
        self.client = httpx.Client(transport=transport, timeout=60, headers={"Accept-Language": "fr"})

    def _page(self, response: httpx.Response) -> Page:
        while response.next_request is not None:
            address = str(response.next_request.url)
            if urlsplit(address).netloc != urlsplit(self.base).netloc:
                raise _Left(address)
            response = self.client.send(response.next_request)
        return super()._page(response)

    def log_in(self, address: str, user_id: str, password: str, code: Callable[[], str], *, agree: bool = True) -> str:
        """From the address that a partner made to the one that its answer goes to."""
        page = self.get(address)
        if page.document.xpath("//main//*[@name='device']"):
            page = self.submit(page, {"device": "token"})
        page = self.submit(page, {"user_id": user_id, "password": password}, button="Connexion")
        page = self.submit(page, {"code": code()}, button="Connexion")
        try:
            self.submit(page, button="Oui, envoyer" if agree else "Non, ne rien")
        except _Left as left:
            return str(left)
        raise AssertionError("the consent led nowhere")
