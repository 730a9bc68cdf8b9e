# SPDX-License-Identifier: Apache-2.0
"""Identification and approval as rules: refusals beside the success."""

from dataclasses import replace
from datetime import date

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import ContactPoint, Identity, Person
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit.models import Event
from paraph.domain.authentication.models import Credential
from paraph.domain.devices.models import Device
from paraph.domain.devices.services import NotInStock
from paraph.domain.notifications.models import Message
from paraph.domain.orders import services as orders
from paraph.domain.proofing import queries as proofing
from paraph.domain.registration import services
from paraph.domain.registration.services.desk import expected_document
from paraph.kernel import secrets
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotAllowed
from testkit import applications
from testkit.applications import Application

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


@pytest.fixture
def ready(scene, clock):
    """Paid, identified, all papers there."""
    application = Application.place(scene, clock.now()).pay(clock.now()).papers(clock.now())
    application.identify(clock.now())
    return application


def approve(application, clock, caller=None, **changes):
    values = {"match": None, "token_serial": "11-1111111-1", "contacts_read_back": True,
              "code": application.scene.registrar.press()}
    return services.approve(order_id=application.order.id, caller=caller or application.scene.officer(clock.now()),
                            **(values | changes))


@pytest.mark.requirement("R018", "R021", "R091")
def test_approval_makes_person_identity_device_and_codes_in_one_step(ready, scene, clock):
    scene.stock("11-1111111-1")
    identity = approve(ready, clock)
    ready.order.refresh_from_db()
    assert ready.order.state == "prepared" and ready.order.identity_id == identity.id
    assert Device.objects.get(serial="11-1111111-1").identity_id == identity.id
    codes = Message.objects.filter(template="codes")
    assert codes.count() == 1
    shown = codes.get().content["codes"]
    assert shown["user_id"] == identity.user_id and len(shown["challenge"]) == 6
    credential = Credential.objects.get(identity=identity)
    assert secrets.verify_secret(shown["initial_password"], credential.initial_password_hash, "initial_password")
    assert secrets.verify_secret(shown["challenge"], credential.challenge_hash, "challenge")
    assert credential.activation_code_hash == ready.order.activation_code_hash
    assert {point.kind for point in ContactPoint.objects.filter(identity=identity)} == {"postal", "email", "mobile"}


@pytest.mark.requirement("R018")
def test_the_codes_stand_in_no_other_row(ready, scene, clock):
    scene.stock("11-1111111-1")
    approve(ready, clock)
    codes = Message.objects.get(template="codes").content["codes"]
    others = repr(list(Event.objects.values())) + repr([m.content for m in Message.objects.exclude(template="codes")])
    for secret in codes.values():
        assert secret not in others


@pytest.mark.requirement("R018", part="here: by letter")
@pytest.mark.requirement("R020", part="later: video and chips")
def test_without_a_mobile_the_codes_go_by_letter_to_the_address(scene, clock):
    application = Application.prepared(scene, clock.now(), applicant=applications.applicant(mobile="", email=""))
    message = Message.objects.get(template="codes", person_id=str(application.order.person_id))
    assert message.channel == "letter"
    assert message.recipient["postal"] == ["Marie Specimen", "2, rue du Fossé", "L-1536 Luxembourg"]


@pytest.mark.requirement("R021")
def test_nothing_is_approved_without_an_accepted_identification(scene, clock):
    application = Application.place(scene, clock.now()).pay(clock.now()).papers(clock.now())
    scene.stock("11-1111111-1")
    assert not application.identify(clock.now(), person_present=False).accepted
    with pytest.raises(services.NotIdentifiedYet):
        approve(application, clock)
    assert application.identify(clock.now()).accepted
    assert approve(application, clock)
    assert [attempt.accepted for attempt in proofing.attempts(application.order.id)] == [False, True]


@pytest.mark.requirement("R023")
def test_a_missing_paper_refuses_and_leaves_nothing_behind(scene, clock):
    application = Application.place(scene, clock.now()).pay(clock.now())
    application.identify(clock.now())
    scene.stock("11-1111111-1")
    persons = Person.objects.count()
    with pytest.raises(orders.PapersMissing):
        approve(application, clock)
    assert Person.objects.count() == persons and not Identity.objects.filter(kind="private").exists()
    assert not Message.objects.filter(template="codes").exists()
    assert Device.objects.get(serial="11-1111111-1").state == "in_stock"


@pytest.mark.parametrize("roles", [
    frozenset(), frozenset({Role("elsewhere", "registration_officer")}), "manager", "admin"])
def test_only_an_officer_of_the_orders_own_authority_decides(ready, scene, clock, roles):
    if isinstance(roles, str):
        name = {"manager": "registration_manager", "admin": "operator_admin"}[roles]
        roles = frozenset({Role(str(scene.desk.id), name)})
    other = replace(scene.officer(clock.now()), roles=roles)
    for call in (lambda: approve(ready, clock, caller=other),
                 lambda: services.refuse(order_id=ready.order.id, reason="withdrawn", caller=other)):
        with pytest.raises(Forbidden):
            call()


@pytest.mark.parametrize("ground", ["names", "matricule", "document"])
def test_he_cannot_serve_himself_by_any_of_the_three_grounds(scene, clock, ground):
    claims = {"family_names": "Autre", "given_names": "Nom", "birth_date": date(1990, 1, 1)}
    claims |= {"names": {"family_names": "SPECIMEN", "given_names": "Marié", "birth_date": date(1985, 1, 1)},
               "matricule": {"matricule": "1985010112344"},
               "document": {"document_type": "identity_card", "document_country": "LU", "document_number": "XAB12CD34"},
               }[ground]
    himself = accounts.create_person(claims=Claims(**claims), document_expires_on=date(2030, 6, 30),
                                     caller=scene.system)
    officer = replace(scene.officer(clock.now()), person=str(himself.id))
    order = Application.place(scene, clock.now(), applicant=applications.applicant(matricule="1985010112344")).pay(
        clock.now()).order
    with pytest.raises(orders.ItIsYou):
        services.identify(order_id=order.id, seen=expected_document(order), person_present=True,
                          caller=officer)
    order.refresh_from_db()
    assert order.state == "paid"


def test_a_name_alike_may_be_somebody_new_and_a_stranger_is_no_match(ready, scene, clock):
    alike = accounts.create_person(claims=Claims(family_names="Specimen", given_names="Marie",
                                                 birth_date=date(1985, 1, 1)), document_expires_on=None,
                                   caller=scene.system)
    scene.stock("11-1111111-1")
    with pytest.raises(services.NotAMatch):
        approve(ready, clock, match=scene.officer_person)
    identity = approve(ready, clock)
    assert identity.person_id != alike.id


def test_a_token_that_is_not_in_stock_refuses_everything(ready, clock):
    with pytest.raises(NotInStock):
        approve(ready, clock, token_serial="99-9999999-9")
    ready.order.refresh_from_db()
    assert ready.order.state == "proven" and not Identity.objects.filter(kind="private").exists()


def test_an_order_is_identified_once_and_approved_once(ready, scene, clock):
    with pytest.raises(NotAllowed):
        ready.identify(clock.now())
    scene.stock("11-1111111-1")
    approve(ready, clock)
    scene.stock("22-2222222-2")
    with pytest.raises((NotAllowed, services.WhoIsThis)):
        approve(ready, clock, token_serial="22-2222222-2")


def test_a_document_is_good_through_its_last_day(scene, clock):
    today = clock.now().date()
    good = Application.place(scene, clock.now(), document_=applications.document(expires_on=today)).pay(clock.now())
    assert good.identify(clock.now()).accepted
    late = Application.place(scene, clock.now(), document_=applications.document(
        expires_on=today, number="ZZZZZ12345")).pay(clock.now())
    clock.advance(days=1)
    attempt = late.identify(clock.now())
    assert not attempt.accepted and attempt.reasons == ["document_expired"]


@pytest.mark.requirement("R089")
def test_after_the_sixty_days_the_desk_can_only_refuse(ready, scene, clock):
    clock.set(ready.order.activation_deadline)
    scene.stock("11-1111111-1")
    with pytest.raises(orders.TooLate):
        approve(ready, clock)
    services.refuse(order_id=ready.order.id, reason="withdrawn", caller=scene.officer(clock.now()))


def test_nobody_without_a_login_reaches_the_desks_verbs(ready, clock):
    stranger = Caller(at=clock.now(), channel="web")
    with pytest.raises(Forbidden):
        approve(ready, clock, caller=stranger)
