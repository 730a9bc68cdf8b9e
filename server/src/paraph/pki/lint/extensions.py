# SPDX-License-Identifier: Apache-2.0
"""Rules about extensions: which stand there, whether they are critical, and what each says."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from paraph.pki import der, keys, oids
from paraph.pki.lint.rule import Looked, Rules
from paraph.pki.profiles import add_years
from paraph.pki.x509 import KEY_USAGES

RULES = Rules()


@RULES.declare("extensions", "RFC 5280 clause 4.2; the profile's list")
def extensions(looked: Looked) -> Iterator[str]:
    present = {extension.oid for extension in looked.certificate.extensions}
    for oid in looked.profile.extensions.keys() - present:
        yield f"{oid} is missing"
    for oid in present - looked.profile.extensions.keys():
        yield f"{oid} is not in the profile"


@RULES.declare("extensions_once", "RFC 5280 clause 4.2")
def extensions_once(looked: Looked) -> Iterator[str]:
    counted = Counter(extension.oid for extension in looked.certificate.extensions)
    for oid, count in counted.items():
        if count > 1:
            yield f"{oid} stands {count} times"


@RULES.declare("extension_criticality", "RFC 5280 clause 4.2.1; EN 319 412-2 clause 4.3")
def extension_criticality(looked: Looked) -> Iterator[str]:
    for extension in looked.certificate.extensions:
        wanted = looked.profile.extensions.get(extension.oid, extension.critical)
        if extension.critical != wanted:
            yield f"{extension.oid} must {'' if wanted else 'not '}be critical"


@RULES.declare("authority_key_identifier", "RFC 5280 clause 4.2.1.1")
def authority_key_identifier(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.AUTHORITY_KEY_IDENTIFIER)
    if value is None:
        return
    parts = der.read(value).children()
    issuer_identifier = looked.issuer.extension(oids.SUBJECT_KEY_IDENTIFIER)
    if len(parts) != 1 or parts[0].tag != 0x80:
        yield "not the key identifier alone"
    elif issuer_identifier is not None and parts[0].content != der.read(issuer_identifier).content:
        yield "not the issuer's subject key identifier"


@RULES.declare("subject_key_identifier", "RFC 5280 clause 4.2.1.2")
def subject_key_identifier(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.SUBJECT_KEY_IDENTIFIER)
    wanted = der.octet_string(keys.key_identifier(looked.certificate.public_key_der))
    if value is not None and value != wanted:
        yield "not the SHA-1 of the public key bits"


@RULES.declare("key_usage", "RFC 5280 clause 4.2.1.3")
def key_usage(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.KEY_USAGE)
    if value is None:
        return
    wanted = der.named_bits(*(KEY_USAGES.index(usage) for usage in looked.profile.key_usage))
    if value != wanted:
        yield f"not exactly {', '.join(looked.profile.key_usage)}"


@RULES.declare("extended_key_usage", "RFC 5280 clause 4.2.1.12")
def extended_key_usage(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.EXTENDED_KEY_USAGE)
    if value is None:
        return
    purposes = [element.object_identifier() for element in der.read(value).children()]
    if Counter(purposes) != Counter(looked.profile.purposes):
        yield f"{purposes} instead of {list(looked.profile.purposes)}"


@RULES.declare("basic_constraints", "RFC 5280 clause 4.2.1.9")
def basic_constraints(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.BASIC_CONSTRAINTS)
    if value is None:
        return
    parts = der.read(value).children()
    length = parts[1].integer() if len(parts) > 1 else None
    if (bool(parts) and parts[0].content == b"\xff") != looked.profile.is_authority:
        yield "an authority that is none, or the reverse"
    elif length != looked.profile.path_length:
        yield f"path length {length} instead of {looked.profile.path_length}"


def _policies(looked: Looked) -> dict[str, der.Element] | None:
    value = looked.certificate.extension(oids.CERTIFICATE_POLICIES)
    if value is None:
        return None
    parts = [element.children() for element in der.read(value).children()]
    if any(len(part) not in (1, 2) for part in parts):
        raise der.Malformed("not a policy")
    return [(part[0].object_identifier(), part[1] if len(part) > 1 else None) for part in parts]


@RULES.declare("certificate_policies", "RFC 5280 clause 4.2.1.4")
def certificate_policies(looked: Looked) -> Iterator[str]:
    policies = _policies(looked)
    if policies is None:
        return
    wanted = Counter(policy.oid for policy in looked.profile.policies)
    if Counter(oid for oid, _qualifiers in policies) != wanted:
        yield f"not exactly {', '.join(wanted)}"


@RULES.declare("policy_notice", "RFC 5280 clause 4.2.1.4 (explicitText)")
def policy_notice(looked: Looked) -> Iterator[str]:
    wanted = {policy.oid: policy.notice for policy in looked.profile.policies}
    for oid, qualifiers in _policies(looked) or ():
        notice = _explicit_text(qualifiers) if qualifiers else ""
        if notice != wanted.get(oid, notice) or len(notice) > 200:
            yield f"the notice of {oid} is not the profile's, or longer than 200 characters"


def _explicit_text(qualifiers: der.Element) -> str:
    entries = [entry.children() for entry in qualifiers.children()]
    if len(entries) != 1 or len(entries[0]) != 2:
        raise der.Malformed("not one qualifier")
    kind, notice = entries[0]
    texts = notice.children()
    if kind.object_identifier() != oids.QUALIFIER_USER_NOTICE or len(texts) != 1 or texts[0].tag != der.UTF8_STRING:
        raise der.Malformed("not a notice in UTF-8")
    return texts[0].text()


@RULES.declare("revocation_lists", "RFC 5280 clause 4.2.1.13")
def revocation_lists(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.CRL_DISTRIBUTION_POINTS)
    if value is None:
        return
    points = [point.children() for point in der.read(value).children()]
    if len(points) != 1 or len(points[0]) != 1:
        yield "not one point that is a name alone"
        return
    # [0] distributionPoint, [0] fullName, one general name.
    full_name = points[0][0].children(0xA0)
    general_names = full_name[0].children(0xA0) if full_name else []
    if len(general_names) != 1 or not _is_plain_address(general_names[0]):
        yield "not one http address"


@RULES.declare("information_access", "RFC 5280 clause 4.2.2.1; RFC 6960 clause 3.1")
def information_access(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.AUTHORITY_INFORMATION_ACCESS)
    if value is None:
        return
    entries = [entry.children() for entry in der.read(value).children()]
    if any(len(entry) != 2 for entry in entries):
        raise der.Malformed("not a list of access descriptions")
    wanted = [oids.ACCESS_CA_ISSUERS, *([oids.ACCESS_OCSP] if looked.profile.names_ocsp else [])]
    if Counter(method.object_identifier() for method, _address in entries) != Counter(wanted):
        yield f"not exactly the methods {', '.join(wanted)}"
    if not all(_is_plain_address(address) for _method, address in entries):
        yield "an address that is not plain http"


def _is_plain_address(general_name: der.Element) -> bool:
    """A uniformResourceIdentifier that fetches over http: https would need a certificate to check a certificate."""
    if general_name.tag != 0x86:
        return False
    try:
        address = urlsplit(general_name.content.decode("ascii"))
    except ValueError:
        return False
    return address.scheme == "http" and bool(address.hostname)


@RULES.declare("ocsp_no_check", "RFC 6960 clause 4.2.2.2.1")
def ocsp_no_check(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.OCSP_NO_CHECK)
    if value is not None and value != der.null():
        yield "its value is not NULL"


@RULES.declare("no_revocation", "RFC 9608 clause 2; EN 319 412-1 clause 5.2")
def no_revocation(looked: Looked) -> Iterator[str]:
    for oid in (oids.NO_REVOCATION_AVAILABLE, oids.VALIDITY_ASSURED):
        if looked.certificate.extension(oid) not in (None, der.null()):
            yield f"the value of {oid} is not NULL"


@RULES.declare("private_key_usage_period", "EN 319 421 TIS-7.7.1-09")
def private_key_usage_period(looked: Looked) -> Iterator[str]:
    value = looked.certificate.extension(oids.PRIVATE_KEY_USAGE_PERIOD)
    if value is None:
        return
    parts = der.read(value).children()
    if [part.tag for part in parts] != [0x80, 0x81]:
        yield "not a beginning and an end"
        return
    begin, end = (part.time() for part in parts)
    not_before, not_after = looked.certificate.not_before, looked.certificate.not_after
    longest = min(add_years(not_before, looked.profile.key_years or looked.profile.years), not_after)
    if not not_before <= begin < end <= longest:
        yield f"not inside the certificate's life, or longer than {looked.profile.key_years} years"
