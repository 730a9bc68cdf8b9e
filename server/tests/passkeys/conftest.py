# SPDX-License-Identifier: Apache-2.0
import json
import re
from dataclasses import replace

import pytest
from django.test import Client

from paraph.domain.authentication import queries
from paraph.domain.authentication import services as authentication
from paraph.domain.devices.methods import passkey
from paraph.domain.devices.services import creation_options
from paraph.domain.registration import services as registration
from testkit import holders
from testkit.simulators.authenticator import Authenticator

URL = "http://localhost:8000"


@pytest.fixture(autouse=True)
def relying_party():
    """`relying_party(attestation="direct", …)` is the operator's table [passkeys]; bound for everybody."""
    before = passkey.current()

    def use(**content):
        passkey.use(passkey.relying_party(content, url=URL, name="Paraph"))
        return passkey.current()

    use()
    yield use
    passkey.use(before)


@pytest.fixture
def now(caller, clock):
    return lambda: caller.at_instant(clock.now())


@pytest.fixture
def logged_in(now, clock):
    """The holder after a login with his Token, as a caller of that session."""

    def log_in(holder):
        login = authentication.check_first_step(
            user_id=holder.user_id, password=holders.PASSWORD, device="token", caller=now()).transaction_id
        step = authentication.check_code(transaction_id=login, code=holder.code(clock.now()), caller=now())
        assert step.outcome == "accepted"
        clock.advance(minutes=1)
        return replace(now(), person=str(holder.identity.person_id), identity=str(holder.identity.id),
                       session=str(step.session_id), scope="full")

    return log_in


@pytest.fixture
def add(logged_in):
    """`add(holder, authenticator)` adds a passkey as My space does, and gives it."""

    def add_passkey(holder, authenticator, name="Mon téléphone", own=None, **bent):
        own = own or logged_in(holder)
        enrolment = registration.begin_passkey(caller=own)
        answer = authenticator.make(creation_options(enrolment, name="Marie"), **bent)
        return registration.add_passkey(enrolment_id=enrolment.id, name=name, answer=answer, caller=own)

    return add_passkey


@pytest.fixture
def authenticator():
    return Authenticator()


@pytest.fixture
def with_passkey(marie, authenticator, add):
    """Marie with a passkey in her authenticator."""
    marie.passkey = add(marie, authenticator)
    return marie


@pytest.fixture
def first_step(now):
    def step(holder, address="", **more):
        return authentication.check_first_step(
            user_id=holder.user_id, password=holders.PASSWORD, device="passkey", caller=replace(now(), address=address),
            **more).transaction_id

    return step


@pytest.fixture
def options(clock):
    return lambda login: queries.passkey_options(login, clock.now())


@pytest.fixture
def answer(now):
    """The second step with this answer."""
    return lambda login, text: authentication.check_passkey(transaction_id=login, answer=text, caller=now())


class Visitor(Client):
    """A browser at localhost, without its own authenticator."""

    def __init__(self):
        super().__init__(HTTP_HOST="localhost:8000")

    def log_in(self, holder, at, device="token", **fields):
        query = {"device": device, "next": "/my/", **fields}
        address = "/login/password?" + "&".join(f"{name}={value}" for name, value in query.items())
        assert self.post(address, {"user_id": holder.user_id, "password": holders.PASSWORD}).status_code == 302
        return self.post("/login/code", {"code": holder.code(at)})


def options_on(response):
    """What the page would give the browser."""
    found = re.search(r'data-options="([^"]+)"', response.content.decode())
    return json.loads(found[1].replace("&quot;", '"'))


@pytest.fixture
def visitor():
    return Visitor()
