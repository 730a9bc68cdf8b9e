# SPDX-License-Identifier: Apache-2.0
"""The officer's console over HTTP: own queue, papers, comparison, approval, refusal."""

from dataclasses import replace
from datetime import date

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity, Person
from paraph.domain.accounts.policy import Claims
from paraph.domain.notifications.models import Message
from paraph.domain.orders.lifecycle import OrderState
from paraph.domain.orders.models import Order
from paraph.domain.organisations import services as organisations
from paraph.interfaces.desk.wording import DECIDED, FILTERS
from testkit import applications
from testkit.applications import Application, log_in_officer

pytestmark = pytest.mark.django_db(transaction=True)
SEEN = {"type": "identity_card", "country": "LU", "number": "XAB12CD34", "expires_on_day": "30", "expires_on_month": "6",
        "expires_on_year": "2030", "family_names": "Specimen", "given_names": "Marie", "birth_date_day": "1",
        "birth_date_month": "1", "birth_date_year": "1985", "person_present": "on"}
PAPERS = {"received": ["order_form", "identity_document"], "complete": "on", "signed": "on", "signed_on_day": "24",
          "signed_on_month": "11", "signed_on_year": "2026"}


@pytest.fixture
def paid(scene, clock):
    scene.stock("11-1111111-1")
    return Application.place(scene, clock.now()).pay(clock.now())


@pytest.fixture
def officer(client, scene, clock):
    log_in_officer(client, scene, clock.now())
    return client


def page_of(application):
    return f"/desk/orders/{application.order.id}/"


def sentence(response):
    return response.content.decode()


def do(client, application, action, answer, status=302):
    if action == "approve":
        answer = {"code": application.scene.registrar.press()} | answer
    response = client.post(f"{page_of(application)}{action}", answer)
    assert response.status_code == status, sentence(response)[:3000]
    application.order.refresh_from_db()
    return response


@pytest.mark.requirement("R021", "R022", "R023")
def test_the_whole_way_from_paid_to_codes(officer, paid):
    assert paid.order.reference in sentence(officer.get("/desk/"))
    do(officer, paid, "papers", PAPERS)
    do(officer, paid, "identify", SEEN)
    assert paid.order.state == "proven"
    do(officer, paid, "approve", {"person": "new", "contacts_read_back": "on", "token_serial": "11-1111111-1"})
    assert paid.order.state == "prepared"
    message = Message.objects.get(template="codes")
    assert message.channel == "sms" and message.recipient["mobile"] == "+352621123456"
    assert message.content["codes"]["initial_password"] not in sentence(officer.get(page_of(paid)))
    assert paid.order.reference in sentence(officer.get("/desk/?show=approved"))
    assert "La commande est approuvée, et les codes sont envoyés au client." in sentence(officer.get(page_of(paid)))


@pytest.mark.requirement("R005", "R022")
def test_another_authoritys_order_is_in_no_queue_and_on_no_page(officer, paid, scene, clock):
    other = organisations.create_organisation(slug="other", name="Autre", roles=["registration_authority"], address={},
                                              caller=scene.system)
    theirs = Application.place(replace(scene, desk=other), clock.now())
    assert theirs.order.reference not in sentence(officer.get("/desk/"))
    assert officer.get(page_of(theirs)).status_code == 404
    for action in ("papers", "identify", "approve", "refuse"):
        assert officer.post(f"{page_of(theirs)}{action}", {}).status_code == 404


@pytest.mark.requirement("R022")
def test_nobody_without_the_role_sees_anything(client, paid, scene, clock):
    assert "/login/" in client.get("/desk/")["Location"]
    person = accounts.create_person(claims=Claims(family_names="X", given_names="Y", birth_date=date(1980, 1, 1)),
                                    document_expires_on=None, caller=scene.system)
    identity = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=scene.system)
    applications.log_in(client, identity_id=identity.id, person_id=person.id, scope="staff", at=clock.now())
    assert client.get("/desk/").status_code == 403
    assert client.get(page_of(paid)).status_code == 403


@pytest.mark.requirement("R017", "R022")
@pytest.mark.parametrize(("changes", "words"), [
    ({"number": "XAB12CD35"}, "Le numéro du document n’est pas celui de la commande."),
    ({"expires_on_year": "2031"}, "La date de fin du document"),
    ({"country": "FR"}, "Le pays du document"),
    ({"type": "passport"}, "Le type du document"),
    ({"family_names": "Speciman"}, "Le nom n’est pas"),
    ({"birth_date_day": "2"}, "La date de naissance"),
    ({"person_present": ""}, "La personne n’est pas présente."),
    ({"document_doubtful": "on"}, "falsifié"),
])
def test_whatever_differs_is_named_and_refused(officer, paid, changes, words):
    answer = {name: value for name, value in (SEEN | changes).items() if value}
    response = do(officer, paid, "identify", answer, status=422)
    assert words in sentence(response) and paid.order.state == "paid"


def test_spaces_case_and_accents_are_no_difference(officer, paid):
    do(officer, paid, "identify", SEEN | {"number": "xab 12cd-34", "family_names": "SPECIMEN", "given_names": "Márie"})
    assert paid.order.state == "proven"


@pytest.mark.requirement("R023", "R003")
def test_approval_waits_for_every_paper(officer, paid):
    do(officer, paid, "identify", SEEN)
    text = sentence(officer.get(page_of(paid)))
    assert "Il manque encore des pièces." in text
    answer = {"person": "new", "contacts_read_back": "on", "token_serial": "11-1111111-1"}
    do(officer, paid, "approve", answer, status=422)
    response = do(officer, paid, "papers", {"received": ["order_form"], "signed_on_day": "24", "signed_on_month": "11",
                                            "signed_on_year": "2026"}, status=422)
    assert "la signature manque" in sentence(response) and "un champ" in sentence(response)
    do(officer, paid, "papers", PAPERS | {"received": ["order_form"]})
    do(officer, paid, "approve", answer, status=422)
    do(officer, paid, "papers", PAPERS)
    do(officer, paid, "approve", answer)
    assert paid.order.state == "prepared"


def test_without_a_right_code_of_his_own_token_nothing_is_approved(officer, paid):
    do(officer, paid, "papers", PAPERS)
    do(officer, paid, "identify", SEEN)
    answer = {"person": "new", "contacts_read_back": "on", "token_serial": "11-1111111-1"}
    used = paid.scene.registrar.press()
    for code, said in (("", "Code de votre propre Token"), ("000000", "Ce code n’est pas bon"), ("12", "Ce code n’est pas bon")):
        assert said in sentence(do(officer, paid, "approve", answer | {"code": code}, status=422))
        assert paid.order.state == "proven" and not Identity.objects.filter(kind="private").exists()
    assert not Message.objects.filter(template="codes").exists()
    do(officer, paid, "approve", answer | {"code": used})
    assert paid.order.state == "prepared"


def test_an_officer_whose_token_nobody_trusted_approves_nothing(officer, paid, scene, signer):
    do(officer, paid, "papers", PAPERS)
    do(officer, paid, "identify", SEEN)
    signer.core.dismiss_registrar(attempt="dismiss", holder=str(scene.registrar.identity.id))
    answer = {"person": "new", "contacts_read_back": "on", "token_serial": "11-1111111-1"}
    assert "Demandez-le à l’exploitant" in sentence(do(officer, paid, "approve", answer, status=422))
    assert paid.order.state == "proven"


def test_contacts_must_be_read_back(officer, paid):
    do(officer, paid, "papers", PAPERS)
    do(officer, paid, "identify", SEEN)
    response = do(officer, paid, "approve", {"person": "new", "token_serial": "11-1111111-1"}, status=422)
    assert "Relisez les coordonnées" in sentence(response)


def test_an_unpaid_order_says_why_it_waits(officer, scene, clock):
    placed = Application.place(scene, clock.now())
    text = sentence(officer.get(page_of(placed)))
    assert "La commande n’est pas encore payée." in text and 'aria-describedby="why-identify"' in text
    assert "n’est pas encore payée" in sentence(do(officer, placed, "identify", SEEN, status=422))


def test_a_known_person_must_be_recognised(officer, paid, scene, clock):
    do(officer, paid, "papers", PAPERS)
    do(officer, paid, "identify", SEEN)
    do(officer, paid, "approve", {"person": "new", "contacts_read_back": "on", "token_serial": "11-1111111-1"})
    scene.stock("22-2222222-2")
    again = Application.place(scene, clock.now()).pay(clock.now())
    do(officer, again, "papers", PAPERS)
    do(officer, again, "identify", SEEN)
    page = sentence(officer.get(page_of(again)))
    assert "même document" in page and "Une nouvelle personne" not in page
    answer = {"contacts_read_back": "on", "token_serial": "22-2222222-2"}
    do(officer, again, "approve", answer | {"person": "new"}, status=422)
    person = Person.objects.get(pk=paid.order.person_id)
    do(officer, again, "approve", answer | {"person": str(person.id)})
    assert again.order.person_id == person.id
    assert Identity.objects.filter(person=person).count() == 2


def test_an_officer_cannot_serve_himself(officer, scene, clock):
    own = Application.place(scene, clock.now(), applicant=applications.applicant(
        family_names="Muller", given_names="Jean", birth_date=date(1975, 5, 5))).pay(clock.now())
    assert "Cette commande est la vôtre" in sentence(officer.get(page_of(own)))
    answer = SEEN | {"family_names": "Muller", "given_names": "Jean", "birth_date_day": "5", "birth_date_month": "5",
                     "birth_date_year": "1975"}
    assert "Cette commande est la vôtre" in sentence(do(officer, own, "identify", answer, status=422))
    assert own.order.state == "paid"


def test_refusing_needs_a_reason_and_tells_the_customer_in_words(officer, paid):
    do(officer, paid, "refuse", {"confirmed": "on"}, status=422)
    do(officer, paid, "refuse", {"reason": "document_doubtful", "confirmed": "on"})
    assert paid.order.state == "rejected"
    text = Message.objects.get(template="order_rejected").content["text"]
    assert "document_doubtful" not in text and "falsifié" in text
    assert "La commande est refusée." in sentence(officer.get(page_of(paid)))


def test_without_stock_the_button_says_so(officer, scene, clock):
    empty = Application.place(scene, clock.now()).pay(clock.now()).papers(clock.now())
    do(officer, empty, "identify", SEEN)
    assert "plus de produit de ce type en stock" in sentence(officer.get(page_of(empty)))


def test_a_manager_looks_and_does_not_decide(client, paid, scene, clock):
    person = accounts.create_person(claims=Claims(family_names="Chef", given_names="Anne", birth_date=date(1970, 1, 1)),
                                    document_expires_on=None, caller=scene.system)
    organisations.add_membership(person_id=person.id, organisation_id=scene.desk.id, role="registration_manager",
                                 caller=scene.system)
    identity = accounts.create_identity(person_id=person.id, kind="staff", device_family="server", caller=scene.system)
    applications.log_in(client, identity_id=identity.id, person_id=person.id, scope="staff", at=clock.now())
    assert "Seul un officier" in sentence(client.get(page_of(paid)))
    do(client, paid, "identify", SEEN, status=422)
    assert paid.order.state == "paid"


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_pages_speak_each_language(officer, paid, language):
    officer.get("/desk/", {"language": language})
    for address in ("/desk/", page_of(paid)):
        response = officer.get(address)
        assert response.status_code == 200 and f'lang="{language}"' in sentence(response)


def test_an_address_for_one_action_shows_the_way_to_its_order_when_it_is_only_looked_at(client, scene, prepared):
    """Whoever changes the language on a page that tells an error asks with GET for an address that is only posted to."""
    address = f"/desk/orders/{prepared.order.id}/"
    answer = client.get(f"{address}papers?language=de")
    assert answer.status_code == 405 and "Es wurde nichts geändert" in answer.content.decode()
    assert f'href="{address}"' in answer.content.decode()
    nothing_around = client.get("/my/sessions/others/end?language=fr")
    assert nothing_around.status_code == 405 and 'href="/my/sessions/others/"' not in nothing_around.content.decode()
    assert nothing_around["Allow"] == "POST" and "Rien n’a été modifié" in nothing_around.content.decode()


@pytest.mark.parametrize("state", [state for state in OrderState if state not in FILTERS["waiting"][1]])
def test_of_an_order_with_nothing_left_to_decide_it_is_said_what_was_decided(officer, paid, state):
    Order.objects.filter(id=paid.order.id).update(state=state)
    assert str(DECIDED[state]) in sentence(officer.get(page_of(paid)))
