# SPDX-License-Identifier: Apache-2.0
"""Stock, assignment, activation, rest and end of a Token."""

from dataclasses import replace
from datetime import date

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.devices import queries, services
from paraph.domain.devices.lifecycle import DEVICE, State
from paraph.domain.devices.models import Device
from paraph.domain.devices.policy import Incompatible
from paraph.domain.devices.services import BadStock, IncompatibleDevice, NotInStock, StockFault, TokenSeed
from paraph.domain.organisations.models import Organisation
from paraph.kernel.caller import Role
from paraph.kernel.errors import NotAllowed

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
SEED = bytes(range(20))
SERIAL = "12-3456789-0"


@pytest.fixture
def desk(db):
    return Organisation.objects.create(slug="desk", name="Desk", roles=["registration_authority"])


@pytest.fixture
def officer(caller, desk):
    return replace(caller, person="0199", roles=frozenset({Role(str(desk.id), "registration_officer")}))


@pytest.fixture
def stocked(signer, system, desk):
    return services.import_stock(tokens=[TokenSeed(serial=SERIAL, seed=SEED)], organisation_id=desk.id,
                                 signer=signer, caller=system)[0]


@pytest.fixture
def identity(system):
    person = accounts.create_person(claims=Claims(family_names="Weber", given_names="Marie",
                                                  birth_date=date(1985, 3, 1)), document_expires_on=None, caller=system)
    return accounts.create_identity(person_id=person.id, kind="private", device_family="server", caller=system)


def test_importing_twice_changes_nothing_and_the_seed_is_in_the_signer_alone(stocked, signer, system, desk):
    services.import_stock(tokens=[TokenSeed(serial=f" {SERIAL.lower()} ", seed=SEED)], organisation_id=desk.id,
                          signer=signer, caller=system)
    assert Device.objects.count() == 1 and signer.token_exists(SERIAL)
    assert Event.objects.filter(code="devices.device.stocked").count() == 1
    assert SEED.hex() not in repr(list(Device.objects.values())) + repr(list(Event.objects.values()))


def test_a_crash_between_signer_and_row_is_mended_by_importing_again(signer, system):
    signer.import_token(attempt=str(services.import_attempt(SERIAL)),
                        serial=SERIAL, seed=SEED, method="totp", digits=6, step_seconds=30)
    [device] = services.import_stock(tokens=[TokenSeed(serial=SERIAL, seed=SEED)], signer=signer, caller=system)
    assert device.state == State.IN_STOCK


def test_a_serial_with_another_seed_is_refused(stocked, signer, system):
    with pytest.raises(BadStock) as refused:
        services.import_stock(tokens=[TokenSeed(serial=SERIAL, seed=bytes(20))], signer=signer, caller=system)
    assert refused.value.faults == [StockFault(1, SERIAL, "attempt_reused")]


def test_a_desk_hands_out_its_own_stock_once(stocked, identity, officer):
    device = services.assign(identity_id=identity.id, serial=SERIAL, caller=officer)
    assert (device.state, device.identity_id) == (State.ASSIGNED, identity.id)
    assert queries.active_for(identity.id, officer.at) == []
    with pytest.raises(NotInStock):
        services.assign(identity_id=identity.id, serial=SERIAL, caller=officer)


def test_another_desks_stock_is_as_unknown_as_a_wrong_number(stocked, identity, officer):
    other = replace(officer, roles=frozenset({Role("elsewhere", "registration_officer")}))
    for serial in (SERIAL, "00-0000000-0"):
        with pytest.raises(NotInStock):
            services.assign(identity_id=identity.id, serial=serial, caller=other)
    assert list(queries.in_stock("token", frozenset({"0"*32}))) == []
    assert list(queries.in_stock("token", officer.organisations("registration_officer"))) == [stocked]


def test_one_token_per_identity(stocked, identity, officer, signer, system):
    services.import_stock(tokens=[TokenSeed(serial="22-2222222-2", seed=bytes(20))], signer=signer, caller=system)
    services.assign(identity_id=identity.id, serial=SERIAL, caller=officer)
    with pytest.raises(IncompatibleDevice) as refusal:
        services.assign(identity_id=identity.id, serial="22-2222222-2", caller=officer)
    assert refusal.value.why == Incompatible.TOO_MANY


def test_activation_rest_and_end(stocked, identity, officer):
    device = services.assign(identity_id=identity.id, serial=SERIAL, caller=officer)
    assert queries.assigned_for(identity.id) == device
    services.activate(device_id=device.id, caller=officer)
    assert queries.active_for(identity.id, officer.at) == [device]
    services.disable(device_id=device.id, reason="lost", caller=officer)
    assert queries.active_for(identity.id, officer.at) == []
    services.enable(device_id=device.id, caller=officer)
    assert services.retire_all(identity_id=identity.id, reason="revoked", caller=officer) == 1
    assert queries.for_identity(identity.id) == []
    with pytest.raises(NotAllowed):
        services.enable(device_id=device.id, caller=officer)
    # Several within one millisecond stand in any order.
    codes = Event.objects.filter(about_kind="device").values_list("code", flat=True)
    assert sorted(code.rpartition(".")[2] for code in codes) == sorted([
        "stocked", "assigned", "activated", "disabled", "enabled", "retired"])


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", ["assign", "activate", "disable", "enable", "retire"])
def test_every_state_and_move(stocked, identity, officer, state, move):
    held = None if state == State.IN_STOCK else identity
    Device.objects.filter(pk=stocked.pk).update(state=state, identity=held)
    stocked.refresh_from_db()
    facts = {"identity_id": identity.id} if move == "assign" else {}
    if DEVICE.allows(state, move):
        DEVICE.advance(stocked, move, at=officer.at, **facts)
        assert stocked.state == DEVICE.moves[move][1]
    else:
        with pytest.raises(NotAllowed):
            DEVICE.advance(stocked, move, at=officer.at, **facts)
