# SPDX-License-Identifier: Apache-2.0
"""Names that mislead an officer or a reader of a certificate are not taken, at the order or at the registration."""

from datetime import date

import pytest

from paraph.domain.accounts import services
from paraph.domain.accounts.models import Person
from paraph.domain.accounts.policy import Claims, is_name
from paraph.domain.orders.policy import Applicant, applicant_problems

GOOD = ["Marie", "Jean-Paul", "O’Connor", "d'Artagnan", "Müller", "van den Bossche", "José María", "Ł.", "Ægir", "Nguyễn",
        "Thi\u0301ry", "Дмитрий", "李", "St. John"]
BAD = ["<script>", "{{ 7 }}", "Marie\u202eeiraM", "Marie\u200bThiry", "Marie\nThiry", "Marie;", "Marie=CN", "7", "Marie2", "",
       " ", "-", "Marie\u2066x\u2069", "Marie/CN", "Marie@", "Marie\ufeff", "Marie\u00ad"]


@pytest.mark.parametrize("name", GOOD)
def test_names_of_passports_are_taken(name):
    assert is_name(name)


@pytest.mark.parametrize("name", BAD)
def test_other_signs_are_not(name):
    assert not is_name(name)


@pytest.mark.parametrize("field", ["family_names", "given_names"])
def test_the_order_says_which_name(field):
    given = {"family_names": "Thiry", "given_names": "Marie", field: "Marie\u202e{x}"}
    applicant = Applicant(**given, birth_date=date(1985, 3, 9), street="1, rue", postcode="L-1", city="Lux", country="LU",
                          **{name: "" for name in Applicant.__dataclass_fields__ if name not in (
                              "family_names", "given_names", "birth_date", "street", "postcode", "city", "country")})
    assert applicant_problems(applicant, date(2026, 1, 1))[field] in ("not_a_name", "characters")


@pytest.mark.parametrize("field", ["family_names", "given_names"])
def test_the_registration_makes_nobody_of_such_a_name(db, system, field):
    claims = Claims(**{"family_names": "Thiry", "given_names": "Marie", field: "<b>"}, birth_date=date(1985, 3, 9))
    with pytest.raises(services.UnusableName):
        services.create_person(claims=claims, document_expires_on=None, caller=system)
    assert not Person.objects.exists()
