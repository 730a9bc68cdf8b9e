# SPDX-License-Identifier: Apache-2.0
import pytest
from django.test import override_settings
from lxml import html

from paraph.config import seeds
from paraph.config.operator import load
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.partners import queries as partner_queries
from paraph.domain.partners import services as partner_services

PAGES = ("/", "/finder/", "/finder/procedures/?use=private", "/finder/partners/?use=private",
         "/finder/visit/?use=private", "/finder/result/?use=private&visit=yes", "/products/token/",
         "/products/scan/", "/partners/", "/desks/",
         "/pki/", "/pki/disclosure/", "/help/", "/phishing/", "/accessibility/", "/legal/terms/", "/legal/privacy/")


@pytest.fixture
def house(db, system):
    seeds.make_organisations(system)
    seeds.make_partners_and_texts(system)


def words(response) -> str:
    return " ".join(html.fromstring(response.content).xpath("//main")[0].text_content().split())


def test_each_question_of_the_finder_has_a_title_of_its_own(client, house):
    titles = [html.fromstring(client.get(page).content).findtext(".//title") for page in PAGES[1:5]]
    assert titles[0].startswith("Pour quoi vous faut-il un produit")
    assert len(set(titles)) == 4


@pytest.mark.parametrize("language", ["fr", "de", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_speaks_each_language_and_leads_on(client, house, page, language):
    answer = client.get(page, headers={"Accept-Language": language})
    document = html.fromstring(answer.content)
    assert answer.status_code == 200
    assert document.get("lang") == language
    assert len(document.xpath("//h1")) == 1
    for link in document.xpath("//footer//nav//a/@href"):
        assert client.get(link).status_code == 200, link
    assert not document.xpath("//main//a[@href='' or @href='#']")


@pytest.mark.requirement("R328", part="later: the other products, and the guide")
@pytest.mark.parametrize("device", ["token", "scan"])
def test_each_product_has_a_page_that_leads_to_its_order(client, house, device):
    assert f"/products/{device}/" in html.fromstring(client.get("/").content).xpath("//main//a/@href")
    links = html.fromstring(client.get(f"/products/{device}/").content).xpath("//main//a/@href")
    orders = [link for link in links if link.startswith(f"/shop/{device}/")]
    assert orders and all(client.get(link, follow=True).status_code == 200 for link in orders)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_loads_from_elsewhere(client, house, page):
    document = html.fromstring(client.get(page).content)
    loaded = document.xpath("//script/@src | //link[@rel!='alternate']/@href | //img/@src")
    assert loaded
    assert all(address.startswith("/static/") for address in loaded)


@pytest.mark.parametrize("page", ["/products/app/", "/finder/nothing/?use=private", "/legal/nothing/"])
def test_what_does_not_exist_is_not_found(client, house, page):
    assert client.get(page).status_code == 404


@pytest.mark.requirement("R248")
@pytest.mark.requirement("R249")
@pytest.mark.parametrize(("profile", "phone", "email"), [
    ("demo", "+352 20 00 00 00", "aide@paraph.example"),
    ("server/tests/profiles/luxtrust.toml", "+352 24 550 550", "questions@luxtrust.lu")])
@pytest.mark.parametrize("page", ["/help/", "/", "/products/nothing/", "/shop/orders/P-1/x/"])
def test_phone_and_mail_come_from_one_setting_on_pages_and_errors(client, house, profile, phone, email, page):
    with override_settings(OPERATOR=load(profile)):
        content = client.get(page).content.decode()
    assert phone in content
    assert email in content


@pytest.mark.requirement("R009")
def test_the_finder_asks_one_question_a_page_and_keeps_the_answers(client, house):
    answer = client.get("/finder/", {"answered": "1", "use": "private"})
    assert answer["Location"] == "/finder/procedures/?use=private"
    answer = client.get("/finder/procedures/", {"answered": "1", "use": "private", "procedures": ["taxes", "banking"]})
    assert answer["Location"] == "/finder/partners/?use=private&procedures=taxes&procedures=banking"
    answer = client.get("/finder/partners/?use=private&procedures=taxes&answered=1")
    assert answer["Location"].startswith("/finder/visit/?use=private&procedures=taxes")
    document = html.fromstring(client.get("/finder/visit/?use=private&procedures=taxes&partners=guichet").content)
    assert document.xpath("//input[@type='hidden']/@value") == ["private", "taxes", "guichet", "1"]


def test_an_open_question_is_asked_again(client, house):
    document = html.fromstring(client.get("/finder/", {"answered": "1"}).content)
    assert document.xpath("//*[contains(@class,'error-summary')]")
    assert client.get("/finder/visit/")["Location"] == "/finder/"
    assert client.get("/finder/result/?use=private")["Location"] == "/finder/visit/?use=private"
    assert client.get("/finder/result/?use=nonsense&visit=yes")["Location"].startswith("/finder/?")


@pytest.mark.requirement("R009")
@pytest.mark.requirement("R011")
def test_the_finder_offers_the_token_and_names_what_it_left_out(client, house):
    page = words(client.get("/finder/result/?use=private&visit=yes&partners=plume"))
    assert "Token, usage privé" in page
    assert "Carte à puce – Banque de la Plume ne l’accepte pas" in page
    assert "usage professionnel" not in page
    document = html.fromstring(client.get("/finder/result/?use=private&visit=yes").content)
    assert document.xpath("//main//a[contains(@class,'govuk-button')]/@href") == ["/products/token/", "/products/scan/"]


@pytest.mark.requirement("R010")
def test_a_procedure_without_a_partner_for_the_device_is_named(client, house):
    page = words(client.get("/finder/result/?use=private&visit=yes&procedures=contracts"))
    assert "Token – aucun partenaire ne l’accepte pour Contrats et actes à signer" in page


@pytest.mark.requirement("R012", part="later: video, bank and apostille can be ordered")
def test_whoever_cannot_come_reads_what_does_not_exist_here_yet(client, house):
    answer = client.get("/finder/result/?use=private&visit=no")
    page = words(answer)
    assert "par vidéo, avec votre téléphone" in page
    assert "Aujourd’hui, il faut venir une fois à un bureau au Luxembourg." in page
    assert not html.fromstring(answer.content).xpath("//main//a[contains(@class,'govuk-button')]")


@pytest.mark.requirement("R321", part="later: the door for the app and cards")
def test_the_directory_shows_what_each_partner_accepts(client, house):
    document = html.fromstring(client.get("/partners/").content)
    names = {"token": "Token", "scan": "Scan", "app": "Application mobile", "smartcard": "Carte à puce",
             "signing_stick": "Clé USB de signature", "eid": "Carte d’identité électronique",
             "passkey": "Clé d’accès (passkey)"}
    shown = {}
    for heading in document.xpath("//main//h2"):
        accepted, *refused = heading.getnext().getnext().xpath(".//dd")
        shown[heading.text.strip()] = ([one.strip() for one in accepted.text_content().split(",")],
                                       [one.strip() for row in refused for one in row.text_content().split(",")])
    for partner in partner_queries.directory():
        assert shown[partner.name_in("fr")] == (
            [name for device, name in names.items() if partner.accepts_device(device)],
            [name for device, name in names.items() if not partner.accepts_device(device)])


@pytest.mark.requirement("R322", part="later: added in the back office")
def test_a_new_partner_stands_in_the_directory_at_once(client, house, system):
    assert "Assurances Héron" not in words(client.get("/partners/"))
    partner_services.register(slug="heron", name={"fr": "Assurances Héron"}, category="private", accepts=["token"],
                              caller=system)
    assert "Assurances Héron" in words(client.get("/partners/"))


@pytest.mark.requirement("R329", part="later: resellers")
def test_desks_are_listed_and_a_closed_one_is_absent(client, house, system):
    page = words(client.get("/desks/"))
    assert "Bureau d’enregistrement du Nord 12, Grand-Rue" in page
    assert "Bureau d’enregistrement de l’Est" not in page
    organisation_services.set_active(organisation_id=organisations.by_slug("desk-north").id, active=False,
                                     caller=system)
    assert "Bureau d’enregistrement du Nord" not in words(client.get("/desks/"))


@pytest.mark.requirement("R263", part="here: the terms; the agents' pages in the helpdesk's tests")
@pytest.mark.parametrize(("language", "duty"), [
    ("fr", "Vous ne donnez à personne votre UserID, votre mot de passe"),
    ("de", "Sie geben niemandem Ihre UserID, Ihr Passwort"),
    ("en", "You give nobody your UserID, your password")])
def test_the_terms_state_the_duty(client, house, language, duty):
    assert duty in words(client.get("/legal/terms/", headers={"Accept-Language": language}))


def test_the_repository_lists_the_authorities_with_their_fingerprints(client, house, signer, system):
    seeds.hold_ceremony(system)
    page = words(client.get("/pki/"))
    assert "CN=Paraph Demonstration Root CA" in page
    assert page.count("Empreinte SHA-256") == 2
