# SPDX-License-Identifier: Apache-2.0
"""An officer with a Scan: his own device shows whom he names, and its code approves that and nothing else."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity, Person
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.devices.models import Device
from paraph.domain.notifications.models import Message
from paraph.domain.orders.models import Order
from paraph.domain.registration import services
from paraph.domain.registration.models import ShownApproval
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound
from paraph.pki.scan import image_text
from paraph.signer.client import Outcome
from testkit import applications, holders
from testkit.applications import Application
from testkit.races import at_once
from testkit.simulators.scan import SimulatedScan, look

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)
SERIAL = "11-1111111-1"


@dataclass
class Desk:
    """Marie's proven order, and the officer with a Scan beside his Token."""

    scene: applications.Scene
    scan: SimulatedScan
    clock: object
    order: Order

    @property
    def officer(self) -> Caller:
        return self.scene.officer(self.clock.now())

    def show(self, order=None, **changes):
        given = {"match": None, "token_serial": SERIAL, "contacts_read_back": True, "caller": self.officer} | changes
        return services.show_approval(order_id=(order or self.order).id, **given)

    def screen(self, shown):
        return look(self.scan, image_text(bytes(shown.image)))

    def approve(self, code, order=None, caller=None):
        return services.approve_shown(order_id=(order or self.order).id, code=code, caller=caller or self.officer)

    def proven(self, **applicant):
        made = Application.place(self.scene, self.clock.now(), applications.applicant(**applicant) if applicant else None,
                                 applications.document(number=f"X{len(applicant)}AB12CD3"))
        made.pay(self.clock.now()).papers(self.clock.now()).identify(self.clock.now())
        return made.order


@pytest.fixture
def desk(scene, system, clock):
    for serial in (SERIAL, "22-2222222-2"):
        scene.stock(serial)
    scan = holders.registrars_scan(scene.registrar, system)
    desk = Desk(scene, scan, clock, None)
    desk.order = desk.proven()
    return desk


def nothing_happened(order):
    order.refresh_from_db()
    return order.state == "proven" and not Identity.objects.filter(kind="private").exists() \
        and Device.objects.get(serial=SERIAL).state == "in_stock" and not Message.objects.filter(template="codes").exists()


@pytest.mark.requirement("R021")
def test_he_reads_the_name_and_the_number_that_the_holder_then_has(desk, signer):
    shown = desk.show()
    assert nothing_happened(desk.order), "until the code"
    screen = desk.screen(shown)
    [(label, _)] = screen.documents
    assert label == f"Marie Specimen, {shown.ssn}" and (screen.partner, screen.text) == ("", "")
    identity = desk.approve(screen.code)
    desk.order.refresh_from_db()
    assert (identity.id, identity.ssn) == (shown.identity_id, shown.ssn) and desk.order.state == "prepared"
    assert Device.objects.get(serial=SERIAL).identity_id == identity.id and not ShownApproval.objects.exists()
    events = {entry.event: entry.facts for entry in signer.record()}
    assert events["name.approved"]["device"] == desk.scan.serial
    assert events["code.accepted"]["evidence"] == "device-bound"
    log = Event.objects.get(code="registration.order.approval_shown")
    assert log.facts["device"] == desk.scan.serial and shown.ssn not in repr(log.facts)


def test_a_wrong_code_is_a_result_and_nothing_has_happened(desk):
    code = desk.screen(desk.show()).code
    assert desk.approve(f"{(int(code) + 1) % 10**8:08d}") is Outcome.WRONG
    assert nothing_happened(desk.order)
    assert Event.objects.filter(code="registration.order.approval_code_refused").count() == 1
    assert isinstance(desk.approve(code), Identity)


def test_the_code_of_another_orders_image_is_refused(desk):
    other = desk.proven(given_names="Jean", family_names="Weber", birth_date=date(1990, 2, 2))
    codes = [desk.screen(desk.show()).code, desk.screen(desk.show(other, token_serial="22-2222222-2")).code]
    assert desk.approve(codes[1]) is Outcome.WRONG and desk.approve(codes[0], other) is Outcome.WRONG
    assert nothing_happened(desk.order)


def test_an_image_is_good_for_three_minutes_and_a_later_one_takes_its_place(desk):
    shown = desk.show()
    code = desk.screen(shown).code
    desk.clock.set(shown.image_until + TICK)
    with pytest.raises(services.ImageOver):
        desk.approve(code)
    again = services.show_again(order_id=desk.order.id, caller=desk.officer)
    assert (again.ssn, again.identity_id) == (shown.ssn, shown.identity_id), "he reads the same number again"
    fresh = desk.screen(again).code
    assert desk.approve(code) is Outcome.WRONG
    desk.clock.set(again.image_until)
    assert isinstance(desk.approve(fresh), Identity)


@pytest.mark.parametrize("field", ["given_names", "family_names"])
def test_one_changed_octet_of_the_name_is_refused(desk, field):
    """Somebody who holds the web tier changes the order between the image and the code."""
    code = desk.screen(desk.show()).code
    order = Order.objects.get(pk=desk.order.pk)
    order.applicant = order.applicant | {field: order.applicant[field][:-1] + "m"}
    order.save(update_fields=("applicant",))
    with pytest.raises(services.NameHasChanged):
        desk.approve(code)
    assert nothing_happened(desk.order)


def test_a_changed_number_or_another_identity_is_refused(desk):
    shown = desk.show()
    code = desk.screen(shown).code
    ShownApproval.objects.filter(pk=shown.pk).update(ssn="1" * 20)
    with pytest.raises(services.NameHasChanged):
        desk.approve(code)
    assert nothing_happened(desk.order)


def test_who_was_the_same_person_before_stands_on_the_screen(desk, system):
    person = accounts.create_person(claims=Claims(
        family_names="Specimen", given_names="Marie", birth_date=date(1985, 1, 1)), document_expires_on=None, caller=system)
    known = accounts.create_identity(person_id=person.id, kind="private", device_family="server", caller=system)
    shown = desk.show(match=str(person.id))
    assert desk.screen(shown).documents[0][0] == f"Marie Specimen, {shown.ssn}"
    assert known.ssn != shown.ssn
    identity = desk.approve(desk.screen(shown).code)
    assert identity.person_id == person.id


def test_what_would_be_refused_is_refused_before_an_image(desk):
    for changes, refusal in [
        ({"contacts_read_back": False}, services.ContactsNotReadBack), ({"token_serial": "99-0000000-0"}, None),
        ({"match": str(desk.order.id)}, services.NotAMatch),
        ({"caller": replace(desk.officer, roles=frozenset())}, Forbidden),
    ]:
        with pytest.raises(refusal or Exception, match=None if refusal else "stock"):
            desk.show(**changes)
    assert not ShownApproval.objects.exists() and nothing_happened(desk.order)


def test_another_officer_does_not_answer_his_image(desk, system):
    code = desk.screen(desk.show()).code
    with pytest.raises(NotFound):
        desk.approve(code, caller=replace(desk.officer, identity=str(desk.order.id)))
    with pytest.raises(NotFound):
        services.show_again(order_id=desk.order.id, caller=replace(desk.officer, identity=""))
    assert nothing_happened(desk.order)


def test_without_a_scan_there_is_no_image(scene, clock):
    order = Application.place(scene, clock.now()).pay(clock.now()).papers(clock.now())
    scene.stock(SERIAL)
    order.identify(clock.now())
    with pytest.raises(services.NotARegistrar):
        services.show_approval(order_id=order.order.id, match=None, token_serial=SERIAL, contacts_read_back=True,
                               caller=scene.officer(clock.now()))


def test_a_dismissed_officer_is_shown_nothing(desk, signer):
    getattr(signer, "core", signer._signer if hasattr(signer, "_signer") else signer).dismiss_registrar(
        attempt="dismiss", holder=str(desk.scene.registrar.identity.id))
    with pytest.raises(services.NotARegistrar):
        desk.show()


def test_the_operator_may_ask_for_scans_alone(desk, monkeypatch):
    monkeypatch.setattr(rules, "_rules", replace(rules.current(), names_by_scan_only=True))
    assert services.ways(desk.officer) == {"scan"}
    with pytest.raises(services.ScanNeeded):
        services.approve(order_id=desk.order.id, match=None, token_serial=SERIAL, contacts_read_back=True,
                         code=desk.scene.registrar.press(), caller=desk.officer)
    assert nothing_happened(desk.order)
    assert isinstance(desk.approve(desk.screen(desk.show()).code), Identity)


def test_else_both_ways_are_open(desk):
    assert services.ways(desk.officer) == {"token", "scan"}
    done = services.approve(order_id=desk.order.id, match=None, token_serial=SERIAL, contacts_read_back=True,
                            code=desk.scene.registrar.press(), caller=desk.officer)
    assert isinstance(done, Identity)


def test_choices_that_nobody_approved_are_forgotten(desk):
    shown = desk.show()
    job = Caller.system(at=shown.made_at + timedelta(days=1), name="job:forget-approvals")
    assert services.forget_approvals(caller=job) == 0
    assert services.forget_approvals(caller=replace(job, at=job.at + TICK)) == 1
    with pytest.raises(NotFound):
        desk.approve("12345678")


def test_a_refused_order_keeps_no_choice(desk):
    code = desk.screen(desk.show()).code
    services.refuse(order_id=desk.order.id, reason="withdrawn", caller=desk.officer)
    with pytest.raises(NotFound):
        desk.approve(code)


@pytest.mark.both_databases
def test_sixteen_at_once_approve_once(desk):
    shown = desk.show()
    code, officer = desk.screen(shown).code, desk.officer
    found = at_once(lambda number: str(services.approve_shown(order_id=desk.order.id, code=code, caller=officer)))
    approved = Identity.objects.filter(kind="private")
    assert approved.count() == 1 and Person.objects.filter(pk=approved.get().person_id).count() == 1
    assert Message.objects.filter(template="codes").count() == 1
    assert sum(word.startswith("Identity") for word in found) == 1
    with pytest.raises((NotAllowed, NotFound)):
        desk.approve(code)
