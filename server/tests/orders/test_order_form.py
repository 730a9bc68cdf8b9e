# SPDX-License-Identifier: Apache-2.0
"""What a customer signs stands on one page with his signature, however long his names and his address are."""

from dataclasses import replace

import pypdfium2
import pytest

from paraph.domain.notifications import letterhead
from paraph.domain.orders import order_form

SIGN_HERE = {"fr": "Votre signature", "de": "Ihre Unterschrift", "en": "Your signature"}
LONGEST = {"family_names": "Hohenzollern-Sigmaringen " * 4 + "Württemberg Bayern",
           "given_names": "Anne-Élisabeth " * 7 + "Marie Noelle",
           "street": "Résidence des Tilleuls " * 4 + "Etage 1", "postcode": "123456789012",
           "city": "Llanfairpwllgwyngyll " * 4 + "Gogerychwyrndro", "country": "BA",
           "email": f"{'maximilian-alexander.' * 2}hohenzollern@{'universitaet.' * 14}example"}


def pages(order, language):
    content = order_form.pdf(order, language=language, follow_url="https://paraph.example/orders/P-XP89-YMPH-C/secret/")
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


@pytest.fixture
def noticed():
    """The sender says something on every page that he writes."""
    before = letterhead.bound()
    letterhead.bind(replace(before, notice={"fr": "Démonstration : les personnes, les certificats et les signatures n’ont "
                                                  "aucune valeur juridique, ni ici ni ailleurs."}))
    yield
    letterhead.bind(before)


@pytest.mark.usefixtures("noticed")
@pytest.mark.parametrize("language", SIGN_HERE)
def test_what_is_signed_and_the_signature_are_on_one_page(place, marie, language):
    order = place(applicant=marie())
    order.applicant = order.applicant | {name: value.strip() for name, value in LONGEST.items()} | {"mobile": "+352621123456"}
    first, last = pages(order, language)
    assert SIGN_HERE[language] in first and order.reference in first and "+352 621 123 456" in first
    words = " ".join(first.replace("\ufffe", "-").split())
    assert "Württemberg Bayern" in words and "Marie Noelle" in words and "SHA-256" in first
    assert SIGN_HERE[language] not in last


def test_letters_of_all_of_europe_are_printed(place, marie):
    order = place(applicant=marie())
    order.applicant = order.applicant | {"given_names": "Łukasz Ștefan", "family_names": "Kőszegi-Ћирић"}
    first = pages(order, "fr")[0]
    assert "Łukasz Ștefan" in first and "Kőszegi-Ћирић" in first.replace("\ufffe", "-")
