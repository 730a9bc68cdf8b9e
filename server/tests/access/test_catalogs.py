# SPDX-License-Identifier: Apache-2.0
"""Joined tables of sentences say what the separate ones said."""

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from paraph.interfaces.middleware import language
from paraph.interfaces.middleware.language import join_catalogs


@pytest.fixture
def fresh(monkeypatch):
    """Catalogs as Django loads them, of this test alone."""
    monkeypatch.setattr(trans_real, "_translations", {})
    monkeypatch.setattr(trans_real, "_default", None)
    return lambda code: trans_real.translation(code)._catalog


@pytest.mark.parametrize("code", ["fr", "de", "en"])
def test_every_sentence_stays_as_it_was(fresh, code):
    catalog = fresh(code)
    before = {key: catalog.get(key) for key in set(catalog.keys())}
    forms = [key for key in before if isinstance(key, tuple)]
    assert len(catalog._catalogs) > 20 and len(before) > 300 and forms
    with translation.override(code):
        told = [translation.ngettext(key[0], key[0], number) for key in forms for number in (0, 1, 2, 1_000_000)]
    join_catalogs([code])
    assert {key: catalog.get(key) for key in set(catalog.keys())} == before
    with translation.override(code):
        assert [translation.ngettext(key[0], key[0], number) for key in forms for number in (0, 1, 2, 1_000_000)] == told
    # French has Django's own plural, which knows a form for millions.
    assert len(catalog._catalogs) == (2 if code == "fr" else 1)


def test_plurals_that_differ_stay_apart_and_who_came_first_wins(fresh):
    catalog = fresh("de")
    catalog._catalogs = [{"a": "1"}, {"a": "2", "b": "2"}, {"a": "3", ("c", 0): "3"}]
    catalog._plurals = [lambda n: int(n != 1), lambda n: int(n > 1 or n < 1), lambda n: 0]
    join_catalogs(["de"])
    assert catalog._catalogs == [{"a": "1", "b": "2"}, {"a": "3", ("c", 0): "3"}] and catalog.plural("c", 5) == "3"


def test_the_service_joins_them_when_it_starts(monkeypatch):
    joined = []
    monkeypatch.setattr(language, "join_catalogs", lambda codes: joined.extend(codes))
    language.Language(lambda request: None)
    assert sorted(joined) == ["de", "en", "fr"]
