# SPDX-License-Identifier: Apache-2.0
import re
from urllib.parse import urlencode

import pytest
from django.test import Client

from testkit import holders


class Visitor(Client):
    """A browser at the door."""

    def first_step(self, user_id, password=holders.PASSWORD, **fields):
        query = urlencode({"device": "token", "next": "/my/", **fields})
        return self.post(f"/login/password?{query}", {"user_id": user_id, "password": password})

    def second_step(self, code):
        return self.post("/login/code", {"code": code})

    def log_in(self, holder, at, **fields):
        assert self.first_step(holder.user_id, **fields).status_code == 302
        return self.second_step(holder.code(at))


@pytest.fixture
def visitor():
    return Visitor()


def plain(response):
    """The page without what differs at each request by chance: tokens, nonces, trace."""
    text = response.content.decode()
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)
    return re.sub(r"[0-9a-f]{32}", "", text)
