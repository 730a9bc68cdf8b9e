# SPDX-License-Identifier: Apache-2.0
"""A thousand wrong passwords from elsewhere, while the owner logs in from the browser that she always uses."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connections
from django.test import Client

from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential
from testkit import holders

STRANGERS, EACH = 8, 125


@pytest.fixture
def marie(transactional_marie):
    return transactional_marie


def log_in(browser, marie, at):
    browser.post("/login/password?device=token&next=/my/", {"user_id": marie.user_id, "password": holders.PASSWORD})
    done = browser.post("/login/code", {"code": marie.code(at)})
    browser.post("/login/logout")
    return (done.status_code, done.headers.get("Location"))


@pytest.mark.requirement("R150", "R151")
@pytest.mark.both_databases
def test_a_thousand_wrong_passwords_while_the_owner_logs_in(lanes, marie, clock, caller):
    at_home = Client(HTTP_HOST="localhost")
    assert log_in(at_home, marie, clock.now()) == (302, "/my/")
    begun, judged, errors = clock.now(), [], []

    def knock(number):
        try:
            for attempt in range(EACH):
                stranger = replace(caller, at=clock.now(), address=f"192.0.{number}.{attempt}", browser=f"{number}-{attempt}")
                judged.append(services.check_first_step(user_id=marie.user_id, password=f"Wrong{attempt}", device="token",
                                                        caller=stranger).transaction_id)
        except Exception as error:  # there must be none
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=knock, args=(number,)) for number in range(STRANGERS)]
    for thread in threads:
        thread.start()
    meanwhile = 0
    while any(thread.is_alive() for thread in threads):
        assert log_in(at_home, marie, clock.advance(minutes=1)) == (302, "/my/")
        meanwhile += 1
    for thread in threads:
        thread.join()
    assert meanwhile >= 3 and errors == [] and judged == [None] * STRANGERS * EACH

    credential = Credential.objects.get()
    assert (credential.failures, credential.known_failures) == (5, 0)
    # What came during the block neither counted nor moved its end.
    assert credential.failed_at - begun <= timedelta(minutes=1)
    elsewhere, end = Client(HTTP_HOST="localhost"), credential.failed_at + timedelta(hours=12)
    clock.set(end - timedelta(microseconds=1))
    assert log_in(elsewhere, marie, clock.now()) != (302, "/my/")
    clock.set(end)
    assert log_in(elsewhere, marie, clock.now()) == (302, "/login/advice"), "open again, and she is told"
