# SPDX-License-Identifier: Apache-2.0
"""Sixteen at once, on both databases: a replacement is asked, allowed and finished once."""

from dataclasses import replace

import pytest

from paraph.domain.authentication import services as authentication
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.devices.services import TokenSeed
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import services as organisations
from paraph.domain.registration import services as registration
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.pki import otp
from paraph.signer import client
from testkit import holders
from testkit.races import at_once

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
TIMES = 16


@pytest.fixture
def marie(signer, system, clock):
    holders.tree(system)
    holder = holders.new(system)
    holders.activate(holder, system)
    return holder


@pytest.fixture
def agent(marie, system, clock):
    desk = organisations.create_organisation(
        slug="desk", name="Desk", roles=["operator"], caller=system,
        address={"street": "1, rue Haute", "postcode": "L-1000", "city": "Luxembourg", "country": "LU"})
    found = holders.trusted_agent(system, role="helpdesk_agent", organisation_id=desk.id)
    clock.advance(minutes=1)
    found.caller = Caller(at=clock.now(), channel="cli:test", person=str(found.identity.person_id),
                          identity=str(found.identity.id), scope="staff")
    return found


@pytest.fixture
def stock(signer, system):
    """New Tokens, by serial number with their seeds."""
    made = {f"N-{number}": tokens.token_bytes(20) for number in range(TIMES)}
    devices.import_stock(tokens=[TokenSeed(serial=serial, seed=seed) for serial, seed in made.items()],
                         signer=client.bound(), caller=system)
    return made


@pytest.fixture
def asked(marie, agent):
    return devices.ask_replacement(device_id=marie.device.id, reason="defective", asked_by="phone", caller=agent.caller)


def test_asked_sixteen_times_it_is_one(marie, agent):
    found = at_once(lambda number: devices.ask_replacement(
        device_id=marie.device.id, reason="stolen", asked_by="phone", caller=agent.caller).id)
    assert len(set(found)) == 1 == Replacement.objects.count()


def test_of_sixteen_devices_one_takes_the_place(asked, agent, marie, stock):
    outcomes = at_once(lambda number: devices.hand_over(
        replacement_id=asked.id, serial=f"N-{number}", delivery="hand", caller=agent.caller).new.serial)
    asked.refresh_from_db()
    assert asked.new.serial in outcomes
    assert [row.serial for row in Device.objects.filter(identity=marie.identity, state="assigned")] == [asked.new.serial]
    assert Device.objects.filter(identity=marie.identity, state="retired", reason="lapsed").count() == TIMES - 1


@pytest.mark.requirement("R085")
def test_sixteen_answers_finish_it_once(asked, agent, marie, stock, clock):
    code = agent.code(clock.now())
    assert devices.authorise_replacement(replacement_id=asked.id, serial="N-0", code=code, caller=agent.caller) == "accepted"
    devices.hand_over(replacement_id=asked.id, serial="N-0", delivery="hand", caller=agent.caller)
    web = Caller(at=clock.now(), channel="web")
    session = authentication.open_session(identity_id=marie.identity.id, person_id=marie.identity.person_id,
                                          scope="replacement", acr="low", amr=("pwd",), caller=web)
    own = replace(web, identity=str(marie.identity.id), session=str(session.id), scope="replacement")
    joining = devices.begin_in_place(device_id=Device.objects.get(serial="N-0").id, caller=own)
    answer = otp.hotp(stock["N-0"], otp.totp_step(clock.now(), 30), 6)
    outcomes = at_once(lambda number: str(registration.finish_product(joining_id=joining.id, answer=answer, caller=own)))
    assert outcomes.count("accepted") == 1
    assert set(outcomes) <= {"accepted", "wrong", "joining_over", "not_allowed", "stale", "forbidden"}
    assert {row.serial: row.state for row in Device.objects.filter(identity=marie.identity)} \
        == {marie.device.serial: "retired", "N-0": "active"}
    assert Message.objects.filter(template="device_replaced").count() == 1
    assert client.bound().device(marie.device.serial).retired
