# SPDX-License-Identifier: Apache-2.0
import pytest
from django.contrib.sessions.models import Session
from lxml import html

from paraph.domain.accounts.queries import acceptances
from paraph.domain.orders.models import Order
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.kernel import secrets

ZONE = "IDLUXAB12CD34E4<<<<<<<<<<<<<<<\r\n8501019F3006302LUX<<<<<<<<<<<0\r\nSPECIMEN<<MARIE<<<<<<<<<<<<<<<"
PAGES = ("applicant", "document", "birth", "contact", "code", "authority")


def address(page: str) -> str:
    return f"/shop/token/private/{page}/"


@pytest.mark.requirement("R001")
def test_the_pages_place_an_order_and_lead_to_payment(client, fill, read):
    answer = fill()
    order = Order.objects.get()
    assert (order.state, order.language) == ("placed", "fr")
    assert answer["Location"].startswith(f"/shop/orders/{order.reference}/")
    page = client.get(answer["Location"])
    assert order.reference in read(page)
    assert "45,00 €" in read(page)


@pytest.mark.requirement("R001")
def test_the_whole_order_is_what_was_typed(fill):
    fill()
    order = Order.objects.get()
    assert order.applicant == {
        "family_names": "Specimen", "given_names": "Marie", "birth_date": "1985-01-01", "street": "2, rue du Fossé",
        "postcode": "L-1536", "city": "Luxembourg", "country": "LU", "email": "marie@post.example",
        "mobile": "+352621123456", "birth_place": "", "nationality": "", "matricule": ""}
    assert order.document == {"type": "identity_card", "number": "AB12CD34E", "country": "LU",
                              "expires_on": "2030-06-30", "mrz": ""}
    assert secrets.verify_secret("CD34E", order.activation_code_hash, "activation_code")
    assert [accepted.kind for accepted in acceptances(order.id)] == ["terms"]


def test_back_and_forth_loses_nothing(client, fill):
    fill(until="contact")
    page = html.fromstring(client.get(address("applicant")).content)
    assert page.xpath("//input[@name='family_names']/@value") == ["Specimen"]
    page = html.fromstring(client.get(address("birth")).content)
    assert page.xpath("//input[@name='birth_date_year']/@value") == ["1985"]


def test_an_error_keeps_what_was_typed_and_names_the_field(client, fill):
    fill(until="document")
    answer = client.post(address("birth"), {
        "birth_date_day": "31", "birth_date_month": "2", "birth_date_year": "1985", "street": "2, rue du Fossé",
        "postcode": "", "city": "Luxembourg", "country": "LU"})
    page = html.fromstring(answer.content)
    assert answer.status_code == 422
    assert page.xpath("//title")[0].text.startswith("Erreur")
    assert page.xpath("//input[@name='street']/@value") == ["2, rue du Fossé"]
    assert [link.get("href") for link in page.xpath("//*[contains(@class,'error-summary')]//a")] == [
        "#id_birth_date_day", "#id_postcode"]


@pytest.mark.requirement("R038", part="later: video")
@pytest.mark.parametrize(("changed", "field", "told"), [
    ({"postcode": "99"}, "postcode", "en 4 chiffres"), ({"country": "DE"}, "postcode", "en 5 chiffres"),
    ({"country": "NL"}, "postcode", "pas un code postal de ce pays"),
    ({"birth_date_year": "2016"}, "birth_date_day", "avoir 18 ans"),
    ({"street": "rue du Fossé"}, "street", "numéro de la maison"), ({"city": "12"}, "city", "en lettres")])
def test_what_a_letter_or_a_contract_needs_is_asked_again_and_nothing_is_lost(client, fill, answers, changed, field, told):
    fill(until="document")
    typed = answers["birth"] | changed
    answer = client.post(address("birth"), typed)
    page = html.fromstring(answer.content)
    assert answer.status_code == 422
    [link] = page.xpath("//*[contains(@class,'error-summary')]//a")
    assert link.get("href") == f"#id_{field}" and told in link.text
    kept = {name: page.xpath(f"//input[@name='{name}']/@value") for name in typed if name != "country"}
    assert kept == {name: [value] for name, value in typed.items() if name != "country"}


@pytest.mark.parametrize("page", [*PAGES[1:], "check", "terms"])
def test_nobody_skips_a_question(client, shop, page):
    answer = client.get(address(page))
    assert (answer.status_code, answer["Location"]) == (302, address("applicant"))


def test_a_changed_answer_leads_back_to_the_check(client, fill, answers, read):
    fill(until="authority")
    answer = client.post(address("contact"), {"email": "", "mobile": ""})
    assert answer["Location"] == address("check")
    assert "aucun : les codes viendront par lettre" in read(client.get(address("check")))


def test_the_check_writes_the_mobile_in_groups_and_breaks_no_postcode(client, fill):
    fill(until="code")
    assert '<span class="faces-reference">L-9000</span> Ettelbruck' in client.get(address("authority")).content.decode()
    fill(until="authority")
    page = client.get(address("check")).content.decode()
    assert '<span class="faces-reference">+352 621 123 456</span>' in page and "+352621123456" not in page
    assert '<span class="faces-reference">L-1536</span>' in page


@pytest.mark.requirement("R015")
def test_the_code_page_proposes_the_last_five_characters_and_takes_others(client, fill, read):
    fill(until="contact")
    page = client.get(address("code"))
    assert html.fromstring(page.content).xpath("//input[@name='activation_code']/@value") == ["CD34E"]
    assert "les 5 derniers caractères du numéro de votre document d’identité" in read(page)
    assert client.post(address("code"), {"activation_code": "zz9Zz"})["Location"] == address("authority")


@pytest.mark.requirement("R014", part="later: required at activation of other devices")
@pytest.mark.parametrize("code", ["CD34", "CD34EF", ""])
def test_other_lengths_are_refused(client, fill, code):
    fill(until="contact")
    assert client.post(address("code"), {"activation_code": code}).status_code == 422


@pytest.mark.requirement("R019", part="later: e-Access")
@pytest.mark.requirement("R020", part="later: video and chips")
def test_contacts_may_stay_empty(fill):
    fill(contact={"email": "", "mobile": ""})
    order = Order.objects.get()
    assert (order.applicant["email"], order.applicant["mobile"]) == ("", "")


@pytest.mark.requirement("R020", part="later: video and chips")
@pytest.mark.parametrize("mobile", ["24 550 550", "628 123 456", "abc"])
def test_a_number_without_sms_is_refused(client, fill, mobile):
    fill(until="birth")
    assert client.post(address("contact"), {"email": "", "mobile": mobile}).status_code == 422


@pytest.mark.requirement("R005", part="later: post, apostille, video")
def test_the_picker_shows_active_desks_and_takes_one_of_them(client, fill, read):
    fill(until="code")
    page = read(client.get(address("authority")))
    assert "Bureau d’enregistrement du Nord" in page
    assert "Bureau d’enregistrement de l’Est" not in page
    for wrong in ("", str(organisations.by_slug("desk-closed").id), "x"):
        assert client.post(address("authority"), {"authority": wrong}).status_code == 422


@pytest.mark.requirement("R005", part="later: post, apostille, video")
def test_a_desk_that_closes_meanwhile_is_asked_again(client, fill, answers, system, read):
    north = organisations.by_slug("desk-north")
    fill(until="authority", authority={"authority": str(north.id)})
    organisation_services.set_active(organisation_id=north.id, active=False, caller=system)
    answer = client.post(address("terms"), {"accepted": "on"})
    assert answer.status_code == 422
    assert "Choisissez un bureau d’enregistrement" in read(answer)
    assert not Order.objects.exists()


@pytest.mark.requirement("R017", part="here: what is typed; the comparison in the tests of proofing")
def test_a_right_zone_proposes_the_birth_date(client, fill):
    fill(until="document", document={"mrz": ZONE})
    page = html.fromstring(client.get(address("birth")).content)
    assert page.xpath("//input[@name='birth_date_year']/@value") == ["1985"]


@pytest.mark.requirement("R017", part="here: what is typed; the comparison in the tests of proofing")
@pytest.mark.parametrize(("changes", "sentence"), [
    ({"mrz": ZONE.replace("34E4", "34E5")}, "Un chiffre de contrôle ne correspond pas."),
    ({"mrz": "IDLUX"}, "Recopiez toutes les lignes de la zone"),
    ({"mrz": ZONE, "number": "AB12CD35E"}, "La zone de lecture de votre document dit autre chose."),
    ({"expires_on_year": "2025"}, "Ce document n’est plus valable."),
    ({"country": "US"}, "Un passeport est toujours accepté."),
])
def test_a_wrong_document_is_told_in_words(client, fill, answers, read, changes, sentence):
    fill(until="applicant")
    answer = client.post(address("document"), answers["document"] | changes)
    assert answer.status_code == 422
    assert sentence in read(answer)


def test_the_terms_must_be_accepted(client, fill):
    fill(until="authority")
    assert client.post(address("terms"), {}).status_code == 422
    assert not Order.objects.exists()


def test_the_terms_state_the_duty_and_the_sixty_days(client, fill, read):
    fill(until="authority")
    page = read(client.get(address("terms")))
    assert "Vous ne donnez à personne votre UserID, votre mot de passe, vos codes ni votre code PIN" in page
    assert "Activez votre produit au plus tard le 23 janvier 2027" in page


def test_the_draft_lies_sealed_in_the_session_and_goes_when_the_order_stands(client, fill):
    fill(until="authority")
    stored = Session.objects.get().session_data
    assert "order_draft" in stored
    for secret in ("Specimen", "AB12CD34E", "CD34E"):
        assert secret not in stored
    client.post(address("terms"), {"accepted": "on"})
    assert "order_draft" not in Session.objects.get().session_data


def test_back_after_ordering_leads_to_the_order(client, ordered):
    order, link = ordered
    assert client.get(address("terms"))["Location"] == link
    assert client.post(address("terms"), {"accepted": "on"})["Location"] == link
    assert Order.objects.count() == 1


@pytest.mark.parametrize("product", ["token/professional", "app/private", "nothing/private"])
def test_what_cannot_be_ordered_has_no_journey(client, shop, product):
    assert client.get(f"/shop/{product}/applicant/").status_code == 422
    assert client.get("/shop/token/private/nothing/").status_code == 404


@pytest.mark.parametrize(("language", "heading"), [
    ("fr", "Votre nom"), ("de", "Ihr Name"), ("en", "Your name")])
def test_each_language(client, shop, language, heading):
    page = html.fromstring(client.get(address("applicant"), {"language": language}).content)
    assert page.xpath("//h1")[0].text_content().strip() == heading
    assert page.get("lang") == language
