# SPDX-License-Identifier: Apache-2.0
"""An approval by Scan that somebody meddles with between the image and the code: roles, offices, orders, stock, other ways."""

import pytest
from django.test import Client

from paraph.domain.accounts.models import Identity
from paraph.domain.authentication.models import LoginTransaction
from paraph.domain.devices import queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.organisations import services as organisations
from paraph.domain.registration import services
from paraph.domain.registration.models import ShownApproval
from paraph.kernel.errors import Refusal
from paraph.pki.scan import image_text
from testkit import holders
from testkit.applications import Application, applicant, document, log_in_officer
from testkit.races import at_once
from testkit.simulators.scan import NotForMe, SimulatedScan, look

from .test_approving_by_scan import CHOICE, address, code, officer, proven, scan, text  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def digits(officer, proven, scan):  # noqa: F811
    """The code of the image that stands for this order and officer."""
    assert officer.post(address(proven, "approve"), CHOICE).status_code == 302
    return code(scan)


def nobody_approved(order):
    order.order.refresh_from_db()
    return order.order.state == "proven" and not Identity.objects.filter(kind="private").exists()


def test_the_role_is_taken_away(officer, proven, digits, scene, system):  # noqa: F811
    organisations.end_membership(person_id=scene.officer_person, organisation_id=scene.desk.id, role="registration_officer",
                                 caller=system)
    assert officer.post(address(proven, "approving"), {"code": digits}).status_code == 403
    assert officer.get(address(proven, "approving")).status_code == 403
    assert officer.post(address(proven, "approving/image")).status_code == 403
    assert nobody_approved(proven)


def test_his_roles_rest(officer, proven, digits, scene, system):  # noqa: F811
    organisations.suspend_roles(person_id=scene.officer_person, caller=system)
    assert officer.post(address(proven, "approving"), {"code": digits}).status_code == 403
    assert nobody_approved(proven)


def test_the_office_is_closed(officer, proven, digits, scene, system):  # noqa: F811
    organisations.set_active(organisation_id=scene.desk.id, active=False, caller=system)
    assert officer.post(address(proven, "approving"), {"code": digits}).status_code in (403, 404)
    assert nobody_approved(proven)


def test_he_is_an_officer_of_another_desk_now(officer, proven, digits, scene, system):  # noqa: F811
    organisations.end_membership(person_id=scene.officer_person, organisation_id=scene.desk.id, role="registration_officer",
                                 caller=system)
    other = organisations.create_organisation(slug="other", name="Autre bureau", roles=["registration_authority"],
                                              address={}, caller=system)
    organisations.add_membership(person_id=scene.officer_person, organisation_id=other.id, role="registration_officer",
                                 caller=system)
    assert officer.post(address(proven, "approving"), {"code": digits}).status_code == 404
    assert nobody_approved(proven)


def test_his_scan_is_disabled_meanwhile(officer, proven, digits, scan, scene, system):  # noqa: F811
    devices.disable(device_id=queries.by_serial(scan.serial).id, reason="lost", caller=system)
    assert officer.post(address(proven, "approving"), {"code": digits}).status_code == 422
    assert nobody_approved(proven)


def test_the_device_is_handed_to_somebody_else_meanwhile(officer, proven, digits, scene, system):  # noqa: F811
    other = holders.new(system, given_names="Jean", family_names="Weber")
    Device.objects.filter(serial=CHOICE["token_serial"]).update(identity=other.identity, state="assigned")
    before = Identity.objects.filter(kind="private").count()
    refused = officer.post(address(proven, "approving"), {"code": digits})
    assert refused.status_code == 422 and Identity.objects.filter(kind="private").count() == before
    proven.order.refresh_from_db()
    assert proven.order.state == "proven"


def test_another_officer_sees_no_image_and_answers_none(officer, proven, digits, scene, system, clock):  # noqa: F811
    """He may begin anew: then the first officer's image is over, and each reads his own."""
    colleague = Client(HTTP_HOST="localhost")
    log_in_officer(colleague, scene, clock.now())
    ShownApproval.objects.update(officer="01900000-0000-7000-8000-0000000000aa")
    page = colleague.get(address(proven, "approving"))
    assert page.status_code == 302 and page["Location"].endswith("#decision")
    for action in ("approving", "approving/image"):
        assert colleague.post(address(proven, action), {"code": digits})["Location"].endswith("#decision")
    assert nobody_approved(proven)


def test_the_image_on_another_scan_shows_nothing(proven, digits):  # noqa: F811
    with pytest.raises(NotForMe):
        look(SimulatedScan("SC-09-000009", "ab" * 32, keys="cd" * 64), image_text(bytes(ShownApproval.objects.get().image)))


def test_a_code_for_an_order_is_none_for_a_login_and_the_reverse(officer, proven, digits, scan, scene):  # noqa: F811
    """A false page lets him aim at the image of a login, or at that of an approval."""
    door = Client(HTTP_HOST="localhost")
    door.post("/login/password?device=scan", {"user_id": scene.registrar.identity.user_id, "password": holders.PASSWORD})
    login = LoginTransaction.objects.latest("state_since", "id")
    if login.obstacle == "":
        shown = look(scan, image_text(bytes(login.image)))
        assert officer.post(address(proven, "approving"), {"code": shown.code}).status_code == 422
    answered = door.post("/login/code", {"code": digits})
    assert "authentication_session" not in door.session and answered.status_code in (200, 302, 422)
    assert nobody_approved(proven)


@pytest.mark.parametrize("given", [
    "", "0000000", "000000000", "1234567a", "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18", "\x00" * 8, "1" * 5000,
    "<b>12345678</b>"])
def test_what_is_no_code_is_said_calmly(officer, proven, digits, given):  # noqa: F811
    answered = officer.post(address(proven, "approving"), {"code": given})
    assert answered.status_code == 422 and "<b>1234" not in text(answered)
    assert nobody_approved(proven)


@pytest.mark.both_databases
def test_by_token_and_by_scan_at_once_it_is_approved_once(officer, proven, digits, scene, clock):  # noqa: F811
    press, caller = scene.registrar.press(), scene.officer(clock.now())

    def approve(number):
        if number % 2:
            return services.approve_shown(order_id=proven.order.id, code=digits, caller=caller)
        return services.approve(order_id=proven.order.id, match=None, token_serial=CHOICE["token_serial"],
                                contacts_read_back=True, code=press, caller=caller)

    def tried(number):
        try:
            return isinstance(approve(number), Identity)
        except Refusal:
            return False

    assert at_once(tried, 8).count(True) == 1
    approved = Identity.objects.get(kind="private")
    proven.order.refresh_from_db()
    assert proven.order.state == "prepared" and proven.order.identity_id == approved.id


def test_two_orders_of_one_person_are_not_approved_by_one_image(officer, proven, digits, scene, clock):  # noqa: F811
    scene.stock("22-2222222-2")
    other = Application.place(scene, clock.now(), applicant(given_names="Marie-Anne"), document(number="YAB12CD3"))
    other.pay(clock.now()).papers(clock.now()).identify(clock.now())
    officer.post(address(other, "approve"), CHOICE | {"token_serial": "22-2222222-2"})
    assert officer.post(address(other, "approving"), {"code": digits}).status_code == 422
    assert nobody_approved(other) and nobody_approved(proven)
