# SPDX-License-Identifier: Apache-2.0
"""Holders with Tokens, and their browsers. Imported after Django has been set up."""

import re
from datetime import datetime

import httpx

from paraph.interfaces.cli import signer_host
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from testkit import holders

_ACTION = re.compile(r'<form method="get" action="([^"]+)"')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def make(count: int) -> list[holders.Holder]:
    """So many activated holders, in a house whose clock is bound here. Each used his Token's code of now."""
    system = Caller.system(at=clock.bound().now(), name="cli:bench")
    with signer_host.ceremony():
        holders.tree(system)
    made = []
    for _ in range(count):
        system = Caller.system(at=clock.bound().now(), name="cli:bench")
        holder = holders.new(system)
        holders.activate(holder, system)
        made.append(holder)
    return made


class Browser:
    """One person's browser, at an address of his own, so that no limit per address slows a crowd down."""

    def __init__(self, url: str, number: int) -> None:
        address = f"127.{1 + number // 65024}.{number // 254 % 256}.{1 + number % 254}"
        self.client = httpx.Client(base_url=url.replace("localhost", "127.0.0.1"), timeout=30,
                                   headers={"host": url.removeprefix("http://")},
                                   transport=httpx.HTTPTransport(local_address=address))
        self.page = ""

    def get(self, path: str) -> httpx.Response:
        return self._kept(self.client.get(path))

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Sends the form that stands in the page shown last."""
        return self._kept(self.client.post(path, data={"csrfmiddlewaretoken": _TOKEN.search(self.page)[1], **fields}))

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        if answer.status_code == 200:
            self.page = answer.text
        return answer

    def to_the_code(self, holder: holders.Holder) -> None:
        """Chooser, page of the password, password, page of the code, as the forms and addresses of the door lead."""
        self.get("/login/?next=/my/")
        password = f"{_ACTION.search(self.page)[1]}?next=/my/&device=token"
        self.get(password)
        answer = self.send(password, user_id=holder.user_id, password=holders.PASSWORD)
        if answer.status_code != 302:
            raise RuntimeError(f"the password was refused: {answer.status_code}")
        self.get(answer.headers["location"])

    def types(self, code: str) -> httpx.Response:
        return self.send("/login/code", code=code)

    def logs_in(self, holder: holders.Holder, at: datetime) -> None:
        self.to_the_code(holder)
        answer = self.types(holder.code(at))
        if answer.headers.get("location") != "/my/":
            raise RuntimeError(f"the code was refused: {answer.status_code} {answer.headers.get('location')}")
