# SPDX-License-Identifier: Apache-2.0
"""The DER writer against asn1crypto and cryptography, and the reader against what DER forbids."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asn1crypto import core
from hypothesis import given, strategies

from paraph.pki import der


@given(strategies.integers(min_value=-(2**200), max_value=2**200))
def test_integers_are_written_as_another_library_writes_them(value):
    encoding = der.integer(value)
    assert encoding == core.Integer(value).dump()
    assert der.read(encoding).integer() == value


@given(strategies.lists(strategies.integers(min_value=0, max_value=2**70), max_size=8), strategies.integers(0, 2))
def test_object_identifiers_round_trip(arcs, first):
    dotted = ".".join(str(part) for part in (first, 39, *arcs))
    encoding = der.object_identifier(dotted)
    assert encoding == core.ObjectIdentifier(dotted).dump()
    assert der.read(encoding).object_identifier() == dotted


def test_the_example_arc_is_written_right():
    assert der.object_identifier("2.999.1").hex() == "0603883701"
    assert der.read(der.object_identifier("2.999.1")).object_identifier() == "2.999.1"


def test_an_impossible_object_identifier_is_refused():
    with pytest.raises(ValueError):
        der.object_identifier("1.40")


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65535, 65536])
@pytest.mark.requirement("ITU-T X.690 10.1")
def test_lengths_take_the_shortest_form(size):
    encoding = der.octet_string(b"x" * size)
    assert encoding == core.OctetString(b"x" * size).dump()
    assert der.read(encoding).content == b"x" * size


@pytest.mark.parametrize(
    ("positions", "expected"),
    [((0,), "03020780"), ((1,), "03020640"), ((5, 6), "03020106"), ((8,), "0303070080"), ((), "030100")],
)
@pytest.mark.requirement("ITU-T X.690 11.2.2")
def test_named_bits_leave_out_trailing_zeros(positions, expected):
    assert der.named_bits(*positions).hex() == expected


@pytest.mark.requirement("ITU-T X.690 11.6")
def test_a_set_is_sorted():
    assert der.set_of(der.integer(2), der.integer(1)) == der.set_of(der.integer(1), der.integer(2))


def test_tags_are_replaced_or_wrapped():
    assert der.implicit(0, der.octet_string(b"a")).hex() == "800161"
    assert der.implicit(2, der.sequence(der.null())).hex() == "a2020500"
    assert der.explicit(3, der.null()).hex() == "a3020500"


def test_times_change_form_in_2050():
    last = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert der.time(last) == b"\x17\x0d491231235959Z"
    assert der.time(last + timedelta(seconds=1)) == b"\x18\x0f20500101000000Z"
    assert der.read(der.time(last)).time() == last


def test_times_are_written_in_utc():
    local = datetime(2026, 11, 24, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert der.time(local) == b"\x17\x0d261123233000Z"


def test_a_fraction_of_a_second_or_a_missing_zone_is_refused():
    with pytest.raises(ValueError):
        der.time(datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    with pytest.raises(ValueError):
        der.generalized_time(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None))


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "30",
        "3080",  # indefinite length
        "308100",  # a length longer than needed
        "30820001ff",
        "0500ff",  # bytes after the end
        "0402ff",  # cut short
        "1f8101",  # a tag number above 30
        "3085010000000001",
    ],
)
@pytest.mark.requirement("ITU-T X.690 10")
def test_what_der_forbids_is_refused(wrong):
    with pytest.raises(der.Malformed):
        der.read(bytes.fromhex(wrong))


@pytest.mark.parametrize("wrong", ["02020001", "0202ff80", "0200", "040101"])
def test_integers_longer_than_needed_are_refused(wrong):
    with pytest.raises(der.Malformed):
        der.read(bytes.fromhex(wrong)).integer()


@pytest.mark.parametrize(
    "wrong", [b"261124120000z", b"2611241200Z", b"261124120000+0100", b"20261124120000.5Z", b"261324120000Z", b"+61124120000Z"]
)
@pytest.mark.requirement("RFC 5280 4.1.2.5")
def test_only_whole_seconds_in_utc_are_times(wrong):
    with pytest.raises(der.Malformed):
        der.read(der.tagged(der.GENERALIZED_TIME, wrong)).time()


@pytest.mark.parametrize("tag", [der.SET, 0xA0, der.OCTET_STRING, 0x10])
def test_a_constructed_element_is_opened_only_as_what_it_is(tag):
    element = der.read(der.tagged(tag, der.null()))
    with pytest.raises(der.Malformed):
        element.children()
    assert element.children(tag)[0].encoding == der.null()


@given(strategies.binary(max_size=64))
def test_the_reader_answers_or_refuses_and_never_fails_otherwise(data):
    try:
        element = der.read(data)
    except der.Malformed:
        return
    assert element.encoding == data


def test_printable_strings_hold_only_their_characters():
    assert der.printable_string("LU").hex() == "13024c55"
    with pytest.raises(ValueError):
        der.printable_string("Zoé")
