# SPDX-License-Identifier: Apache-2.0
"""French sentences reach the page with their no-break spaces, whatever blanks the sources have."""

import re

import pytest
from django.utils import translation

from paraph.config.translations import typeset


@pytest.mark.parametrize(("typed", "shown"), [
    ("Erreur :", "Erreur\xa0:"), ("Et maintenant ?", "Et maintenant\xa0?"), ("« Mes signatures ».", "«\xa0Mes signatures\xa0»."),
    ("à 14:05", "à 14:05"), ("https://paraph.example", "https://paraph.example"), ("deux ; trois !", "deux\xa0; trois\xa0!"),
    ("Que dit-il ?", "Que dit-il\xa0?"), ("affiche-t-il", "affiche-\u2060t-\u2060il")])
def test_what_belongs_together_stays_together(typed, shown):
    assert typeset(typed) == shown


@pytest.mark.parametrize("path", ["/", "/verify/", "/help/", "/finder/result/?use=private&visit=yes", "/desks/"])
def test_no_page_lets_a_line_begin_with_a_mark(client, db, path):
    text = re.sub(r"<[^>]+>", "", client.get(f"{path}{'&' if '?' in path else '?'}language=fr").content.decode())
    assert "\xa0" in text
    assert re.findall(r".{0,20} [:;!?»]|« .{0,20}", text) == []


def test_other_languages_do_not_get_french_spaces():
    with translation.override("de"):
        assert "\xa0" not in translation.gettext("Erreur :")
