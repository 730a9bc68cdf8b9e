# SPDX-License-Identifier: Apache-2.0
"""Rules about the statements of qualified certificates (EN 319 412-5)."""

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from paraph.pki import der, names, oids, x509
from paraph.pki.lint.rule import Looked, Rules

RULES = Rules()

_ALLOWED = frozenset(
    {oids.QC_COMPLIANCE, oids.QC_SEMANTICS, oids.QC_SSCD, oids.QC_PDS, oids.QC_TYPE, oids.QC_IDENTIFICATION}
)
# A list of one: how the subject was identified.
_IDENTIFICATIONS = frozenset(
    x509.certificate_types(method)
    for method in (oids.IDENTIFIED_2014_AB, oids.IDENTIFIED_2014_CD, oids.IDENTIFIED_2024_ACD, oids.IDENTIFIED_2024_B)
)


def _statements(looked: Looked) -> list[tuple[str, bytes]]:
    value = looked.certificate.extension(oids.QC_STATEMENTS)
    if value is None or looked.profile.qualified is None:
        return []
    parts = [element.children() for element in der.read(value).children()]
    if not parts or any(len(part) not in (1, 2) for part in parts):
        raise der.Malformed("not a list of statements")
    return [(part[0].object_identifier(), part[1].encoding if len(part) > 1 else b"") for part in parts]


@RULES.declare("qc_once", "EN 319 412-5 QCS-4.1-02A")
def qc_once(looked: Looked) -> Iterator[str]:
    for oid, count in Counter(oid for oid, _value in _statements(looked)).items():
        if count > 1:
            yield f"{oid} stands {count} times"


@RULES.declare("qc_known", "EN 319 412-5 QCS-5-01 table 2 (no QcCClegislation in the Union)")
def qc_known(looked: Looked) -> Iterator[str]:
    for oid, _value in _statements(looked):
        if oid not in _ALLOWED:
            yield f"{oid} is not allowed"


@RULES.declare("qc_compliance", "EN 319 412-5 QCS-5-01 table 2, clause 4.2.1")
def qc_compliance(looked: Looked) -> Iterator[str]:
    found = _statements(looked)
    values = [value for oid, value in found if oid == oids.QC_COMPLIANCE]
    if found and (not values or any(values)):
        yield "QcCompliance is missing, or has a value"


@RULES.declare("qc_sscd", "EN 319 412-5 QCS-5-01 table 2, clause 4.2.2; EN 319 411-2 clause 5.3")
def qc_sscd(looked: Looked) -> Iterator[str]:
    found = _statements(looked)
    values = [value for oid, value in found if oid == oids.QC_SSCD]
    if found and (bool(values) != looked.profile.qualified.in_qscd or any(values)):
        yield "QcSSCD stands where the key is not in a declared device, or is missing, or has a value"


@RULES.declare("qc_type", "EN 319 412-5 clause 4.2.3")
def qc_type(looked: Looked) -> Iterator[str]:
    found = _statements(looked)
    values = {value for oid, value in found if oid == oids.QC_TYPE}
    if found and values != {x509.certificate_types(looked.profile.qualified.type)}:
        yield f"not exactly the type {looked.profile.qualified.type}"


@RULES.declare("qc_disclosure", "EN 319 412-5 clause 4.3.4")
def qc_disclosure(looked: Looked) -> Iterator[str]:
    found = _statements(looked)
    values = [value for oid, value in found if oid == oids.QC_PDS]
    if found and not values:
        yield "no disclosure statement"
    for value in values:
        locations = [location.children() for location in der.read(value).children()]
        if any(len(location) != 2 for location in locations):
            raise der.Malformed("not a list of addresses and languages")
        languages = [language.text() for _address, language in locations]
        if "en" not in languages or len(set(languages)) != len(languages):
            yield "not one in English, or two in one language"
        if not all(re.fullmatch(r"[a-z]{2}", language) for language in languages):
            yield "a language that is not two small letters (ISO 639-1)"
        if not all(_is_secure_address(address.text()) for address, _language in locations):
            yield "an address that is not https"


def _is_secure_address(text: str) -> bool:
    try:
        return urlsplit(text).scheme == "https"
    except ValueError:
        return False


@RULES.declare("qc_semantics", "EN 319 412-1 clause 5.1; RFC 3739 clause 3.2.6.1")
def qc_semantics(looked: Looked) -> Iterator[str]:
    found = _statements(looked)
    if not found:
        return
    number = looked.certificate.attribute(oids.SERIAL_NUMBER)
    identifier = looked.certificate.attribute(oids.ORGANIZATION_IDENTIFIER)
    meant = names.semantics_of(names.Subject(
        common_name="", serial_number=number, organization_identifier=identifier))
    values = {value for oid, value in found if oid == oids.QC_SEMANTICS}
    if values != ({x509.semantics(meant)} if meant else set()):
        yield "the statement of what the subject's identifier means is missing, or says something else"


@RULES.declare("qc_identification", "EN 319 412-5 clause 4.3.5; Regulation 910/2014 article 24")
def qc_identification(looked: Looked) -> Iterator[str]:
    values = {value for oid, value in _statements(looked) if oid == oids.QC_IDENTIFICATION}
    if not values <= _IDENTIFICATIONS:
        yield "not one method of identification"
