# SPDX-License-Identifier: Apache-2.0
"""Names: what stands on the document stands in the certificate, and what we read is what we wrote."""

import pytest
from cryptography import x509 as outside
from hypothesis import given, strategies

from paraph.pki import der, names, oids
from paraph.pki.names import Subject
from testkit import tree
from testkit.tree import MARIE


def test_a_name_is_what_another_library_reads():
    made = tree.make("natural-signature-ncp", issuer=tree.make("issuing", issuer=tree.make("root")))
    read = outside.load_der_x509_certificate(made.der).subject
    assert [(attribute.oid.dotted_string, attribute.value) for attribute in read] == [
        (oids.COUNTRY, "LU"),
        (oids.COMMON_NAME, "Marie Zoé Müller-Thiry"),
        (oids.SURNAME, "Müller-Thiry"),
        (oids.GIVEN_NAME, "Marie Zoé"),
        (oids.SERIAL_NUMBER, "00100978855105608536"),
        (oids.TITLE, "Private Person"),
    ]
    assert read.public_bytes() == MARIE.encode()


def test_a_subject_is_read_as_it_was_written():
    assert Subject.read(MARIE.encode()) == MARIE
    with pytest.raises(der.Malformed):
        Subject.read(der.sequence(der.set_of(der.sequence(der.object_identifier("2.5.4.20"), der.utf8_string("1")))))
    with pytest.raises(der.Malformed):
        Subject.read(der.sequence())


TEXT = strategies.text(
    strategies.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=30
)


@given(given_names=TEXT, family_names=TEXT)
def test_any_name_survives(given_names, family_names):
    subject = names.natural_person(given_names=given_names, family_names=family_names, country="LU", ssn="0" * 20)
    read = Subject.read(subject.encode())
    assert read.encode() == subject.encode() and len(read.common_name) <= 64


def test_letters_are_kept_and_composed():
    composed = names.natural_person(given_names="Zoe\u0308", family_names="Łukasz", country="LU", ssn="0" * 20)
    assert Subject.read(composed.encode()).given_name == "Zo\u00eb"
    assert Subject.read(composed.encode()).surname == "Łukasz"


def test_spaces_that_mean_nothing_fall_away():
    subject = names.natural_person(given_names=" Marie  Zoé ", family_names="Thiry\u00a0", country="LU", ssn="0" * 20)
    assert (subject.given_name, subject.surname, subject.common_name) == ("Marie Zoé", "Thiry", "Marie Zoé Thiry")


@pytest.mark.parametrize(
    ("given_names", "family_names", "expected"),
    [
        ("Marie Zoé", "Thiry", "Marie Zoé Thiry"),
        ("", "Thiry", "Thiry"),
        ("A" * 31, "B" * 32, "A" * 31 + " " + "B" * 32),
        ("Marie " + "C" * 30, "B" * 40, "Marie " + "B" * 40),
        ("A" * 40, "B" * 40, "B" * 40),
        ("Marie", "B" * 70, "B" * 64),
    ],
)
def test_a_long_common_name_loses_further_given_names_first(given_names, family_names, expected):
    assert names.common_name(given_names, family_names) == expected


def test_a_set_of_two_attributes_is_refused():
    attribute = der.sequence(der.object_identifier(oids.COMMON_NAME), der.utf8_string("A"))
    with pytest.raises(der.Malformed):
        names.decode(der.sequence(der.set_of(attribute, attribute)))


def test_a_name_is_readable():
    assert names.readable(MARIE.encode()).startswith("C=LU, CN=Marie Zoé Müller-Thiry, SN=Müller-Thiry, GN=Marie Zoé")


@pytest.mark.parametrize(
    ("text", "scripts"),
    [("Müller-Thiry 3", {"LATIN"}), ("Ιωάννης", {"GREEK"}), ("Mullеr", {"LATIN", "CYRILLIC"}), ("12 – 3", set()),
     ("Mª José Goñi", {"LATIN"}), ("Oʼaka", {"LATIN"}), ("山田 はなこ", {"EAST ASIAN"})],
)
def test_scripts_are_told_apart(text, scripts):
    assert names.scripts(text) == scripts
