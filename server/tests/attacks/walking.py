# SPDX-License-Identifier: Apache-2.0
"""Through the door with a device that shows no secret image, step by step: what each answered, and what it cost."""

import json
import re
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from paraph.domain.authentication.models import Credential
from paraph.domain.devices.methods import passkey
from paraph.pki import scan as protocol
from testkit import holders
from testkit.simulators.authenticator import Authenticator

NOBODY = "ZZZZ9999"


class Browser(Client):
    def __init__(self):
        super().__init__(HTTP_HOST="localhost:8000")

    def first_step(self, device, user_id, password=holders.PASSWORD):
        return self.post(f"/login/password?device={device}&next=/my/", {"user_id": user_id, "password": password})


def image_on(page):
    return re.search(r"PARAPH:[^<]+", page.content.decode())[0]


def options_on(page):
    return json.loads(unescape(re.search(r'data-options="([^"]+)"', page.content.decode())[1]))


def holder_with_everything(system, clock):
    """Rita in a house of her own that has passkeys."""
    passkey.use(passkey.relying_party({}, url="http://localhost:8000", name="Paraph"))
    holders.tree(system)
    return with_every_device(system, clock)


def with_every_device(system, clock):
    """A holder with Token, Scan and passkey, made as the door and My space make them."""
    holder = holders.new(system, given_names="Rita")
    holders.activate(holder, system)
    clock.advance(minutes=1)
    holder.scan = holders.add_scan(holder, system.at_instant(clock.now()))
    clock.advance(minutes=1)
    browser, holder.authenticator = Browser(), Authenticator()
    browser.first_step("token", holder.user_id)
    browser.post("/login/code", {"code": holder.code(clock.now())})
    browser.post("/my/passkeys")
    browser.post("/my/passkeys/new", {"name": "x", "answer": holder.authenticator.make(
        options_on(browser.get("/my/passkeys/new")))})
    clock.advance(minutes=1)
    return holder


def plain(response):
    """The page without what is drawn anew for each login, and without what the visitor typed himself."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|data-options="[^"]+"|PARAPH:[^<]+|<path[^>]+>', "",
                  response.content.decode())
    return re.sub(r'(name="(?:code|user_id)"[^>]*) value="[^"]*"', r"\1", text)


def drawn(response):
    """Of what is drawn anew its size and form."""
    text = response.content.decode()
    image, options = re.search(r"PARAPH:[^<]+", text), re.search(r'data-options="([^"]+)"', text)
    square = re.search(r'<svg[^>]*viewBox="[^"]*"', text)
    return (image and len(protocol.payload_of(image[0])), image and protocol.payload_of(image[0])[:2],
            square and square[0], options and len(unescape(options[1])))


class Walk:
    """One case through all pages of the door; `seen` is what each step answered and cost."""

    def __init__(self, device, hashes, questions):
        self.device, self.hashes, self.questions = device, hashes, questions
        self.browser, self.seen, self.page = Browser(), {}, None

    def step(self, name, method, address, **fields):
        self.hashes.clear()
        self.questions.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = getattr(self.browser, method)(address, fields)
        # Each with its table; names of savepoints are counted up.
        statements = [re.search(r'\S+(?:.*? (?:FROM|INTO) "?\w+| "\w+")?', query["sql"], re.DOTALL)[0] for query in asked
                      if query["sql"].split()[0] not in ("SAVEPOINT", "RELEASE")]
        noise = ("X-Trace-Id", "Content-Security-Policy", "Content-Length")
        self.seen[name] = {
            "status": answer.status_code, "body": plain(answer), "drawn": drawn(answer), "hashes": len(self.hashes),
            "headers": {key: value for key, value in answer.items() if key not in noise},
            "cookies": sorted(answer.cookies), "statements": statements, "questions": len(self.questions)}
        return answer

    def to_the_code(self, user_id, password):
        answer = self.step("password", "post", f"/login/password?device={self.device}&next=/my/", user_id=user_id,
                           password=password)
        self.page = self.step("page of the code", "get", answer["Location"])
        return self

    def to_the_end(self, answer):
        answer = self.step("code", "post", "/login/passkey" if self.device == "passkey" else "/login/code",
                           **{"answer" if self.device == "passkey" else "code": answer})
        self.step("end", "get", answer["Location"])
        return self


def assert_alike(walks):
    """All cases look like the first and cost what it cost, step by step."""
    first, *others = walks
    for case in others:
        assert walks[case].seen.keys() == walks[first].seen.keys(), case
        for step, expected in walks[first].seen.items():
            for what, value in expected.items():
                assert walks[case].seen[step][what] == value, (case, step, what)


def block(user, clock):
    Credential.objects.filter(identity=user.identity).update(failures=5, failed_at=clock.now())


def unblock(user):
    Credential.objects.filter(identity=user.identity).update(failures=0, failed_at=None)
