# SPDX-License-Identifier: Apache-2.0
"""Which devices go together (R067, R208 to R211), as a table with no hole."""

import itertools

import pytest

from paraph.domain.authentication import policy as door
from paraph.domain.devices import policy
from paraph.domain.devices.methods import METHODS
from paraph.domain.devices.policy import CHIP, SERVER, TYPES, Incompatible, obstacle
from paraph.domain.orders import catalogue
from paraph.domain.partners.models import DeviceType
from paraph.domain.registration.queries import OFFERED
from paraph.interfaces.helpdesk import wording as helpdesk_wording
from paraph.interfaces.my import wording as my_wording


@pytest.mark.requirement("R067", part="later: the app and cards")
def test_the_six_types_of_the_requirements_and_their_families():
    required = {name: rule.family for name, rule in TYPES.items() if rule.in_requirements}
    assert required == {"token": SERVER, "scan": SERVER, "app": SERVER,
                        "smartcard": CHIP, "signing_stick": CHIP, "eid": CHIP}


@pytest.mark.parametrize(("present", "holder", "agent"), [
    ([], Incompatible.NEEDS_ANOTHER, Incompatible.NEEDS_ANOTHER),
    (["app"], None, None),
    (["token"], Incompatible.NOT_THIS_WAY, None),
    (["token", "app"], None, None),
    (["app", "scan"], Incompatible.TOO_MANY, Incompatible.TOO_MANY),
])
@pytest.mark.requirement("R208", "R209", part="later: the app")
@pytest.mark.requirement("R210")
def test_a_scan_joins_a_token_or_an_app(present, holder, agent):
    assert obstacle("scan", family=SERVER, present=present, by_holder=True) == holder
    assert obstacle("scan", family=SERVER, present=present, by_holder=False) == agent


@pytest.mark.requirement("R211", part="later: cards")
@pytest.mark.parametrize("chip", ["smartcard", "signing_stick", "eid"])
def test_nothing_joins_a_chip(chip):
    for new in TYPES:
        assert obstacle(new, family=CHIP, present=[chip], by_holder=False) == Incompatible.FAMILY


def test_two_phones_at_most_and_one_token():
    assert obstacle("app", family=SERVER, present=["token", "app"], by_holder=False) is None
    assert obstacle("app", family=SERVER, present=["app", "app"], by_holder=False) == Incompatible.TOO_MANY
    assert obstacle("token", family=SERVER, present=["token"], by_holder=False) == Incompatible.TOO_MANY


def test_the_first_token_comes_from_a_desk_and_never_from_the_holder_himself():
    assert obstacle("token", family=SERVER, present=[], by_holder=False) is None
    assert obstacle("token", family=SERVER, present=[], by_holder=True) == Incompatible.NOT_THIS_WAY


def test_every_combination_has_an_answer():
    for new, other, family, holder in itertools.product(TYPES, [None, *TYPES], (SERVER, CHIP), (True, False)):
        answer = obstacle(new, family=family, present=[other] if other else [], by_holder=holder)
        assert answer is None or isinstance(answer, policy.Incompatible)
        if answer is None:
            assert TYPES[new].family == family


@pytest.mark.parametrize(("new", "possible"), [("token", True), ("scan", True), ("app", True), ("passkey", False),
                                               ("smartcard", False)])
def test_what_an_identity_on_the_servers_can_begin_with(new, possible):
    """An order makes the identity: nothing is added to a certificate that lives, so R208 does not ask for a Token."""
    assert (obstacle(new, family=SERVER, present=[], by_holder=False, first=True) is None) is possible


def test_with_what_it_began_it_does_not_begin_again():
    assert obstacle("scan", family=SERVER, present=["token"], by_holder=False, first=True) == Incompatible.TOO_MANY


def test_every_list_of_devices_speaks_of_this_table():
    """Partners, the door, methods, shop and pages name no device that the table does not know."""
    assert set(DeviceType.values) == set(TYPES)
    assert set(METHODS) <= set(door.DEVICES) <= set(TYPES)
    assert set(door.LEVEL_OF) == set(door.FACTORS) == set(METHODS), "a passkey's level is its grade's"
    assert set(door.WITH_SECRET_IMAGE) <= set(TYPES)
    assert set(OFFERED) <= {name for name, rule in TYPES.items() if rule.added_by_agent or rule.added_by_holder}
    for device, _use in catalogue.DELIVERABLE:
        assert device in METHODS and TYPES[device].first
    for labels in (my_wording.DEVICE_TYPES, helpdesk_wording.DEVICE_TYPES):
        assert set(labels) == set(TYPES)
