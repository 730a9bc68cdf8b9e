# SPDX-License-Identifier: Apache-2.0
import logging
from datetime import timedelta
from io import BytesIO

import pypdfium2
import pytest

from paraph.domain.orders import services
from paraph.domain.orders.models import Order
from paraph.domain.orders.policy.papers import FormCheck
from paraph.kernel import clock, tokens
from paraph.kernel.caller import Caller, Role


def text_of(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(BytesIO(content)) as document:
        return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


@pytest.fixture
def officer(ordered, clock):
    order, _ = ordered
    return Caller(at=clock.now(), channel="web", person=str(tokens.uuid7()), scope="staff", roles=frozenset({
        Role(organisation=str(order.authority_id), name="registration_officer")}))


@pytest.mark.requirement("R058")
def test_a_voucher_pays_and_leads_to_the_confirmation(client, ordered, vouchers, read):
    order, link = ordered
    answer = client.post(f"{link}pay/", {"voucher": vouchers[0]})
    assert answer["Location"] == f"{link}confirmation/"
    page = read(client.get(answer["Location"]))
    for said in (order.reference, "Paraph Démonstration S.A.", "23 janvier 2027", "+352 20 00 00 00",
                 "Imprimez le bon de commande, datez-le et signez-le."):
        assert said in page
    # With its host, so that the link can be read on paper.
    assert f'href="http://localhost{link}"' in client.get(answer["Location"]).content.decode()
    assert client.get(f"{link}pay/")["Location"] == link


@pytest.mark.requirement("R058")
@pytest.mark.parametrize(("code", "sentence"), [
    ("AAAA-BBBB-CCCC", "Nous ne connaissons pas ce bon."), ("", "Remplissez le champ")])
def test_a_wrong_voucher_is_told_and_changes_nothing(client, ordered, read, code, sentence):
    order, link = ordered
    answer = client.post(f"{link}pay/", {"voucher": code})
    assert answer.status_code == 422
    assert sentence in read(answer)
    order.refresh_from_db()
    assert order.state == "placed"


@pytest.mark.requirement("R058")
def test_a_used_and_an_expired_voucher_are_told(client, fill, ordered, vouchers, read, clock):
    _, first = ordered
    client.post(f"{first}pay/", {"voucher": vouchers[0]})
    second = fill()["Location"]
    assert "Ce bon a déjà servi." in read(client.post(second, {"voucher": vouchers[0]}))
    clock.advance(days=30)
    assert "Ce bon n’est plus valable." in read(client.post(second, {"voucher": vouchers[1]}))
    assert Order.objects.filter(state="placed").count() == 1


def test_the_sixth_try_must_wait(client, ordered, vouchers, read):
    _, link = ordered
    for _ in range(5):
        client.post(f"{link}pay/", {"voucher": "WRONG"})
    answer = client.post(f"{link}pay/", {"voucher": vouchers[0]})
    assert answer.status_code == 429
    assert "Attendez une heure" in read(answer)


@pytest.mark.parametrize("page", ["", "pay/", "confirmation/", "form.pdf"])
def test_a_wrong_link_opens_nothing(client, ordered, page):
    order, link = ordered
    assert client.get(f"/shop/orders/{order.reference}/{'x' * 43}/{page}").status_code == 404
    assert client.get(f"/shop/orders/P-2222-2222-2/{link.split('/')[-2]}/{page}").status_code == 404


def test_guessing_links_ends_after_thirty_tries_and_begins_again_after_an_hour(client, ordered, clock):
    order, link = ordered
    for _ in range(30):
        assert client.get(f"/shop/orders/{order.reference}/{'x' * 43}/").status_code == 404
    assert client.get(f"/shop/orders/{order.reference}/{'x' * 43}/").status_code == 429
    assert client.get(link).status_code == 200
    clock.advance(hours=1)
    assert client.get(f"/shop/orders/{order.reference}/{'x' * 43}/").status_code == 404


def test_the_link_stands_in_no_log(client, ordered, caplog):
    _, link = ordered
    with caplog.at_level(logging.DEBUG):
        client.get(link)
    assert link.split("/")[-2] not in caplog.text


def test_the_page_says_who_does_what_next(client, ordered, vouchers, officer, read):
    order, link = ordered
    assert "À vous : payer" in read(client.get(link))
    services.pay_with_voucher(order_id=order.id, code=vouchers[0], caller=officer)
    page = read(client.get(link))
    assert "Vous avez payé" in page
    assert "À vous : venir au bureau avec les pièces" in page
    services.record_paper(order_id=order.id, paper="identity_document", received=True, caller=officer)
    assert "une copie recto verso (reçu)" in read(client.get(link))
    services.record_paper(order_id=order.id, paper="order_form", received=True, caller=officer, form=FormCheck(
        complete=True, signed=True, signed_on=clock.local_date(officer.at)))
    for move in ("prove", "approve", "prepare"):
        services.advance(order_id=order.id, move=move, caller=officer)
    page = read(client.get(link))
    assert "Vos codes viennent par SMS." in page
    assert "À vous : activer" in page
    services.advance(order_id=order.id, move="begin", caller=officer)
    services.advance(order_id=order.id, move="activate", caller=officer)
    assert "Vous avez activé votre produit" in read(client.get(link))


@pytest.mark.parametrize(("move", "said"), [
    ("reject", "Le bureau a refusé votre commande."), ("lapse", "Le délai a pris fin le 23 janvier 2027.")])
def test_an_order_that_ended_says_so(client, ordered, officer, read, move, said):
    order, link = ordered
    caller = officer if move == "reject" else Caller.system(at=order.activation_deadline, name="job:deadlines")
    services.advance(order_id=order.id, move=move, caller=caller)
    page = read(client.get(link))
    assert said in page
    assert "À vous" not in page


def test_what_is_not_paid_can_be_cancelled(client, ordered, vouchers, read):
    order, link = ordered
    assert client.get(f"{link}cancel/").status_code == 405
    assert client.post(f"{link}cancel/")["Location"] == link
    assert "Vous avez annulé cette commande." in read(client.get(link))
    assert client.post(f"{link}cancel/").status_code == 409


def test_what_is_paid_cannot_be_cancelled_here(client, ordered, vouchers):
    order, link = ordered
    client.post(f"{link}pay/", {"voucher": vouchers[0]})
    assert client.post(f"{link}cancel/").status_code == 409
    order.refresh_from_db()
    assert order.state == "paid"


@pytest.mark.requirement("R003", part="later: forms on paper through a bank")
@pytest.mark.requirement("R004", part="later: papers of other products")
def test_the_order_form_has_every_field_and_lists_the_papers_on_its_last_page(client, ordered):
    order, link = ordered
    answer = client.get(f"{link}form.pdf")
    assert answer["Content-Type"] == "application/pdf"
    first, last = text_of(answer.content)
    for field in (order.reference, "Specimen", "Marie", "1er janvier 1985", "2, rue du Fossé", "L-1536 Luxembourg",
                  "AB12CD34E", "30 juin 2030", "Carte d’identité, Luxembourg", "45,00 €", "Token, usage privé",
                  "Date", "Votre signature", "Lieu", "Paraph Démonstration S.A.", "Conditions acceptées"):
        assert field in first
    for paper in ("Le bon de commande, complet, daté et signé",
                  "Le document d’identité indiqué dans la commande, en original, et une copie recto verso",
                  "23 janvier 2027"):
        assert paper in last
        assert paper not in first
    assert "CD34E" not in (first + last).replace("AB12CD34E", "")


@pytest.mark.parametrize(("language", "title"), [("de", "Was Sie mitbringen"), ("en", "What you bring")])
def test_the_order_form_in_each_language(client, ordered, language, title):
    _, link = ordered
    content = client.get(f"{link}form.pdf", {"language": language}).content
    assert text_of(content)[-1].find(title) >= 0


def test_the_order_form_is_tagged_for_readers(client, ordered):
    _, link = ordered
    content = client.get(f"{link}form.pdf").content
    with pypdfium2.PdfDocument(BytesIO(content)) as document:
        assert document.is_tagged()
        assert document.get_metadata_value("Title").startswith("Bon de commande P-")


def test_placing_is_limited_per_address(client, fill, limited):
    limited("place", tries=1)
    assert fill().status_code == 302
    assert fill().status_code == 429


def test_time_runs_out_for_paying(client, ordered, vouchers, clock):
    order, link = ordered
    clock.set(order.activation_deadline - timedelta(seconds=1))
    assert client.post(f"{link}pay/", {"voucher": "WRONG"}).status_code == 422
    clock.set(order.activation_deadline)
    assert client.post(f"{link}pay/", {"voucher": vouchers[0]}).status_code == 409
