# SPDX-License-Identifier: Apache-2.0
import pytest

from paraph.domain.reference import countries, documents, languages


@pytest.mark.parametrize("language", languages.LANGUAGES)
def test_every_country_has_a_name(language):
    names = dict(countries.choices(language))
    assert len(names) == 250
    assert all(len(name) > 2 for name in names.values())


@pytest.mark.parametrize(("code", "fr", "de", "en"), [
    ("LU", "Luxembourg", "Luxemburg", "Luxembourg"), ("DE", "Allemagne", "Deutschland", "Germany"),
    ("US", "États-Unis", "Vereinigte Staaten von Amerika", "United States"), ("XK", "Kosovo", "Kosovo", "Kosovo")])
def test_names(code, fr, de, en):
    assert (countries.name(code, "fr"), countries.name(code, "de"), countries.name(code, "en")) == (fr, de, en)


def test_countries_are_listed_as_people_look_for_them():
    order = [code for code, _ in countries.choices("fr")]
    assert order.index("EG") < order.index("ES") < order.index("US") < order.index("FI")


@pytest.mark.parametrize(("zone", "code"), [("D", "DE"), ("LUX", "LU"), ("GBN", "GB"), ("UTO", ""), ("", "")])
def test_codes_of_travel_documents(zone, code):
    assert countries.from_zone(zone) == code


@pytest.mark.parametrize(("kind", "country", "accepted"), [
    ("passport", "US", True), ("identity_card", "LU", True), ("identity_card", "CH", True),
    ("identity_card", "US", False), ("residence_permit", "LU", True), ("residence_permit", "FR", False),
    ("driving_licence", "LU", False)])
def test_documents(kind, country, accepted):
    assert documents.is_accepted(kind, country) is accepted


def test_an_unknown_language_is_french():
    assert [languages.known(code) for code in ("de", "xx", "")] == ["de", "fr", "fr"]
