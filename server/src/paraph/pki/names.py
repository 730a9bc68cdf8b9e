# SPDX-License-Identifier: Apache-2.0
"""Distinguished names: whom a certificate names (RFC 5280 clause 4.1.2.4, EN 319 412-2 clause 4.2).

Names stand as they stand on the identity document, in UTF-8; nothing is transliterated or upper-cased on the way.
"""

import re
import unicodedata
from dataclasses import dataclass

from paraph.pki import der, oids

# In this order the attributes stand in a name, one per relative distinguished name.
ATTRIBUTES = {
    "country": oids.COUNTRY,
    "locality": oids.LOCALITY,
    "organization": oids.ORGANIZATION,
    "organization_identifier": oids.ORGANIZATION_IDENTIFIER,
    "organizational_unit": oids.ORGANIZATIONAL_UNIT,
    "common_name": oids.COMMON_NAME,
    "surname": oids.SURNAME,
    "given_name": oids.GIVEN_NAME,
    "pseudonym": oids.PSEUDONYM,
    "serial_number": oids.SERIAL_NUMBER,
    "title": oids.TITLE,
}
# RFC 5280 appendix A.1 (upper bounds), in characters; organizationIdentifier has none.
UPPER_BOUNDS = {
    oids.COUNTRY: 2,
    oids.COMMON_NAME: 64,
    oids.SURNAME: 32768,
    oids.GIVEN_NAME: 32768,
    oids.ORGANIZATION: 64,
    oids.ORGANIZATIONAL_UNIT: 64,
    oids.LOCALITY: 128,
    oids.SERIAL_NUMBER: 64,
    oids.TITLE: 64,
    oids.PSEUDONYM: 128,
}
# X.520 fixes these two to PrintableString.
PRINTABLE_ATTRIBUTES = frozenset({oids.COUNTRY, oids.SERIAL_NUMBER})

PRIVATE_PERSON = "Private Person"
PROFESSIONAL_PERSON = "Professional Person"
TITLES = (PRIVATE_PERSON, PROFESSIONAL_PERSON)

_EAST_ASIAN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL"})
_COMMON_NAME_BOUND = UPPER_BOUNDS[oids.COMMON_NAME]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whom a certificate names. Empty attributes are left out. `serial_number` of a person is his SSN (20 digits)."""

    common_name: str
    country: str = ""
    surname: str = ""
    given_name: str = ""
    pseudonym: str = ""
    serial_number: str = ""
    title: str = ""
    organization: str = ""
    organization_identifier: str = ""
    organizational_unit: str = ""
    locality: str = ""

    def encode(self) -> bytes:
        """The Name in DER, one attribute per relative distinguished name."""
        present = ((oid, getattr(self, field)) for field, oid in ATTRIBUTES.items() if getattr(self, field))
        return der.sequence(*(der.set_of(_attribute(oid, value)) for oid, value in present))

    @classmethod
    def read(cls, name: bytes) -> "Subject":
        """The subject that a Name of ours encodes. Raises der.Malformed for a name that we never write."""
        fields = {oid: field for field, oid in ATTRIBUTES.items()}
        try:
            return cls(**{fields[attribute.oid]: attribute.text for attribute in decode(name)})
        except (KeyError, TypeError) as error:
            raise der.Malformed("not a name of ours") from error


def _attribute(oid: str, value: str) -> bytes:
    text = unicodedata.normalize("NFC", value)
    encoded = der.printable_string(text) if oid in PRINTABLE_ATTRIBUTES else der.utf8_string(text)
    return der.sequence(der.object_identifier(oid), encoded)


def natural_person(
    *, given_names: str, family_names: str, country: str, ssn: str, title: str = PRIVATE_PERSON, organization: str = "",
    organization_identifier: str = "",
) -> Subject:
    """The subject of a person's certificate.

    Names are taken as they are, but for spaces that mean nothing; only the common name may be shortened.
    """
    given_names, family_names = " ".join(given_names.split()), " ".join(family_names.split())
    return Subject(
        country=country,
        organization=organization,
        organization_identifier=organization_identifier,
        common_name=common_name(given_names, family_names),
        surname=family_names,
        given_name=given_names,
        serial_number=ssn,
        title=title,
    )


def legal_person(*, name: str, identifier: str, country: str, common_name: str = "") -> Subject:
    """The subject of an organisation's seal: `identifier` such as NTRLU-B123456, `country` of its seat."""
    name = " ".join(name.split())
    return Subject(
        country=country, organization=name, organization_identifier=identifier, common_name=common_name or name
    )


def web_server(*, organization: str, locality: str, country: str) -> Subject:
    """The subject of a server's certificate: who runs it, and where; its names stand in the subjectAltName alone."""
    return Subject(country=country, organization=" ".join(organization.split()), locality=locality, common_name="")


# EN 319 412-1 clause 5.1.3: type, country, hyphen-minus, identifier.
NATURAL_IDENTIFIER = re.compile(r"(PAS|IDC|PNO|TIN|EID)([A-Z]{2})-([0-9A-Za-z./-]+)")
# Clause 5.1.4; or a national scheme: two characters and a colon.
LEGAL_IDENTIFIER = re.compile(r"(?:VAT|NTR|PSD|LEI|EOR|EXC|[A-Z]{2}:)[A-Z]{2}-\S+")


def semantics_of(subject: Subject) -> str:
    """Which meaning of EN 319 412-1 the subject's identifier has; nothing for numbers that only we give (SSN)."""
    if NATURAL_IDENTIFIER.fullmatch(subject.serial_number):
        return oids.SEMANTICS_NATURAL
    if not subject.serial_number and LEGAL_IDENTIFIER.fullmatch(subject.organization_identifier):
        return oids.SEMANTICS_LEGAL
    return ""


def common_name(given_names: str, family_names: str) -> str:
    """Given names and family names, 64 characters at most: further given names fall away first, from the last on."""
    given = given_names.split()
    while given:
        whole = " ".join((*given, family_names)).strip()
        if len(whole) <= _COMMON_NAME_BOUND:
            return whole
        given.pop()
    return family_names[:_COMMON_NAME_BOUND].strip()


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute as it was read: its type, the tag of its string and its text."""

    oid: str
    tag: int
    text: str


def decode(name: bytes) -> list[Attribute]:
    """The attributes of a Name in their order. Raises der.Malformed, also for a set of two attributes (never ours)."""
    attributes = []
    for relative in der.read(name).children():
        members = relative.children(der.SET)
        if len(members) != 1:
            raise der.Malformed("more than one attribute in a relative distinguished name")
        parts = members[0].children()
        if len(parts) != 2:
            raise der.Malformed("not an attribute")
        attributes.append(Attribute(parts[0].object_identifier(), parts[1].tag, parts[1].text()))
    return attributes


def readable(name: bytes) -> str:
    """The name for people, most specific attribute last: "C=LU, O=…, CN=…"."""
    labels = {
        oids.COUNTRY: "C", oids.ORGANIZATION: "O", oids.ORGANIZATIONAL_UNIT: "OU", oids.LOCALITY: "L",
        oids.COMMON_NAME: "CN", oids.SURNAME: "SN", oids.GIVEN_NAME: "GN", oids.SERIAL_NUMBER: "serialNumber",
        oids.TITLE: "title", oids.ORGANIZATION_IDENTIFIER: "organizationIdentifier", oids.PSEUDONYM: "pseudonym",
    }
    return ", ".join(f"{labels.get(attribute.oid, attribute.oid)}={attribute.text}" for attribute in decode(name))


def scripts(text: str) -> frozenset[str]:
    """The writing systems of the letters in `text`, such as {"LATIN"}.

    Marks, digits, punctuation, modifier letters (ʼ) and ordinal indicators (Mª) belong to none; the systems that Japanese
    and Korean write together count as one.
    """
    letters = (c for c in text if unicodedata.category(c) in ("Lu", "Ll", "Lt", "Lo") and c not in "ªº")
    found = (unicodedata.name(letter, "UNNAMED").split()[0] for letter in letters)
    return frozenset("EAST ASIAN" if system in _EAST_ASIAN else system for system in found)
