# SPDX-License-Identifier: Apache-2.0
import os
import re

import pytest

from paraph.kernel import tokens
from testkit.races import at_once


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


@pytest.fixture
def milliseconds(monkeypatch):
    """`milliseconds(1000)`: the machine's clock stands there, and nothing was made before."""
    monkeypatch.setattr(tokens, "_newest", 0)

    def stand(at):
        monkeypatch.setattr(tokens.time, "time_ns", lambda: at * 1_000_000)

    return stand


@pytest.mark.requirement("RFC 9562 5.7")
def test_uuid7_has_its_version_its_variant_and_its_milliseconds(milliseconds, scripted):
    milliseconds(0x0123456789AB)
    scripted(lambda count: b"\xff" * count)
    assert str(tokens.uuid7()) == "01234567-89ab-7fff-bfff-ffffffffffff"
    scripted(lambda count: b"\x00" * count)
    milliseconds(0x0123456789AC)
    identifier = tokens.uuid7()
    assert str(identifier) == "01234567-89ac-7000-8000-000000000000"
    assert (identifier.version, identifier.variant) == (7, "specified in RFC 4122")


@pytest.mark.requirement("RFC 9562 6.2")
def test_uuid7_of_one_millisecond_are_in_the_order_in_which_they_were_made(milliseconds):
    milliseconds(1000)
    made = [tokens.uuid7() for _ in range(10_000)]
    assert made == sorted(made) and len(set(made)) == len(made)
    assert {one.version for one in made} == {7}


@pytest.mark.requirement("RFC 9562 6.2")
def test_uuid7_goes_on_when_the_clock_goes_back_or_the_millisecond_is_full(milliseconds, scripted):
    milliseconds(1000)
    scripted(lambda count: b"\xff" * count)
    full = tokens.uuid7()
    scripted(lambda count: b"\x00" * count)
    after = tokens.uuid7()
    assert (after > full, str(after)) == (True, "00000000-03e9-7000-8000-000000000000")
    milliseconds(1)
    assert tokens.uuid7() > after


def test_uuid7_of_one_millisecond_does_not_tell_the_next(milliseconds, scripted):
    milliseconds(1000)
    scripted(lambda count: b"\x00" * count)
    first = tokens.uuid7()
    scripted(lambda count: b"\xff" * count)
    # The version and the variant stand between the bits that count.
    steps = tokens.uuid7().int - first.int
    assert steps >> 64 == 1 and first.int & (1 << 62) - 1 == 0


def test_uuid7_made_at_once_are_all_different():
    made = at_once(lambda number: [tokens.uuid7() for _ in range(200)], 16)
    assert all(some == sorted(some) for some in made)
    assert len({one for some in made for one in some}) == 16 * 200


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
