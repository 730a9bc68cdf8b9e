# SPDX-License-Identifier: Apache-2.0
"""Rules about the basic fields of a certificate and its signature."""

from collections.abc import Iterator

from paraph.pki import der, keys, oids
from paraph.pki.lint.rule import Looked, Rules

RULES = Rules()


@RULES.declare("version", "RFC 5280 clause 4.1.2.1")
def version(looked: Looked) -> Iterator[str]:
    if looked.certificate.version != 3:
        yield f"version {looked.certificate.version} instead of 3"


@RULES.declare("serial_number", "RFC 5280 clause 4.1.2.2; EN 319 411-1 clause 6.3.3")
def serial_number(looked: Looked) -> Iterator[str]:
    octets = len(looked.certificate.serial.content)
    if looked.certificate.serial.integer() <= 0:
        yield "not a positive number"
    elif not 8 < octets <= 20:
        # 64 random bits need nine octets or more once the sign bit is kept free.
        yield f"{octets} octets: fewer than 64 random bits, or more than 20 octets"


@RULES.declare("signature_algorithm", "RFC 5280 clause 4.1.1.2; TS 119 312")
def signature_algorithm(looked: Looked) -> Iterator[str]:
    if looked.certificate.inner_algorithm != looked.certificate.outer_algorithm:
        yield "the signed and the unsigned algorithm differ"
    elif looked.certificate.inner_algorithm != _algorithm_of_issuer(looked):
        yield "not the algorithm of the issuer's key"


def _algorithm_of_issuer(looked: Looked) -> bytes:
    return keys.signature_algorithm(keys.algorithm_of(looked.issuer.public_key_der))


@RULES.declare("issuer_name", "RFC 5280 clause 4.1.2.4")
def issuer_name(looked: Looked) -> Iterator[str]:
    if looked.certificate.issuer != looked.issuer.subject:
        yield "not the issuer's subject, byte for byte"


@RULES.declare("issuer_may_issue", "RFC 5280 clause 4.2.1.3, 4.2.1.9, 6.1.4")
def issuer_may_issue(looked: Looked) -> Iterator[str]:
    if looked.issuer is looked.certificate:
        return
    constraints = der.read(looked.issuer.extension(oids.BASIC_CONSTRAINTS) or der.sequence()).children()
    if not constraints or constraints[0].content != b"\xff":
        yield "the issuer is no certification authority"
    elif looked.profile.is_authority and len(constraints) > 1 and constraints[1].integer() == 0:
        yield "the issuer may not issue to another authority"


@RULES.declare("validity_encoding", "RFC 5280 clause 4.1.2.5")
def validity_encoding(looked: Looked) -> Iterator[str]:
    times = (looked.certificate.not_before, looked.certificate.not_after)
    for name, at, tag in zip(("notBefore", "notAfter"), times, looked.certificate.time_tags, strict=True):
        if tag != (der.UTC_TIME if at.year < 2050 else der.GENERALIZED_TIME):
            yield f"{name} is not of the type that its year demands"


@RULES.declare("validity_period", "EN 319 411-1 clause 6.3.3; R072")
def validity_period(looked: Looked) -> Iterator[str]:
    begin, end = looked.certificate.not_before, looked.certificate.not_after
    longest = looked.profile.not_after(begin)
    if begin >= end:
        yield "ends before it begins"
    elif end > longest:
        yield f"ends after {longest.isoformat()}"
    elif looked.profile.has_exact_life and end < longest:
        yield f"ends before {longest.isoformat()}"


@RULES.declare("validity_in_issuer", "EN 319 411-1 clause 6.3.3; RFC 5280 clause 6.1.3")
def validity_in_issuer(looked: Looked) -> Iterator[str]:
    if looked.certificate.not_before < looked.issuer.not_before:
        yield "begins before its issuer's certificate"
    if looked.certificate.not_after > looked.issuer.not_after:
        yield "outlives its issuer's certificate"


@RULES.declare("public_key", "TS 119 312")
def public_key(looked: Looked) -> Iterator[str]:
    try:
        algorithm = keys.algorithm_of(looked.certificate.public_key_der)
    except keys.UnsupportedKey as error:
        yield f"a key that no profile allows: {error}"
        return
    if algorithm not in looked.profile.key_algorithms:
        yield f"{algorithm} is not allowed in this profile"


@RULES.declare("key_is_its_own", "EN 319 411-1 clause 6.3.2")
def key_is_its_own(looked: Looked) -> Iterator[str]:
    same = looked.certificate.public_key_der == looked.issuer.public_key_der
    if same and not looked.profile.is_self_signed:
        yield "the subject's key is the issuer's"


@RULES.declare("signature", "RFC 5280 clause 4.1.1.3")
def signature(looked: Looked) -> Iterator[str]:
    if not keys.verifies(looked.verification_key, looked.certificate.signature, looked.certificate.signed_part):
        yield "does not verify"
