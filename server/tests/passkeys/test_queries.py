# SPDX-License-Identifier: Apache-2.0
"""What a login with a passkey asks of the database, step by step, as server/tests/login/test_queries.py for the others."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from testkit import holders

from .conftest import options_on

PASSWORD = "/login/password?device=passkey&next=/my/"
STEPS = {"page of the password": (0, 0), "password": (5, 7), "page of the passkey": (3, 0), "passkey": (7, 13)}


@pytest.mark.requirement("R106", part="here: the passkey's steps")
def test_a_login_asks_no_more_than_it_did(with_passkey, authenticator, visitor, clock):
    found = {}

    def step(name, act):
        with CaptureQueriesContext(connection) as queries:
            answer = act()
        verbs = [query["sql"].lstrip("( \n").split()[0] for query in queries]
        found[name] = (verbs.count("SELECT"), sum(verbs.count(verb) for verb in ("INSERT", "UPDATE", "DELETE")))
        return answer

    visitor.get("/login/?next=/my/")  # what is asked once per process is not counted
    clock.advance(minutes=1)
    step("page of the password", lambda: visitor.get(PASSWORD))
    step("password", lambda: visitor.post(PASSWORD, {"user_id": with_passkey.user_id, "password": holders.PASSWORD}))
    options = options_on(step("page of the passkey", lambda: visitor.get("/login/passkey")))
    done = step("passkey", lambda: visitor.post("/login/passkey", {"answer": authenticator.use(options)}))
    assert done["Location"] == "/my/"
    assert found == STEPS
