# SPDX-License-Identifier: Apache-2.0
"""Letters as PDF: real pages with the address in the window, tagged, and nothing loaded from anywhere."""

import pypdfium2
import pytest

from paraph.domain.notifications import letters, rendering, window

POSTAL = ("Marie Weber", "12, rue du Fort", "L-1234 Luxembourg")
DATA = {"name": "Marie Weber", "user_id": "K7M2QXRT", "initial_password": "abK7mnqP2r", "challenge": "493817",
        "activate_until": "23 janvier 2027"}


@pytest.fixture(scope="module")
def letter():
    html = rendering.render(template="codes", channel="letter", language="fr", data=DATA, postal=POSTAL).html
    return letters.pdf(html)


@pytest.mark.requirement("R091")
def test_the_letter_is_one_page_that_says_the_codes(letter):
    document = pypdfium2.PdfDocument(letter)
    assert len(document) == 1
    text = document[0].get_textpage().get_text_range()
    for value in (*POSTAL, DATA["user_id"], DATA["initial_password"], DATA["challenge"]):
        assert value in text


def test_the_address_stands_in_the_window(letter):
    """DIN 5008 form B: the window is 20 to 105 mm from the left and 45 to 90 mm from the top edge."""
    page = pypdfium2.PdfDocument(letter)[0]
    points, height = 72 / 25.4, page.get_height()
    text = page.get_textpage().get_text_bounded(
        left=20 * points, right=105 * points, bottom=height - 90 * points, top=height - 45 * points)
    assert all(line in text for line in POSTAL)
    assert "K7M2QXRT" not in text


LONG = {
    "usual": POSTAL,
    "abroad": ("Łukasz Ștefan Kőszegi-Świątkowski Ђорђевић", "ul. Świętokrzyska 12/3", "00-950 Łódź", "POLOGNE"),
    "long": ("Maximilian-Alexander Karl-Theodor Emanuel von und zu Hohenzollern-Sigmaringen-Württemberg",
             "Appartement 27, Résidence des Trois Tilleuls, 1234, boulevard Grande-Duchesse Charlotte-Élisabeth",
             "L-1234 Esch-sur-Alzette-Grevenmacher", "BOSNIE-HERZÉGOVINE"),
    "longest": (f"{'Anne-Élisabeth ' * 8} {'Hohenzollern-Sigmaringen ' * 5}".strip()[:241],
                f"{'Résidence Tilleuls ' * 6}"[:100].strip(),
                f"123456789012 {'Llanfairpwllgwyngyll ' * 5}"[:113].strip(), "BOSNIE-HERZÉGOVINE"),
}


@pytest.mark.parametrize("language", ["fr", "de", "en"])
@pytest.mark.parametrize("address", LONG)
def test_the_longest_address_shows_in_a_window_that_slips_by_five_millimetres(address, language):
    """Nothing of it is hidden behind the envelope, nothing else shows, and the letter stays on its page."""
    data = DATA | {"name": LONG[address][0]}
    html = rendering.render(template="codes", channel="letter", language=language, data=data, postal=LONG[address]).html
    document = pypdfium2.PdfDocument(letters.pdf(html))
    assert len(document) == 1
    points, height = 72 / 25.4, document[0].get_height()

    def within(left, right, top, bottom):
        text = document[0].get_textpage().get_text_bounded(
            left=left * points, right=right * points, bottom=height - bottom * points, top=height - top * points)
        return "".join(text.split()).replace("\ufffe", "-").replace("\x02", "-")

    seen = within(25, 100, 50, 90)
    assert all("".join(line.split()) in seen for line in LONG[address])
    assert not any(secret in within(20, 105, 40, 97) for secret in (DATA["user_id"], DATA["initial_password"]))


@pytest.mark.parametrize("address", LONG)
def test_letters_stand_as_large_as_the_window_allows(address):
    assert window.address_size(LONG[address]) == {"usual": 11, "abroad": 11, "long": 9, "longest": 6}[address]


def test_it_is_tagged(letter):
    assert pypdfium2.raw.FPDFCatalog_IsTagged(pypdfium2.PdfDocument(letter).raw)


def test_nothing_is_loaded():
    with pytest.raises(letters.NothingIsFetched):
        letters._refuse("https://elsewhere.example/pixel.png")
