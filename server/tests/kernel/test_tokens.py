# SPDX-License-Identifier: Apache-2.0
import os
import re

import pytest

from paraph.kernel import tokens


@pytest.fixture
def scripted():
    yield tokens.use
    tokens.use(os.urandom)


def test_identifiers_have_their_forms():
    assert re.fullmatch(r"[0-9]{20}", tokens.ssn())
    assert re.fullmatch(f"[{tokens.UNAMBIGUOUS}]{{8}}", tokens.user_id())
    assert re.fullmatch(r"[0-9]{6}", tokens.digits(6))
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", tokens.secret_url())


def test_a_certificate_serial_is_positive_and_at_most_twenty_octets(scripted):
    scripted(lambda count: b"\xff" * count)
    assert int(tokens.certificate_serial(), 16).bit_length() == 159
    scripted(lambda count: b"\x00" * count)
    assert int(tokens.certificate_serial(), 16).bit_length() == 159


def test_uuid7_is_of_its_version_and_ordered_by_time():
    identifier = tokens.uuid7()
    assert identifier.version == 7
    assert identifier.variant == "specified in RFC 4122"


@pytest.mark.parametrize("position", [2, 3, 4, 5, 7, 8, 9, 10, 12])
def test_every_single_mistyped_character_of_a_reference_is_seen(position):
    reference = tokens.reference("P")
    assert tokens.check_reference(reference)
    assert tokens.check_reference(f"  {reference.lower()} ")
    for other in set(tokens.UNAMBIGUOUS) - {reference[position]}:
        assert not tokens.check_reference(reference[:position] + other + reference[position + 1:])


@pytest.mark.parametrize("text", ["P-0000-0000-0", "P-2222-2222", "P-222-22222-2", "", "2222", "P-2222-2222-22"])
def test_what_has_not_the_form_of_a_reference_is_none(text):
    assert not tokens.check_reference(text)


def test_an_initial_password_satisfies_the_password_rule():
    for _ in range(50):
        password = tokens.initial_password()
        assert len(password) == 10
        assert re.search("[a-z]", password) and re.search("[A-Z]", password) and re.search("[0-9]", password)
