# SPDX-License-Identifier: Apache-2.0
"""What a customer signs stands on one page with his signature, however long his names and his address are."""

import pypdfium2
import pytest

from paraph.domain.orders import order_form

SIGN_HERE = {"fr": "Votre signature", "de": "Ihre Unterschrift", "en": "Your signature"}
LONGEST = {"family_names": "Hohenzollern-Sigmaringen " * 4 + "Württemberg", "given_names": "Anne-Élisabeth " * 7 + "Marie",
           "street": "Résidence des Tilleuls " * 4, "postcode": "123456789012", "city": "Llanfairpwllgwyngyll " * 4,
           "country": "BA", "email": f"{'maximilian-alexander.' * 2}hohenzollern@{'universitaet.' * 4}example"}


def pages(order, language):
    content = order_form.pdf(order, language=language, follow_url="https://paraph.example/orders/P-XP89-YMPH-C/secret/")
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


@pytest.mark.parametrize("language", SIGN_HERE)
def test_what_is_signed_and_the_signature_are_on_one_page(place, marie, language):
    order = place(applicant=marie())
    order.applicant = order.applicant | {name: value.strip() for name, value in LONGEST.items()} | {"mobile": "+352621123456"}
    first, last = pages(order, language)
    assert SIGN_HERE[language] in first and order.reference in first and "+352 621 123 456" in first
    words = " ".join(first.replace("\ufffe", "-").split())
    assert "Württemberg" in words and "Anne-Élisabeth Marie" in words and "SHA-256" in first
    assert SIGN_HERE[language] not in last


def test_letters_of_all_of_europe_are_printed(place, marie):
    order = place(applicant=marie())
    order.applicant = order.applicant | {"given_names": "Łukasz Ștefan", "family_names": "Kőszegi-Ћирић"}
    first = pages(order, "fr")[0]
    assert "Łukasz Ștefan" in first and "Kőszegi-Ћирић" in first.replace("\ufffe", "-")
