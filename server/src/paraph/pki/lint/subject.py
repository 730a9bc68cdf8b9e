# SPDX-License-Identifier: Apache-2.0
"""Rules about the subject's name (EN 319 412-2 clause 4.2, EN 319 412-3 clause 4.2)."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from paraph.pki import der, matricule, names, oids
from paraph.pki.lint.rule import Looked, Rules

RULES = Rules()

_ASSOCIATION = frozenset({oids.ORGANIZATION, oids.ORGANIZATION_IDENTIFIER, oids.ORGANIZATIONAL_UNIT, oids.LOCALITY})
_NATURAL_REQUIRED = frozenset({oids.COUNTRY, oids.COMMON_NAME, oids.SERIAL_NUMBER, oids.TITLE})
_NATURAL_NAMES = frozenset({oids.GIVEN_NAME, oids.SURNAME, oids.PSEUDONYM})
_LEGAL_REQUIRED = frozenset({oids.COUNTRY, oids.ORGANIZATION, oids.ORGANIZATION_IDENTIFIER, oids.COMMON_NAME})
_SERVER_REQUIRED = frozenset({oids.COUNTRY, oids.ORGANIZATION, oids.LOCALITY})
_LEGAL_OPTIONAL = frozenset({oids.ORGANIZATIONAL_UNIT, oids.LOCALITY})

_SSN = re.compile(r"[0-9]{20}")


@RULES.declare("subject_attributes", "EN 319 412-3 LEG-4.2.1-2 to -6")
def subject_attributes(looked: Looked) -> Iterator[str]:
    present = {attribute.oid for attribute in looked.certificate.attributes}
    if looked.profile.holder == "natural":
        required, allowed = _NATURAL_REQUIRED, _NATURAL_REQUIRED | _NATURAL_NAMES | _ASSOCIATION
        if (oids.PSEUDONYM in present) == bool(present & {oids.GIVEN_NAME, oids.SURNAME}):
            yield "neither the person's names nor a pseudonym, or both"
    elif looked.profile.holder == "web":
        required = allowed = _SERVER_REQUIRED
    else:
        required, allowed = _LEGAL_REQUIRED, _LEGAL_REQUIRED | _LEGAL_OPTIONAL
    for oid in required - present:
        yield f"{oid} is missing"
    for oid in present - allowed:
        yield f"{oid} is not allowed"


@RULES.declare("subject_attributes_once", "EN 319 412-2 NAT-4.2.4; EN 319 412-3 LEG-4.2.1")
def subject_attributes_once(looked: Looked) -> Iterator[str]:
    for oid, count in Counter(attribute.oid for attribute in looked.certificate.attributes).items():
        if count > 1:
            yield f"{oid} stands {count} times"


@RULES.declare("subject_country", "RFC 5280 appendix A.1; ISO 3166-1")
def subject_country(looked: Looked) -> Iterator[str]:
    country = looked.certificate.attribute(oids.COUNTRY)
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        yield "not two capital letters"


@RULES.declare("subject_string_type", "RFC 5280 clause 4.1.2.4")
def subject_string_type(looked: Looked) -> Iterator[str]:
    for attribute in looked.certificate.attributes:
        wanted = der.PRINTABLE_STRING if attribute.oid in names.PRINTABLE_ATTRIBUTES else der.UTF8_STRING
        if attribute.tag != wanted:
            yield f"{attribute.oid} is not of its string type"


@RULES.declare("subject_length", "RFC 5280 appendix A.1 (upper bounds)")
def subject_length(looked: Looked) -> Iterator[str]:
    for attribute in looked.certificate.attributes:
        bound = names.UPPER_BOUNDS.get(attribute.oid)
        # A country of the wrong length is the country's rule.
        if bound and len(attribute.text) > bound and attribute.oid != oids.COUNTRY:
            yield f"{attribute.oid} has {len(attribute.text)} characters, {bound} are allowed"


@RULES.declare("subject_text", "RFC 5280 clause 7.1; EN 319 412-2 NAT-4.2.4")
def subject_text(looked: Looked) -> Iterator[str]:
    for attribute in looked.certificate.attributes:
        text = attribute.text
        if text != " ".join(text.split()) or not text:
            yield f"{attribute.oid} is empty or has spaces that do not belong there"
        elif any(unicodedata.category(character).startswith("C") for character in text):
            yield f"{attribute.oid} has characters that can't be seen"
        elif not unicodedata.is_normalized("NFC", text):
            yield f"{attribute.oid} is not in normalisation form C"


@RULES.declare("subject_script", "EN 319 412-2 NAT-4.2.4-19")
def subject_script(looked: Looked) -> Iterator[str]:
    for attribute in looked.certificate.attributes:
        mixed = names.scripts(attribute.text)
        if len(mixed) > 1:
            yield f"{attribute.oid} mixes {', '.join(sorted(mixed))}"


@RULES.declare("subject_serial_number", "EN 319 412-2 NAT-4.2.4; EN 319 412-1 NAT-5.1.3-02 to -07")
def subject_serial_number(looked: Looked) -> Iterator[str]:
    number = looked.certificate.attribute(oids.SERIAL_NUMBER)
    if looked.profile.holder != "natural" or not number or _SSN.fullmatch(number):
        return
    # What an identifier means stands in a statement, and only qualified certificates have statements.
    meant = names.NATURAL_IDENTIFIER.fullmatch(number) if looked.profile.qualified else None
    if not meant:
        yield "neither the 20 digits of an identity nor, in a qualified certificate, an identifier of ETSI's form"
    elif meant[1] == "PNO" and meant[2] == "LU" and not matricule.is_valid(meant[3]):
        yield "not a Luxembourg national number"


@RULES.declare("subject_title", "the profiles of natural persons")
def subject_title(looked: Looked) -> Iterator[str]:
    title = looked.certificate.attribute(oids.TITLE)
    if looked.profile.holder == "natural" and title and title not in names.TITLES:
        yield f"not one of {', '.join(names.TITLES)}"


@RULES.declare("subject_association", "EN 319 412-2 NAT-4.2.4 (association with an organisation)")
def subject_association(looked: Looked) -> Iterator[str]:
    if looked.profile.holder != "natural":
        return
    associated = any(attribute.oid in _ASSOCIATION - {oids.LOCALITY} for attribute in looked.certificate.attributes)
    title = looked.certificate.attribute(oids.TITLE)
    if associated and title == names.PRIVATE_PERSON:
        yield "a private person with an organisation"
    if title == names.PROFESSIONAL_PERSON and not looked.certificate.attribute(oids.ORGANIZATION):
        yield "a professional without an organisation"


@RULES.declare("organization_identifier", "EN 319 412-1 LEG-5.1.4-02 to -08; EN 319 412-3 LEG-4.2.1-6")
def organization_identifier(looked: Looked) -> Iterator[str]:
    identifier = looked.certificate.attribute(oids.ORGANIZATION_IDENTIFIER)
    if identifier and not names.LEGAL_IDENTIFIER.fullmatch(identifier):
        yield "not a legal person's semantics identifier"


@RULES.declare("organization_identifier_differs", "EN 319 412-3 LEG-4.2.1-4; EN 319 412-2 GEN-4.2.3.1")
def organization_identifier_differs(looked: Looked) -> Iterator[str]:
    identifier = looked.certificate.attribute(oids.ORGANIZATION_IDENTIFIER)
    if identifier and identifier == looked.certificate.attribute(oids.ORGANIZATION):
        yield "it is the organisation's name"


_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_SERVER = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)+(?=[a-z0-9-]*[a-z]){_LABEL}")


@RULES.declare("server_names", "CA/Browser Forum BR 7.1.2.7.12; RFC 5280 clause 4.2.1.6")
def server_names(looked: Looked) -> Iterator[str]:
    found = _dns_names(looked)
    if not found and looked.profile.holder == "web":
        yield "no name"
    if len(set(found)) != len(found):
        yield "a name stands twice"
    for name in found:
        if not _SERVER.fullmatch(name) or len(name) > 253:
            yield "not the full name of a server, in small letters"


def _dns_names(looked: Looked) -> list[str]:
    value = looked.certificate.extension(oids.SUBJECT_ALTERNATIVE_NAME)
    entries = der.read(value).children() if value is not None else []
    if any(entry.tag != 0x82 for entry in entries):
        raise der.Malformed("not a dNSName")
    return [entry.content.decode("ascii", "replace") for entry in entries]
