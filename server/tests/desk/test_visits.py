# SPDX-License-Identifier: Apache-2.0
"""A holder at the counter: identified by his document, then his product is replaced or his codes are new (R085, R147)."""

from datetime import date

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity, IdentityDocument, Person
from paraph.domain.authentication import services as authentication
from paraph.domain.devices.models import Device, Replacement
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import services as organisations
from paraph.domain.support import policy
from paraph.domain.support.models import CallerCheck, Case
from paraph.kernel.caller import Caller
from testkit import holders
from testkit.applications import log_in

from .test_desk import SEEN

pytestmark = pytest.mark.django_db(transaction=True)
NEW = "22-2222222-2"


@pytest.fixture
def marie(prepared, clock):
    """Registered by this desk, active."""
    prepared.activate(Caller(at=clock.now(), channel="web"))
    prepared.identity = Identity.objects.get(pk=prepared.order.identity_id)
    return prepared


@pytest.fixture
def claire(scene, system):
    return holders.trusted_agent(system, role="registration_officer", organisation_id=scene.desk.id,
                                 given_names="Claire", family_names="Weber")


@pytest.fixture
def officer(client, claire, marie, clock):
    clock.advance(minutes=1)
    client.again = lambda: log_in(client, identity_id=claire.identity.id, person_id=claire.identity.person_id,
                                  scope="staff", at=clock.now())
    client.again()
    return client


@pytest.fixture
def visit(officer, marie):
    return officer.post("/desk/visits/", {"sought": marie.codes["user_id"]})["Location"]


def text(response):
    return response.content.decode()


def from_elsewhere(client, system, clock):
    """The browser of an officer of another desk."""
    address = {"street": "2, rue Basse", "postcode": "L-2000", "city": "Luxembourg", "country": "LU"}
    other = organisations.create_organisation(slug="other", name="Autre", roles=["registration_authority"],
                                              address=address, caller=system)
    agent = holders.trusted_agent(system, role="registration_officer", organisation_id=other.id)
    log_in(client, identity_id=agent.identity.id, person_id=agent.identity.person_id, scope="staff", at=clock.now())


@pytest.mark.parametrize("by", ["user_id", "serial"])
def test_a_visit_opens_by_userid_or_serial(officer, marie, by):
    page = officer.post("/desk/visits/", {"sought": marie.serial if by == "serial" else marie.codes["user_id"]})["Location"]
    shown = text(officer.get(page))
    assert "Marie Specimen" in shown and marie.serial not in shown and "Remplacer ce produit" not in shown
    assert Case.objects.get().organisation == str(marie.order.authority_id)
    assert page in text(officer.get("/desk/visits/"))


def test_another_desks_holder_is_as_unknown_as_nobody(client, marie, system, clock):
    from_elsewhere(client, system, clock)
    answers = [client.post("/desk/visits/", {"sought": sought}) for sought in (marie.codes["user_id"], "NOBODY22")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert all("Aucun titulaire de votre bureau ne correspond" in text(answer) for answer in answers)
    assert not Case.objects.exists()


def test_a_visit_is_its_desks_alone(visit, client, system, clock):
    from_elsewhere(client, system, clock)
    assert client.get(visit).status_code == 404 and client.post(f"{visit}check", SEEN).status_code == 404


@pytest.mark.parametrize(("wrong", "said"), [
    ({"person_present": ""}, "pas présente"), ({"number": "XAB12CD35"}, "pas celui que nous connaissons"),
    ({"family_names": "Specimens"}, "Le nom ou la date"), ({"birth_date_day": "2"}, "Le nom ou la date"),
    ({"expires_on_year": "2031"}, "La date de fin"), ({"type": "passport"}, "pas celui que nous connaissons"),
])
def test_what_differs_is_said_and_nothing_opens(officer, visit, wrong, said):
    answer = officer.post(f"{visit}check", SEEN | wrong)
    assert answer.status_code == 422 and said in text(answer)
    assert not CallerCheck.objects.get().passed
    assert officer.post(f"{visit}codes", {"channel": "sms"}).status_code == 422
    assert not Message.objects.filter(template="new_codes").exists()


@pytest.mark.parametrize(("today", "passes"), [("2030-06-30", True), ("2030-07-01", False)])
def test_a_document_is_good_on_its_last_day(marie, today, passes):
    seen = policy.Presented(type="identity_card", country="LU", number="XAB12CD34", expires_on=date(2030, 6, 30),
                            family_names="Specimen", given_names="Marie", birth_date=date(1985, 1, 1))
    right = policy.right_features(seen, person_present=True, person=Person.objects.get(pk=marie.identity.person_id),
                                  documents=list(IdentityDocument.objects.all()), today=date.fromisoformat(today))
    assert (len(right) == len(policy.Feature)) is passes


@pytest.mark.requirement("R085")
def test_a_token_is_handed_over_at_the_counter(officer, claire, visit, marie, scene, clock):
    assert officer.post(f"{visit}check", SEEN).status_code == 302
    assert marie.serial in text(officer.get(visit))
    scene.stock(NEW)
    clock.advance(seconds=30)
    old = Device.objects.get(serial=marie.serial)
    given = {"device": str(old.id), "replaced_for": "defective", "new_serial": NEW, "delivery": "hand"}
    assert officer.post(f"{visit}replace", given | {"code": "000000"}).status_code == 422
    assert officer.post(f"{visit}replace", given | {"code": claire.code(clock.now())}).status_code == 302
    replacement = Replacement.objects.get()
    assert (replacement.asked_by, replacement.delivery, replacement.new.serial) == ("desk", "hand", NEW)
    [told] = Message.objects.filter(template="replacement_ready")
    assert told.channel == "mail"


@pytest.mark.requirement("R147")
@pytest.mark.parametrize("channel", ["sms", "letter"])
def test_new_initial_codes_from_a_branch_and_the_old_ones_die(officer, visit, marie, clock, channel):
    old = dict(marie.codes)
    assert officer.post(f"{visit}codes", {"channel": channel}).status_code == 422, "before the document"
    officer.post(f"{visit}check", SEEN)
    assert officer.post(f"{visit}codes", {"channel": channel}).status_code == 302
    new = Message.objects.get(template="new_codes").content["codes"]
    page = text(officer.get(visit))
    assert new["initial_password"] not in page and new["challenge"] not in page

    def right(codes):
        return authentication.check_initial_codes(
            identity_id=marie.identity.id, initial_password=codes["initial_password"], challenge=codes["challenge"],
            caller=Caller(at=clock.now(), channel="web"))
    assert right(new) == "accepted" and right(old) == "wrong"


def test_an_identified_visitor_is_one_for_half_an_hour(officer, visit, clock):
    officer.post(f"{visit}check", SEEN)
    clock.advance(minutes=30)
    officer.again()
    assert officer.post(f"{visit}codes", {"channel": "sms"}).status_code == 422


def test_an_officer_does_not_serve_himself(client, marie, scene, system, clock):
    organisations.add_membership(person_id=marie.identity.person_id, organisation_id=scene.desk.id,
                                 role="registration_officer", caller=system)
    staff = accounts.create_identity(person_id=marie.identity.person_id, kind="staff", device_family="server",
                                     caller=system)
    log_in(client, identity_id=staff.id, person_id=marie.identity.person_id, scope="staff", at=clock.now())
    page = client.post("/desk/visits/", {"sought": marie.codes["user_id"]})["Location"]
    assert "Ce compte est le vôtre" in text(client.post(f"{page}check", SEEN))


def test_a_closed_visit_is_over(officer, visit):
    officer.post(f"{visit}check", SEEN)
    assert officer.post(f"{visit}close", {"outcome": "helped"}).status_code == 302
    assert officer.post(f"{visit}codes", {"channel": "sms"}).status_code == 422
    assert "Remplacer ce produit" not in text(officer.get(visit))


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_each_page_speaks_each_language(officer, visit, language):
    officer.get("/desk/", {"language": language})
    for address in ("/desk/visits/", visit):
        assert f'lang="{language}"' in text(officer.get(address))


def test_an_error_is_told_once_above_the_page(officer):
    page = text(officer.post("/desk/visits/", {"sought": ""}))
    assert page.count('class="govuk-error-summary"') == 1


def test_a_visit_leads_back_to_every_list_of_the_desk(officer, visit):
    assert 'aria-current="page"' in text(officer.get("/desk/visits/"))
    for address in ("/desk/visits/", visit):
        assert 'href="/desk/?show=waiting"' in text(officer.get(address))
