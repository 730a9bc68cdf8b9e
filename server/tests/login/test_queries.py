# SPDX-License-Identifier: Apache-2.0
"""What each step of the door asks of the database: reads and writes. More makes every login slower, and is seen here."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from paraph.interfaces.login.views import WAITING
from testkit import holders
from testkit.simulators.scan import look

from .conftest import Visitor

# (reads, writes) of each step that a person walks through, then of those that are refused.
STEPS = {
    "token": {"chooser": (0, 0), "page of the password": (0, 0), "password": (6, 6), "page of the code": (3, 0),
              "code": (8, 14), "wrong password": (6, 5), "wrong code": (8, 5)},
    # A right password and a wrong one are told apart at the end alone, and so is a Scan of the staff to be set up.
    "scan": {"chooser": (0, 0), "page of the password": (0, 0), "password": (7, 7), "page of the code": (2, 0),
             "code": (8, 14), "wrong password": (7, 7), "wrong code": (7, 6)},
}


class Counted:
    def __init__(self):
        self.steps = {}

    def step(self, name, act):
        with CaptureQueriesContext(connection) as queries:
            answer = act()
        verbs = [query["sql"].lstrip("( \n").split()[0] for query in queries]
        self.steps[name] = (verbs.count("SELECT"), sum(verbs.count(verb) for verb in ("INSERT", "UPDATE", "DELETE")))
        return answer


@pytest.mark.parametrize("device", STEPS)
def test_a_login_asks_no_more_than_it_did(visitor, marie, clock, system, device):
    scan = holders.add_scan(marie, system.at_instant(clock.now())) if device == "scan" else None
    counted, password = Counted(), f"/login/password?device={device}&next=/my/"

    def shown():
        image = re.search(r"PARAPH:[^<]+", visitor.get("/login/code").content.decode())
        return look(scan, image[0]).code if scan else marie.code(clock.now())

    visitor.get("/login/?next=/my/")  # what is asked once per process is not counted
    clock.advance(minutes=1)
    counted.step("chooser", lambda: visitor.get("/login/?next=/my/"))
    counted.step("page of the password", lambda: visitor.get(password))
    counted.step("wrong password", lambda: Visitor().first_step(marie.user_id, "Wrong1", device=device))
    assert counted.step("password", lambda: visitor.first_step(marie.user_id, device=device)).status_code == 302
    counted.step("page of the code", lambda: visitor.get("/login/code"))
    code = shown()
    wrong = str((int(code) + 1) % 10 ** len(code)).zfill(len(code))
    refused = counted.step("wrong code", lambda: visitor.second_step(wrong))
    if scan:  # and begun anew
        assert "refused=1" in refused["Location"]
        visitor.first_step(marie.user_id, device=device)
        code = shown()
    assert counted.step("code", lambda: visitor.second_step(code))["Location"] == "/my/"
    assert counted.steps == STEPS[device]
    assert WAITING not in visitor.session
