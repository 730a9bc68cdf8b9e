# SPDX-License-Identifier: Apache-2.0
"""Time-stamps (RFC 3161): the signed attributes, and the TSTInfo whose digest is in them."""

import hashlib
from datetime import UTC, datetime

from paraph.kernel import rules
from paraph.pki import der, oids
from paraph.pki.timestamps import IMPRINT_OCTETS
from paraph.signer.purposes.content import InfrastructureKey, must, near, reading
from paraph.signer.values import House

LARGEST = 4 * 1024
_ATTRIBUTES = {oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_CERTIFICATE_V2}


def permit(
    key: InfrastructureKey, attributes: bytes, information: bytes, house: House, at: datetime
) -> dict[str, object]:
    """Returns the facts for the record. Refuses wrong_content, too_large, wrong_policy, wrong_time."""
    must(len(attributes) <= LARGEST and len(information) <= LARGEST, "too_large")
    with reading():
        hashing = "sha384" if key.algorithm == "P-384" else "sha256"
        _read_attributes(attributes, hashlib.new(hashing, information).digest())
        policy, serial, generated = _read_information(information)
    must(policy in house.timestamp_policies, "wrong_policy")
    near(generated, at, seconds=rules.current().signer_timestamp_seconds)
    return {"form": "timestamp", "serial": f"{serial:x}"}


def _read_attributes(attributes: bytes, digest: bytes) -> None:
    found: dict[str, der.Element] = {}
    given = der.read(attributes).children(der.SET)
    must(attributes == der.set_of(*(attribute.encoding for attribute in given)))
    for attribute in given:
        kind, values = attribute.children()
        [value] = values.children(der.SET)
        must(kind.object_identifier() not in found)
        found[kind.object_identifier()] = value
    must(found.keys() == _ATTRIBUTES)
    must(found[oids.CONTENT_TYPE].object_identifier() == oids.TST_INFO)
    must(found[oids.MESSAGE_DIGEST].encoding == der.octet_string(digest))
    [certificates] = found[oids.SIGNING_CERTIFICATE_V2].children()
    [certificate] = certificates.children()
    [certificate_hash] = certificate.children()
    must(certificate_hash.tag == der.OCTET_STRING and len(certificate_hash.content) == 32)


def _read_information(information: bytes) -> tuple[str, int, datetime]:
    version, policy, imprint, serial, generated, *rest = der.read(information).children()
    must(version.encoding == der.integer(1) and serial.tag == der.INTEGER and 0 < serial.integer() < 1 << 160)
    algorithm, digest = imprint.children()
    must(digest.tag == der.OCTET_STRING)
    must(len(digest.content) == IMPRINT_OCTETS[algorithm.children()[0].object_identifier()])
    tags = [element.tag for element in rest]
    must(tags in ([der.SEQUENCE], [der.SEQUENCE, der.INTEGER]))
    return policy.object_identifier(), serial.integer(), _precise(generated)


def _precise(element: der.Element) -> datetime:
    """A GeneralizedTime that may have a fraction of a second without trailing zeros (RFC 3161 clause 2.4.2)."""
    must(element.tag == der.GENERALIZED_TIME and element.content[-1:] == b"Z")
    whole, _point, fraction = element.content[:-1].decode("ascii").partition(".")
    must(len(whole) == 14 and whole.isdecimal() and element.content.count(b".") == bool(fraction))
    must(len(fraction) <= 6 and (not fraction or (fraction.isdecimal() and fraction[-1] != "0")))
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment.replace(microsecond=int(fraction.ljust(6, "0")))
