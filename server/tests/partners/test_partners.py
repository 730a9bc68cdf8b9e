# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.audit import queries as audit
from paraph.domain.partners import queries, services
from paraph.domain.partners.models import DeviceType, Partner
from paraph.kernel.errors import Forbidden, NotFound

pytestmark = pytest.mark.django_db

# What the requirements name (R299, R323); the accepted devices of the two others are this project's assumption.
NAMED = (
    {"slug": "myguichet", "name": {"fr": "MyGuichet"}, "category": "state",
     "accepts": ["eid", "smartcard", "signing_stick", "token", "scan", "app"]},
    {"slug": "etva", "name": {"fr": "eTVA"}, "category": "state",
     "accepts": ["eid", "smartcard", "signing_stick", "token"]},
    {"slug": "multiline", "name": {"fr": "Multiline"}, "category": "bank", "accepts": ["smartcard", "signing_stick"]},
)


@pytest.fixture
def demo(system):
    return services.demo_partners(caller=system)


@pytest.mark.requirement("R067", part="later: the app and cards")
def test_the_device_types_are_six_and_a_flagged_passkey():
    assert set(DeviceType.values) - {"passkey"} == {
        "token", "scan", "smartcard", "signing_stick", "app", "eid"}


@pytest.mark.requirement("R074")
@pytest.mark.requirement("R321", part="later: the door for the app and cards")
def test_directory_and_door_read_the_same_list(demo):
    for device in DeviceType.values:
        assert queries.accepting(device) == [one for one in queries.directory() if device in one.accepts]
    assert "notaries" not in [one.slug for one in queries.accepting("token")]
    assert [one.slug for one in queries.accepting("passkey")] == ["guichet"]


@pytest.mark.requirement("R324")
def test_partners_are_of_the_state_banks_or_private(demo):
    assert {one.category for one in queries.directory()} == {"state", "bank", "private"}
    assert [one.category for one in queries.directory()] == ["state", "state", "bank", "private"]


@pytest.mark.requirement("R325")
def test_push_and_app2app_are_off_until_switched_on(demo, system):
    assert all(one.capabilities == [] for one in queries.directory())
    services.register(slug="x", name={"fr": "X"}, category="bank", accepts=["app"], capabilities=["push", "app2app"],
                      caller=system)
    assert queries.by_slug("x").capabilities == ["push", "app2app"]
    assert queries.by_slug("plume").capabilities == []


@pytest.mark.requirement("R299", part="later: login at the portal with each device")
@pytest.mark.requirement("R323", part="later: the profile loads them")
def test_the_named_partners_can_be_registered(system):
    for values in NAMED:
        services.register(**values, caller=system)
    assert {one.slug for one in queries.directory()} == {"myguichet", "etva", "multiline"}
    assert {"eid", "smartcard", "signing_stick", "token"} <= set(queries.by_slug("myguichet").accepts)


def test_a_change_is_recorded_once_and_repeating_it_records_nothing(system):
    values = {"slug": "x", "name": {"fr": "X"}, "category": "bank", "caller": system}
    first = services.register(**values, accepts=["app"])
    assert services.register(**values, accepts=["app", "token"]).id == first.id
    services.register(**values, accepts=["app", "token"])
    assert [event.code for event in audit.about("partner", first.id)] == [
        "partners.partner.registered", "partners.partner.changed"]
    assert queries.by_slug("x").accepts == ["app", "token"]


def test_an_inactive_partner_is_nowhere(demo, system):
    services.register(slug="plume", name={"fr": "Banque"}, category="bank", accepts=["token"], active=False,
                      caller=system)
    assert "plume" not in [one.slug for one in [*queries.directory(), *queries.accepting("token")]]
    with pytest.raises(NotFound):
        queries.by_slug("plume")


@pytest.mark.parametrize("wrong", [{"accepts": ["fax"]}, {"category": "pirates"}, {"minimum_level": "none"},
                                   {"capabilities": ["fly"]}, {"procedures": ["fly"]}])
def test_what_does_not_exist_is_refused(system, wrong):
    with pytest.raises(ValueError, match="is not a valid"):
        services.register(**({"slug": "x", "name": {"fr": "X"}, "category": "bank", "accepts": []} | wrong),
                          caller=system)
    assert not Partner.objects.exists()


def test_only_the_operator_registers(caller):
    with pytest.raises(Forbidden):
        services.register(slug="x", name={"fr": "X"}, category="bank", accepts=[], caller=caller)


@pytest.mark.parametrize("wrong", ["", "nothing", None])
def test_unknown_ones_are_not_found(wrong):
    with pytest.raises(NotFound):
        queries.partner(wrong)
