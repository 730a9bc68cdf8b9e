# SPDX-License-Identifier: Apache-2.0
"""New access and another address over HTTP: from the form to the first login."""

from datetime import timedelta

import pytest

from paraph.domain.staff import queries
from paraph.domain.staff.models import Invitation, StaffRequest

from .conftest import PASSWORD
from .test_pages import browser, decide, text  # noqa: F401  (browser is a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
TICK = timedelta(microseconds=1)


def ask(client, member, kind, **given):
    return client.post(f"/operations/staff/{member.id}/ask/{kind}/", {"reason": "Perdu", **given})


def logs_in(client, office, luc, serial, password=PASSWORD):
    office.clock.advance(minutes=1)
    first = client.post("/login/password?device=token&next=/my/", {"user_id": luc.identity.user_id, "password": password})
    if first.status_code != 302:
        return None
    return client.post("/login/code", {"code": office.scene.shows(serial, office.clock.now())})["Location"]


def test_a_lost_token_on_pages(office, browser):  # noqa: F811
    luc = office.joined()
    office.scene.stock("44-4444444-4")
    anna, bert, visitor = browser(office.anna), browser(office.bert), browser()
    assert luc.device_serial in text(anna.get(f"/operations/staff/{luc.id}/ask/renew/"))
    empty = ask(anna, luc, "renew")
    assert empty.status_code == 422 and "ne changerait rien" in text(empty)
    missing = ask(anna, luc, "renew", lost=[luc.device_serial])
    assert missing.status_code == 422 and "Il ne lui reste rien" in text(missing)
    assert ask(anna, luc, "renew", lost=["11-1111111-1"], device="44-4444444-4").status_code == 422
    assert ask(anna, luc, "renew", lost=[luc.device_serial], device="44-4444444-4").status_code == 302
    assert "au repos" in text(anna.get(f"/operations/staff/{luc.id}/"))
    request = StaffRequest.objects.get(kind="renew")
    seen = text(bert.get("/operations/staff/"))
    assert luc.device_serial in seen and "44-4444444-4" in seen
    assert decide(anna, request).status_code == 409 and decide(bert, request).status_code == 302

    link = f"/invited/link/{office.secret('staff_renewal')}"
    page = text(visitor.get(link))
    assert "Votre mot de passe ne change pas" in page and "44-4444444-4" in page and "<input type=\"password\"" not in page
    assert visitor.get("/invited/done").status_code == 409, "reading the page uses nothing up"
    assert visitor.post(link)["Location"] == "/invited/done"
    shown = text(visitor.get("/invited/done"))
    assert "44-4444444-4" in shown and visitor.get(link).status_code == 409
    assert logs_in(visitor, office, luc, "44-4444444-4") == "/helpdesk/"
    assert "Donner un nouvel accès" in text(anna.get(f"/operations/staff/{luc.id}/"))


def test_a_lost_password_on_pages(office, browser):  # noqa: F811
    luc = office.joined()
    anna, bert, visitor = browser(office.anna), browser(office.bert), browser()
    assert ask(anna, luc, "renew", password="on").status_code == 302
    decide(bert, StaffRequest.objects.get(kind="renew"))
    link = f"/invited/link/{office.secret('staff_renewal')}"
    assert "vous choisissez un nouveau mot de passe" in text(visitor.get(link))
    assert visitor.post(link)["Location"] == "/invited/password"
    assert visitor.post("/invited/password", {"password": "weak", "again": "weak"}).status_code == 422
    assert visitor.post("/invited/password", {"password": "Neu12345", "again": "Neu12345"})["Location"] == "/invited/done"
    assert logs_in(visitor, office, luc, luc.device_serial) is None
    assert logs_in(visitor, office, luc, luc.device_serial, "Neu12345") == "/helpdesk/"


def test_another_address_on_pages(office, browser):  # noqa: F811
    anna, bert, visitor = browser(office.anna), browser(office.bert), browser()
    own = text(anna.get(f"/operations/staff/{office.anna.id}/"))
    assert "/ask/address/" in own and "/ask/renew/" not in own
    assert ask(anna, office.anna, "renew", password="on").status_code == 422
    wrong = ask(anna, office.anna, "address", email="bert@example.org")
    assert wrong.status_code == 422 and "autre membre du personnel" in text(wrong)
    assert ask(anna, office.anna, "address", email="anna@neu.example").status_code == 302
    assert decide(bert, StaffRequest.objects.get()).status_code == 302
    link = f"/invited/link/{office.secret('staff_address')}"
    assert "anna@neu.example" in text(visitor.get(link)) and visitor.get("/invited/address").status_code == 409
    assert queries.email_of(office.anna) == "anna@example.org"
    assert visitor.post(link)["Location"] == "/invited/address"
    assert "Votre adresse est confirmée" in text(visitor.get("/invited/address"))
    assert queries.email_of(office.anna) == "anna@neu.example" and visitor.post(link).status_code == 409


def test_a_link_dies_at_its_instant_also_with_the_page_open(office, browser, clock):  # noqa: F811
    invitation, secret = office.renewal(office.joined(), password=True)
    visitor = browser()
    visitor.post(f"/invited/link/{secret}")
    clock.set(invitation.expires_at - TICK)
    assert visitor.get("/invited/password").status_code == 200
    clock.set(invitation.expires_at)
    assert visitor.post("/invited/password", {"password": PASSWORD, "again": PASSWORD}).status_code == 409
    assert Invitation.objects.get(request__kind="renew").state == "sent"


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_the_pages_speak_each_language(office, browser, language):  # noqa: F811
    luc = office.joined()
    client, french = browser(office.anna), {
        "/ask/renew/": "Le mot de passe est perdu", "/ask/address/": "Nouvelle adresse e-mail"}
    _, secret = office.renewal(luc, password=True)
    client.get("/operations/", {"language": language})
    pages = {f"/operations/staff/{luc.id}{end}": words for end, words in french.items()}
    pages |= {f"/invited/link/{secret}": "Votre nouvel accès de travail", f"/operations/staff/{luc.id}/": "Demandes à son sujet"}
    for address, words in pages.items():
        shown = text(client.get(address))
        assert f'lang="{language}"' in shown and (words in shown) == (language == "fr"), address


def test_an_auditor_reads_what_was_asked_and_asks_nothing(office, browser):  # noqa: F811
    luc = office.joined()
    office.renewal(luc)
    auditor = office.joined(roles=[office.role("auditor")], token_serial="55-5555555-5", email="e@example.org",
                            claims=type(office.draft()["claims"])(family_names="Klein", given_names="Eva",
                                                                  birth_date=office.draft()["claims"].birth_date))
    client = browser(auditor)
    shown = text(client.get(f"/operations/staff/{luc.id}/"))
    assert "Donner un nouvel accès" in shown and luc.device_serial in shown and "/ask/" not in shown
    assert "Donner un nouvel accès" in text(client.get("/operations/staff/"))
    for kind in ("renew", "address"):
        assert client.get(f"/operations/staff/{luc.id}/ask/{kind}/").status_code == 403
