# SPDX-License-Identifier: Apache-2.0
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paraph.pki import mrz
from paraph.pki.mrz import Problem

TODAY = date(2026, 3, 1)

# The specimens of ICAO Doc 9303, parts 4, 5 and 6.
PASSPORT = ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
CARD = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]
SMALL = ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"]
# Synthetic.
LUXEMBOURG = ["IDLUXAB12CD34E4<<<<<<<<<<<<<<<", "8501019F3006302LUX<<<<<<<<<<<0", "SPECIMEN<<MARIE<<<<<<<<<<<<<<<"]

pytestmark = pytest.mark.requirement("R017", part="here: a typed zone is read; the comparison in the tests of proofing")


@pytest.mark.parametrize("lines", [PASSPORT, CARD, SMALL])
@pytest.mark.requirement("ICAO Doc 9303")
def test_icao_specimens(lines):
    zone = mrz.parse(lines, today=TODAY)
    assert zone.problems == ()
    assert zone.is_sound
    assert (zone.issuer, zone.nationality, zone.sex) == ("UTO", "UTO", "F")
    assert (zone.family_names, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (zone.birth_date, zone.expiry_date) == (date(1974, 8, 12), date(2012, 4, 15))


def test_document_numbers_and_optional_data():
    passport = mrz.parse(PASSPORT, today=TODAY)
    assert (passport.layout, passport.document_code, passport.document_number, passport.optional) == (
        "TD3", "P", "L898902C3", "ZE184226B")
    card = mrz.parse(LUXEMBOURG, today=TODAY)
    assert card.is_sound
    assert (card.layout, card.document_code, card.document_number) == ("TD1", "ID", "AB12CD34E")
    assert (card.birth_date, card.expiry_date) == (date(1985, 1, 1), date(2030, 6, 30))


def test_typed_text_may_have_small_letters_blanks_and_empty_lines():
    typed = "\n" + PASSPORT[0].lower() + "  \r\n\n" + " ".join(PASSPORT[1]) + "\n"
    assert mrz.parse(typed, today=TODAY).is_sound


@pytest.mark.parametrize(("lines", "line", "place", "field"), [
    (PASSPORT, 1, 9, "document_number"), (PASSPORT, 1, 19, "birth_date"), (PASSPORT, 1, 27, "expiry_date"),
    (PASSPORT, 1, 42, "optional"), (PASSPORT, 1, 43, "composite"),
    (CARD, 0, 14, "document_number"), (CARD, 1, 6, "birth_date"), (CARD, 1, 14, "expiry_date"),
    (CARD, 1, 29, "composite"),
    (SMALL, 1, 9, "document_number"), (SMALL, 1, 19, "birth_date"), (SMALL, 1, 27, "expiry_date"),
    (SMALL, 1, 35, "composite"),
])
def test_each_check_digit_names_its_field(lines, line, place, field):
    changed = list(lines)
    wrong = str((int(changed[line][place]) + 1) % 10)
    changed[line] = changed[line][:place] + wrong + changed[line][place + 1:]
    zone = mrz.parse(changed, today=TODAY)
    assert not zone.is_sound
    assert (field, Problem.CHECK_DIGIT) in zone.problems
    assert {name for name, _ in zone.problems} <= {field, "composite"}


def test_an_empty_optional_field_may_leave_its_check_digit_out():
    covered = "L898902C36" + "7408122" + "1204159" + "<" * 15
    line = "L898902C36UTO7408122F1204159" + "<" * 15 + mrz.check_digit(covered)
    assert mrz.parse([PASSPORT[0], line], today=TODAY).is_sound
    filled = line[:28] + "A" + line[29:]
    assert ("optional", Problem.CHECK_DIGIT) in mrz.parse([PASSPORT[0], filled], today=TODAY).problems


def test_a_long_document_number_goes_on_in_the_optional_field():
    number = "D23145890734"
    first = "I<UTO" + number[:9] + "<" + number[9:] + mrz.check_digit(number)
    first = first.ljust(30, "<")
    birth_expiry = CARD[1][:29]
    composite = mrz.check_digit(first[5:30] + birth_expiry[0:7] + birth_expiry[8:15] + birth_expiry[18:29])
    zone = mrz.parse([first, birth_expiry + composite, CARD[2]], today=TODAY)
    assert zone.problems == ()
    assert zone.document_number == number
    assert zone.optional == ""


def test_a_birth_date_is_never_in_the_future():
    def zone(birth, today):
        second = birth + mrz.check_digit(birth) + CARD[1][7:]
        return mrz.parse([CARD[0], second, CARD[2]], today=today)

    assert zone("260301", TODAY).birth_date == date(2026, 3, 1)
    assert zone("260302", TODAY).birth_date == date(1926, 3, 2)
    assert zone("000229", TODAY).birth_date == date(2000, 2, 29)
    # 2100 has no 29 February.
    assert zone("000229", date(2101, 1, 1)).birth_date == date(2000, 2, 29)
    assert zone("010229", TODAY).birth_date is None
    assert ("birth_date", Problem.DATE) in zone("010229", TODAY).problems
    assert ("birth_date", Problem.DATE) in zone("8A0101", TODAY).problems


def test_an_unknown_birth_day_is_no_date_and_no_problem():
    second = "7408<<" + mrz.check_digit("7408<<") + CARD[1][7:]
    zone = mrz.parse([CARD[0], second, CARD[2]], today=TODAY)
    assert zone.birth_date is None
    assert "birth_date" not in {field for field, _ in zone.problems}


def test_an_expiry_is_at_most_fifteen_years_ahead():
    def expiry(text):
        second = CARD[1][:8] + text + mrz.check_digit(text) + CARD[1][15:]
        return mrz.parse([CARD[0], second, CARD[2]], today=TODAY).expiry_date

    assert expiry("411231") == date(2041, 12, 31)
    assert expiry("420101") == date(1942, 1, 1)


@pytest.mark.parametrize(("lines", "problem", "line"), [
    ([], Problem.LAYOUT, 0), ([""], Problem.LAYOUT, 0), (CARD[:2], Problem.LAYOUT, 1),
    (PASSPORT * 2, Problem.LAYOUT, 0),
    ([PASSPORT[0], PASSPORT[1][:-1]], Problem.LAYOUT, 2),
    ([PASSPORT[0], PASSPORT[1].replace("<", "-")], Problem.CHARACTERS, 2),
    ([PASSPORT[0].replace("ANNA", "ÄNNA"), PASSPORT[1]], Problem.CHARACTERS, 1),
])
def test_what_has_no_layout_is_refused_with_its_place(lines, problem, line):
    with pytest.raises(mrz.MalformedZone) as refused:
        mrz.parse(lines, today=TODAY)
    assert (refused.value.problem, refused.value.line) == (problem, line)


def test_missing_names_and_odd_sex_are_problems():
    card = [CARD[0], CARD[1].replace("F", "Q"), "<" * 30]
    problems = mrz.parse(card, today=TODAY).problems
    assert ("sex", Problem.SEX) in problems
    assert ("family_names", Problem.EMPTY) in problems


@given(st.text(max_size=150))
def test_any_text_is_read_or_refused(text):
    with suppress(mrz.MalformedZone):
        assert isinstance(mrz.parse(text, today=TODAY), mrz.Zone)


@given(st.sampled_from([(3, 30), (2, 36), (2, 44)]).flatmap(
    lambda shape: st.lists(st.text("ABCXYZ019<", min_size=shape[1], max_size=shape[1]),
                           min_size=shape[0], max_size=shape[0])))
def test_any_zone_of_the_right_shape_is_read(lines):
    assert isinstance(mrz.parse(lines, today=TODAY), mrz.Zone)
