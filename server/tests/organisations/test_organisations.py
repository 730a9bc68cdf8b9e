# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.audit import queries as audit
from paraph.domain.organisations import queries, services
from paraph.kernel import tokens
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def desks(system):
    rows = services.demo_organisations(
        operator_name="Paraph", phone="+352 20 00 00 00", email="aide@paraph.example", hours={}, caller=system,
        operator_address={"street": "1, rue de la Plume", "postcode": "L-1000", "city": "Luxembourg"})
    return {row.slug: row for row in rows}


@pytest.mark.requirement("R329", part="later: resellers")
def test_active_desks_are_listed_and_no_other_organisation(desks, system):
    services.create_organisation(slug="employer", name="Ateliers Réunis", roles=("employer",), address={},
                                 caller=system)
    assert [row.slug for row in queries.registration_authorities()] == ["bank-plume", "desk-north", "operator"]
    services.set_active(organisation_id=desks["desk-closed"].id, active=True, caller=system)
    assert "desk-closed" in [row.slug for row in queries.registration_authorities()]


def test_making_it_again_changes_nothing(desks, system):
    again = services.create_organisation(slug="operator", name="Other", roles=(), address={}, caller=system)
    assert (again.id, again.name) == (desks["operator"].id, "Paraph")
    assert audit.about("organisation", again.id).count() == 1


def test_an_unknown_role_is_a_programming_error(system):
    with pytest.raises(ValueError, match="pirates"):
        services.create_organisation(slug="x", name="X", roles=("pirates",), address={}, caller=system)


def test_a_role_holds_from_its_beginning_to_its_end(desks, system):
    person, desk = tokens.uuid7(), desks["desk-north"]
    services.add_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    services.add_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    assert queries.roles_of(person) == {Role(organisation=str(desk.id), name="registration_officer")}
    assert [row.person_id for row in queries.members(desk.id)] == [person]
    services.end_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    assert queries.roles_of(person) == frozenset()
    with pytest.raises(NotFound):
        services.end_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    services.add_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    assert len(queries.roles_of(person)) == 1


def test_members_of_an_inactive_organisation_hold_nothing(desks, system):
    person, desk = tokens.uuid7(), desks["desk-north"]
    services.add_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    services.set_active(organisation_id=desk.id, active=False, caller=system)
    assert queries.roles_of(person) == frozenset()


def test_roles_change_at_the_machine_or_under_a_decided_request_only(desks, clock, system):
    def holding(role, desk):
        return Caller(at=clock.now(), channel="web", roles=frozenset({Role(str(desks[desk].id), role)}))

    north, under = desks["desk-north"].id, tokens.uuid7()
    values = {"person_id": tokens.uuid7(), "organisation_id": north, "role": "registration_officer"}
    administrator = holding("operator_admin", "operator")
    for alone in (administrator, holding("registration_manager", "desk-north"), holding("registration_officer", "desk-north"),
                  Caller(at=clock.now(), channel="web")):
        with pytest.raises(Forbidden):
            services.add_membership(**values, caller=alone)
        with pytest.raises(Forbidden):
            services.end_membership(**values, caller=alone)
    assert services.add_membership(**values, under=under, caller=administrator).begun_under == under
    services.end_membership(**values, under=under, caller=administrator)
    assert services.add_membership(**values, caller=system).begun_by == "cli:test"


def test_a_resting_role_gives_no_right_until_it_is_resumed(desks, system, clock):
    person, desk = tokens.uuid7(), desks["desk-north"]
    services.add_membership(person_id=person, organisation_id=desk.id, role="registration_officer", caller=system)
    services.suspend_roles(person_id=person, caller=system)
    assert queries.roles_of(person) == frozenset() and queries.holders_of("registration_officer") == []
    assert len(queries.open_roles(person)) == 1
    services.resume_roles(person_id=person, caller=system)
    assert len(queries.roles_of(person)) == 1 and queries.holders_of("registration_officer") == [person]


def test_organisations_are_made_by_operators_only(desks, clock):
    def holding(role, desk):
        return Caller(at=clock.now(), channel="web", roles=frozenset({Role(str(desks[desk].id), role)}))

    north = desks["desk-north"].id
    for stranger in (holding("registration_manager", "desk-north"), holding("registration_officer", "desk-north"),
                     Caller(at=clock.now(), channel="web")):
        with pytest.raises(Forbidden):
            services.set_active(organisation_id=north, active=False, caller=stranger)
        with pytest.raises(Forbidden):
            services.create_organisation(slug="y", name="Y", roles=(), address={}, caller=stranger)
    assert services.set_active(organisation_id=north, active=False,
                               caller=holding("operator_admin", "operator")).active is False


@pytest.mark.parametrize("wrong", ["", "nothing", None])
def test_unknown_ones_are_not_found(wrong, system):
    with pytest.raises(NotFound):
        queries.organisation(wrong)
    with pytest.raises(NotFound):
        services.set_active(organisation_id=wrong, active=True, caller=system)
