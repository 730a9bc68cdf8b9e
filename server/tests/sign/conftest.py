# SPDX-License-Identifier: Apache-2.0
from urllib.parse import urlencode

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from testkit import documents, holders, signatory


@pytest.fixture
def marie(house, clock):
    return signatory.new_signatory(clock=clock)


class Browser(Client):
    """A holder's browser, logged in through the door."""

    def __init__(self, who):
        super().__init__(HTTP_HOST="localhost")
        self.who = who

    def log_in(self):
        query = urlencode({"device": "token", "next": "/sign/"})
        self.post(f"/login/password?{query}", {"user_id": self.who.holder.user_id, "password": holders.PASSWORD})
        answer = self.post("/login/code", {"code": self.who.code()})
        assert answer.status_code == 302, answer.content.decode()
        return answer

    def upload(self, content=None, name="Bail.pdf"):
        content = documents.pdf(["Page un", "Page deux"]) if content is None else content
        return self.post("/sign/", {"file": SimpleUploadedFile(name, content)})

@pytest.fixture
def browser(marie):
    return Browser(marie)

@pytest.fixture
def inside(browser, marie):
    """Logged in, with a Token that shows the next code."""
    browser.log_in()
    signatory.pass_time(marie.clock, seconds=30)
    return browser
