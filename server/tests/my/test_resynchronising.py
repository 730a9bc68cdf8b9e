# SPDX-License-Identifier: Apache-2.0
"""A Token whose clock ran away is accepted again after two codes in a row, which open nothing."""

from datetime import timedelta

import pytest
from django.test import Client

from paraph.domain.audit.models import Event
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services as registration
from paraph.interfaces.callers import SESSION_KEY
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound
from paraph.signer.client import Outcome
from testkit import holders
from testkit.applications import PASSWORD, log_in

pytestmark = pytest.mark.django_db(transaction=True)
DONE, REFUSED = "devices.device.resynchronised", "devices.device.resynchronisation_refused"


@pytest.fixture
def holder(holder, clock):
    """Half an hour after she has activated her Token."""
    holder.token = Device.objects.get(serial=holder.serial)
    clock.advance(minutes=29)
    return holder


@pytest.fixture(params=["full", "devices"])
def marie(request, client, holder, clock):
    log_in(client, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope=request.param,
           at=clock.now())
    return client


def shows(holder, clock, steps=0, slow=8):
    """What her Token shows: it is so many minutes slow."""
    return holder.token_code(clock.now() - timedelta(minutes=slow, seconds=-30 * steps))


def logs_in(holder, code):
    browser = Client(HTTP_HOST="localhost")
    browser.post("/login/password?device=token&next=/my/", {"user_id": holder.codes["user_id"], "password": PASSWORD})
    browser.post("/login/code", {"code": code})
    return SESSION_KEY in browser.session


def page_of(holder):
    return f"/my/products/{holder.token.id}/resynchronise"


def two(holder, clock):
    """She reads one code, waits, and reads the next, now."""
    first = shows(holder, clock)
    clock.advance(seconds=30)
    return {"first": f"{first[:3]} {first[3:]}", "second": shows(holder, clock)}


@pytest.mark.requirement("R114")
def test_two_right_codes_bring_the_token_back(marie, holder, clock):
    assert not logs_in(holder, shows(holder, clock)), "it is too slow by now"
    assert page_of(holder) in marie.get("/my/products").content.decode()
    assert marie.get(page_of(holder)).status_code == 200 and not Event.objects.filter(code=DONE).exists()
    answer = marie.post(page_of(holder), two(holder, clock))
    assert answer["Location"] == "/my/products/resynchronised"
    assert holder.serial in marie.get("/my/products/resynchronised").content.decode()
    event = Event.objects.get(code=DONE)
    assert (event.about_id, event.facts["serial"]) == (str(holder.identity.id), holder.serial)
    assert Message.objects.filter(template="device_resynchronised").count() == 1
    clock.advance(seconds=30)
    assert logs_in(holder, shows(holder, clock))


@pytest.mark.requirement("R115", "R116")
def test_both_codes_are_used_up(marie, holder, clock):
    given = two(holder, clock)
    assert marie.post(page_of(holder), given).status_code == 302
    assert not logs_in(holder, given["second"]) and not logs_in(holder, given["first"].replace(" ", ""))
    assert marie.post(page_of(holder), given).status_code == 422, "nor do they serve a second time"
    assert Event.objects.filter(code=DONE).count() == 1
    clock.advance(seconds=30)
    assert logs_in(holder, shows(holder, clock)), "the next one is good"


@pytest.mark.parametrize("wrong", ["same", "order", "gap", "guess", "first_only"])
def test_two_codes_that_did_not_follow_each_other(marie, holder, clock, wrong):
    first, second = shows(holder, clock), shows(holder, clock, steps=1)
    clock.advance(seconds=30)
    given = {"same": (second, second), "order": (second, first), "gap": (shows(holder, clock, steps=-2), second),
             "guess": ("000000", "000000"), "first_only": (first, "000000")}[wrong]
    answer = marie.post(page_of(holder), {"first": given[0], "second": given[1]})
    assert answer.status_code == 422 and "ne sont pas acceptés" in answer.content.decode()
    assert Event.objects.filter(code=REFUSED).count() == 1 and not Event.objects.filter(code=DONE).exists()
    assert not Message.objects.filter(template="device_resynchronised").exists()
    assert marie.get("/my/products/resynchronised")["Location"] == "/my/products"
    clock.advance(seconds=30)
    assert not logs_in(holder, shows(holder, clock)), "as far away as before"


def test_tries_have_a_limit(marie, holder, clock):
    limit = rules.current().signer_failures_limit
    for number in range(limit):
        page = marie.post(page_of(holder), {"first": "000000", "second": "000001"}).content.decode()
        assert "ne sont pas acceptés" in page, number
    answer = marie.post(page_of(holder), two(holder, clock))
    assert answer.status_code == 422 and "trop d’essais faux" in answer.content.decode()
    assert not Event.objects.filter(code=DONE).exists()


def test_the_last_try_before_the_limit_is_good(client, holder, clock):
    log_in(client, identity_id=holder.identity.id, person_id=holder.identity.person_id, scope="full", at=clock.now())
    for _ in range(rules.current().signer_failures_limit - 1):
        client.post(page_of(holder), {"first": "000000", "second": "000001"})
    assert client.post(page_of(holder), two(holder, clock)).status_code == 302


def test_nobody_brings_back_what_is_not_his(marie, holder, scene, system, clock):
    stocked = Device.objects.get(serial=scene.stock("99-0000000-0"))
    other = holders.new(system)
    Device.objects.filter(pk=other.device.pk).update(state="active")
    for device in (stocked, other.device):
        assert marie.get(f"/my/products/{device.id}/resynchronise").status_code == 404
        with pytest.raises(NotFound):
            registration.resynchronise_product(
                device_id=device.id, codes=("000000", "000001"),
                caller=Caller(at=clock.now(), channel="web", session="s", scope="full", identity=str(holder.identity.id)))
    assert not Event.objects.filter(code__in=(DONE, REFUSED)).exists()


@pytest.mark.parametrize("scope", ["suspended", "replacement", "staff", ""])
def test_other_sessions_bring_nothing_back(holder, clock, scope):
    with pytest.raises(Forbidden):
        registration.resynchronise_product(
            device_id=holder.token.id, codes=("000000", "000001"),
            caller=Caller(at=clock.now(), channel="web", session="s", scope=scope, identity=str(holder.identity.id)))


def test_a_token_that_rests_is_not_brought_back(marie, holder, clock, system):
    given = two(holder, clock)
    devices.disable(device_id=holder.token.id, reason="holder", caller=system)
    assert "/resynchronise" not in marie.get("/my/products").content.decode()
    assert marie.post(page_of(holder), given).status_code == 404
    with pytest.raises(NotFound):
        devices.resynchronise(device_id=holder.token.id, codes=tuple(given.values()), caller=system)
    devices.enable(device_id=holder.token.id, caller=system)
    assert devices.resynchronise(device_id=holder.token.id, codes=tuple(given.values()), caller=system) is Outcome.ACCEPTED


def test_whose_codes_stay_refused_is_led_to_a_replacement(marie, holder):
    """Beyond what a clock may be off nothing helps but another Token. A form that was left empty says nothing of that."""
    link = f"/my/products/{holder.token.id}/replace"
    for answer in (marie.get(page_of(holder)), marie.post(page_of(holder), {"first": "", "second": "000001"})):
        assert link not in answer.content.decode()
    answer = marie.post(page_of(holder), {"first": "000000", "second": "000001"})
    assert answer.status_code == 422 and link in answer.content.decode() and marie.get(link).status_code == 200


@pytest.mark.parametrize("missing", ["first", "second"])
def test_one_code_is_not_enough_and_no_try(marie, holder, clock, missing):
    assert marie.post(page_of(holder), two(holder, clock) | {missing: ""}).status_code == 422
    assert not Event.objects.filter(code__in=(DONE, REFUSED)).exists()
