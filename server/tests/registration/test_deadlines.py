# SPDX-License-Identifier: Apache-2.0
"""The sixty days, reminders, and staff."""

from datetime import timedelta

import pytest

from paraph.domain.accounts.models import Identity
from paraph.domain.certification.models import Certificate
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.orders import services as orders
from paraph.domain.registration import services
from paraph.domain.registration.services import Answer
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def job(clock, name="lapses"):
    return Caller.system(at=clock.now(), name=f"job:{name}")


@pytest.mark.requirement("R089", part="later: a chip's certificates on hold")
def test_what_was_not_activated_ends_for_ever_with_the_deadline_as_its_instant(prepared, clock):
    deadline, codes = prepared.order.activation_deadline, prepared.codes
    clock.set(deadline - timedelta(microseconds=1))
    assert services.lapse_due(caller=job(clock)) == 0
    clock.set(deadline + timedelta(days=40))
    assert services.lapse_due(caller=job(clock)) == 1
    prepared.order.refresh_from_db()
    assert (prepared.order.state, prepared.order.state_since) == ("lapsed", deadline)
    assert Device.objects.get(serial=prepared.serial).state == "retired"
    assert Identity.objects.get(pk=prepared.order.identity_id).state == "closed"
    assert services.lapse_due(caller=job(clock)) == 0
    opening = services.open_activation(user_id=codes["user_id"], initial_password=codes["initial_password"],
                                       caller=Caller(at=clock.now(), channel="web"))
    assert opening.answer is Answer.WRONG


@pytest.mark.requirement("R089")
def test_no_agent_can_bring_it_back(prepared, scene, clock):
    clock.set(prepared.order.activation_deadline)
    services.lapse_due(caller=job(clock))
    for caller in (scene.officer(clock.now()), Caller.system(at=clock.now(), name="cli:support")):
        for move in ("prove", "approve", "prepare", "begin", "activate", "give_back"):
            with pytest.raises((NotAllowed, Forbidden, orders.TooLate)):
                orders.advance(order_id=prepared.order.id, move=move, caller=caller)


def test_an_activation_that_is_open_at_the_deadline_ends_with_the_order(prepared, clock):
    clock.set(prepared.order.activation_deadline - timedelta(minutes=1))
    prepared.proven(Caller(at=clock.now(), channel="web"))
    clock.set(prepared.order.activation_deadline)
    assert services.lapse_due(caller=job(clock)) == 1
    prepared.order.refresh_from_db()
    assert prepared.order.state == "lapsed"
    assert not Certificate.objects.filter(subject_id=str(prepared.order.identity_id)).exists()


def test_an_activated_order_never_lapses(prepared, clock):
    prepared.activate(Caller(at=clock.now(), channel="web"))
    clock.advance(days=100)
    assert services.lapse_due(caller=job(clock)) == 0


def test_reminders_come_before_the_end_each_once(prepared, clock):
    deadline = prepared.order.activation_deadline
    clock.set(deadline - timedelta(days=14, microseconds=1))
    assert services.remind(caller=job(clock)) == 0
    clock.set(deadline - timedelta(days=14))
    assert services.remind(caller=job(clock)) == 1
    assert services.remind(caller=job(clock)) == 0
    clock.set(deadline - timedelta(days=3))
    assert services.remind(caller=job(clock)) == 1
    assert services.remind(caller=job(clock)) == 0
    assert "23 janvier 2027" in Message.objects.filter(template="activation_reminder").first().content["text"]
    clock.set(deadline)
    assert services.remind(caller=job(clock)) == 0
