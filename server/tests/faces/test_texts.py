# SPDX-License-Identifier: Apache-2.0
"""Every sentence of faces has its German and English; dates are written out as each language writes them."""

import ast
import re
from datetime import UTC, date, datetime
from pathlib import Path

import polib
import pytest
from django.utils import translation
from django.utils.translation.template import templatize

import faces
from faces.templatetags.faces import written_date, written_instant

PACKAGE = Path(faces.__file__).parent
LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"


def sentences():
    found = set()
    for path in PACKAGE.rglob("*.html"):
        found |= {ast.literal_eval(text) for text in re.findall(rf"(?<!n)gettext\(({LITERAL})\)", templatize(path.read_text()))}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "pgettext"):
                found.add(node.args[-1].value)
    return found


@pytest.mark.parametrize("language", ["de", "en"])
def test_catalogue_is_complete_and_has_nothing_left_over(language):
    catalogue = polib.pofile(str(PACKAGE / "locale" / language / "LC_MESSAGES" / "django.po"))
    assert {entry.msgid for entry in catalogue} == sentences()
    for entry in catalogue:
        assert entry.msgstr and not entry.fuzzy, entry.msgid
        assert sorted(re.findall(r"%\(\w+\)s", entry.msgid)) == sorted(re.findall(r"%\(\w+\)s", entry.msgstr)), entry.msgid


@pytest.mark.parametrize(("language", "text"), [
    ("fr", "27 mars 1985"), ("de", "27. März 1985"), ("en", "27 March 1985"),
])
def test_dates_are_written_out(language, text):
    with translation.override(language):
        assert written_date(date(1985, 3, 27)) == text


def test_the_first_of_a_month_is_ordinal_in_french_alone():
    for language, text in (("fr", "1er mai 2026"), ("de", "1. Mai 2026"), ("en", "1 May 2026")):
        with translation.override(language):
            assert written_date(date(2026, 5, 1)) == text


@pytest.mark.parametrize(("language", "text"), [
    ("fr", "25 novembre 2026 à 0\xa0h\xa005"), ("de", "25. November 2026 um 00:05 Uhr"), ("en", "25 November 2026 at 00:05"),
])
def test_instants_are_written_in_local_time(language, text):
    with translation.override(language):
        assert written_instant(datetime(2026, 11, 24, 23, 5, tzinfo=UTC)) == text
        assert written_date(datetime(2026, 11, 24, 23, 5, tzinfo=UTC)) == text.split(" à ")[0].split(" um ")[0].split(" at ")[0]


def test_nothing_is_written_for_no_date():
    assert written_date(None) == "" == written_instant(None)
