# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.pki import matricule

# The public test number, then fictional persons; all chosen where Verhoeff over twelve digits would differ.
VALID = ["1893120105732", "1985010112357", "1990070041875", "2001000012359"]
VERHOEFF_OVER_TWELVE = ["1893120105739", "1985010112355", "1990070041872", "2001000012350"]

pytestmark = pytest.mark.requirement("R305", part="later: the e-Access form")


@pytest.mark.parametrize("number", VALID)
def test_valid_numbers_pass(number):
    assert matricule.is_valid(number)
    assert matricule.complete(number[:11]) == number


@pytest.mark.parametrize("number", VERHOEFF_OVER_TWELVE)
def test_the_verhoeff_digit_does_not_cover_the_luhn_digit(number):
    assert not matricule.is_valid(number)


@pytest.mark.parametrize("text", [
    "", "189312010573", "18931201057320", "189312010573A", "1893 120105732", "1893120105732\n", "１893120105732",
    "-893120105732", "²893120105732"])
def test_other_lengths_and_characters_are_refused(text):
    assert not matricule.is_valid(text)


@pytest.mark.parametrize("eleven", [
    "19851301123", "19850230123", "19850132123", "20010229123", "19000229123", "00000101123"])
def test_impossible_dates_are_refused(eleven):
    assert not matricule.is_valid(matricule.complete(eleven))


@pytest.mark.parametrize("eleven", ["20000229123", "19850028123", "19850131123", "20010031123"])
def test_possible_and_unknown_dates_pass(eleven):
    assert matricule.is_valid(matricule.complete(eleven))


@pytest.mark.parametrize("number", VALID)
def test_every_single_wrong_digit_is_found(number):
    for place in range(13):
        for digit in "0123456789":
            if digit != number[place]:
                assert not matricule.is_valid(number[:place] + digit + number[place + 1:])


@pytest.mark.parametrize("number", VALID)
def test_every_swap_of_neighbours_is_found(number):
    for place in range(12):
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2:]
        if swapped != number:
            assert not matricule.is_valid(swapped)


def test_birth_date():
    assert matricule.birth_date("1893120105732") == date(1893, 12, 1)
    assert matricule.birth_date("1990070041875") is None
    with pytest.raises(ValueError):
        matricule.birth_date("1893120105733")


def test_grouping_blanks_are_taken_away():
    assert matricule.normalise(" 1893 1201 057\u00a032 ") == "1893120105732"
    assert not matricule.is_valid(matricule.normalise("1893-1201-05732"))


def test_complete_needs_eleven_digits():
    with pytest.raises(ValueError):
        matricule.complete("1893120105")


@given(st.text(max_size=20))
def test_anything_else_is_a_clean_no(text):
    assert matricule.is_valid(text) in (True, False)
