# SPDX-License-Identifier: Apache-2.0
"""Letters as PDF: real pages with the address in the window, tagged, and nothing loaded from anywhere."""

import pypdfium2
import pytest

from paraph.domain.notifications import letters, rendering

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


def test_it_is_tagged(letter):
    assert pypdfium2.raw.FPDFCatalog_IsTagged(pypdfium2.PdfDocument(letter).raw)


def test_nothing_is_loaded():
    with pytest.raises(letters.NothingIsFetched):
        letters._refuse("https://elsewhere.example/pixel.png")
