# SPDX-License-Identifier: Apache-2.0
"""Time-stamps: RFC 3161 requests, tokens and responses, with the profile of ETSI EN 319 422.

The token is built in two halves, so that the key can be elsewhere: `token_information` says what is stamped and when,
`signed_attributes` gives the bytes to sign, `assemble` the token. The signing certificate is bound by ESSCertIDv2 with
SHA-256 (RFC 5035, RFC 5816). Imprints made with SHA-1 or anything else outside ETSI TS 119 312 are refused.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

from paraph.pki import der, keys, oids

LARGEST_REQUEST = 4 * 1024
# A nonce is a number as large as the client likes; this is far more than any client uses.
_LARGEST_NONCE_OCTETS = 64

# Accepted imprint algorithms and the octets that each gives.
IMPRINT_OCTETS = {oids.SHA256: 32, oids.SHA384: 48, oids.SHA512: 64}


class Failure(IntEnum):
    """PKIFailureInfo, by bit number (RFC 3161 clause 2.4.2)."""

    BAD_ALGORITHM = 0
    BAD_REQUEST = 2
    BAD_DATA_FORMAT = 5
    TIME_NOT_AVAILABLE = 14
    UNACCEPTED_POLICY = 15
    UNACCEPTED_EXTENSION = 16
    SYSTEM_FAILURE = 25


# English, for programs' logs at the other side; a person never sees it.
_TEXTS = {
    Failure.BAD_ALGORITHM: "the imprint algorithm is not accepted; use SHA-256, SHA-384 or SHA-512",
    Failure.BAD_REQUEST: "not a time-stamp request of RFC 3161",
    Failure.BAD_DATA_FORMAT: "the imprint has not the length that its algorithm gives",
    Failure.TIME_NOT_AVAILABLE: "the clock is not trusted at present; no token is issued",
    Failure.UNACCEPTED_POLICY: "the requested policy is not supported",
    Failure.UNACCEPTED_EXTENSION: "no request extension is supported",
    Failure.SYSTEM_FAILURE: "no token can be issued at present",
}


class TimestampError(Exception):
    """The request gets a rejection instead of a token; `failure` says which."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.name.lower())
        self.failure = failure


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be stamped. `policy` is "" when the client leaves the choice to the unit."""

    hash_algorithm: str
    imprint: bytes
    policy: str = ""
    nonce: int | None = None
    certificate_wanted: bool = False


def parse_request(data: bytes) -> Request:
    """Read a TimeStampReq; raises TimestampError for whatever can't be stamped."""
    if len(data) > LARGEST_REQUEST:
        raise TimestampError(Failure.BAD_REQUEST)
    try:
        return _request(data)
    except ValueError as error:
        raise TimestampError(Failure.BAD_REQUEST) from error


def check_imprint(hash_algorithm: str, imprint: bytes) -> None:
    """Raise TimestampError unless the imprint's algorithm is accepted and its length fits."""
    if hash_algorithm not in IMPRINT_OCTETS:
        raise TimestampError(Failure.BAD_ALGORITHM)
    if len(imprint) != IMPRINT_OCTETS[hash_algorithm]:
        raise TimestampError(Failure.BAD_DATA_FORMAT)


def token_information(
    request: Request,
    *,
    policy: str,
    serial: int,
    at: datetime,
    accuracy: timedelta,
) -> bytes:
    """Return the DER of a TSTInfo. `at` may have a fraction of a second; `accuracy` is ± in whole microseconds.

    The ordering flag stays false: two tokens can be put in order only when their times are further apart than the sum
    of their accuracies, or by their lines in the log of the same unit.
    """
    return der.sequence(
        der.integer(1),
        der.object_identifier(policy),
        der.sequence(
            der.sequence(der.object_identifier(request.hash_algorithm), der.null()), der.octet_string(request.imprint)
        ),
        der.integer(serial),
        _precise_time(at),
        _accuracy(accuracy),
        der.integer(request.nonce) if request.nonce is not None else b"",
    )


def signed_attributes(information: bytes, certificate: bytes, algorithm: str) -> bytes:
    """Return the bytes that the unit's key signs: the DER of the signed attributes as a SET (RFC 5652 clause 5.4)."""
    certificate_hash = der.octet_string(hashlib.sha256(certificate).digest())
    signing_certificate = der.sequence(der.sequence(der.sequence(certificate_hash)))
    return der.set_of(
        _attribute(oids.CONTENT_TYPE, der.object_identifier(oids.TST_INFO)),
        _attribute(oids.MESSAGE_DIGEST, der.octet_string(_digest(algorithm, information))),
        _attribute(oids.SIGNING_CERTIFICATE_V2, signing_certificate),
    )


def assemble(
    information: bytes,
    attributes: bytes,
    *,
    certificate: bytes,
    algorithm: str,
    signature: bytes,
    certificates: list[bytes],
) -> bytes:
    """Return the DER of the TimeStampToken. `certificates` are put in when the client wants them: the unit's first."""
    issuer, serial = _issuer_and_serial(certificate)
    signer = der.sequence(
        der.integer(1),
        der.sequence(issuer, serial),
        _digest_identifier(algorithm),
        der.implicit(0, attributes),
        keys.signature_algorithm(algorithm),
        der.octet_string(signature),
    )
    data = der.sequence(
        der.integer(3),
        der.set_of(_digest_identifier(algorithm)),
        der.sequence(der.object_identifier(oids.TST_INFO), der.explicit(0, der.octet_string(information))),
        der.implicit(0, der.set_of(*certificates)) if certificates else b"",
        der.set_of(signer),
    )
    return der.sequence(der.object_identifier(oids.SIGNED_DATA), der.explicit(0, data))


def granted(token: bytes) -> bytes:
    """Return the DER of a TimeStampResp that carries a token."""
    return der.sequence(der.sequence(der.integer(0)), token)


def rejected(failure: Failure) -> bytes:
    """Return the DER of a TimeStampResp that carries a reason and no token."""
    text = der.sequence(der.utf8_string(_TEXTS[failure]))
    return der.sequence(der.sequence(der.integer(2), text, der.named_bits(failure)))


def _request(data: bytes) -> Request:
    outer = der.read(data)
    if outer.tag != der.SEQUENCE:
        raise der.Malformed("not a TimeStampReq")
    version, imprint, *rest = outer.children()
    if version.integer() != 1:
        raise der.Malformed("another version")
    algorithm, value = _children(imprint)
    identifier, *parameters = _children(algorithm)
    if value.tag != der.OCTET_STRING or len(parameters) > 1:
        raise der.Malformed("not a MessageImprint")
    if parameters and parameters[0].encoding != der.null():
        raise der.Malformed("parameters that no hash algorithm has")
    policy, nonce, wanted = "", None, False
    if rest and rest[0].tag == der.OBJECT_IDENTIFIER:
        policy = rest.pop(0).object_identifier()
    if rest and rest[0].tag == der.INTEGER:
        element = rest.pop(0)
        if len(element.content) > _LARGEST_NONCE_OCTETS:
            raise der.Malformed("a nonce that nobody needs")
        nonce = element.integer()
    if rest and rest[0].tag == der.BOOLEAN:
        element = rest.pop(0)
        if element.content not in (b"\x00", b"\xff"):
            raise der.Malformed("not a BOOLEAN")
        wanted = element.content == b"\xff"
    hash_algorithm = identifier.object_identifier()
    if rest:
        if len(rest) == 1 and rest[0].tag == 0xA0:
            raise TimestampError(Failure.UNACCEPTED_EXTENSION)
        raise der.Malformed("more than a TimeStampReq has")
    check_imprint(hash_algorithm, value.content)
    return Request(hash_algorithm, value.content, policy, nonce, wanted)


def _children(element: der.Element) -> list[der.Element]:
    if element.tag != der.SEQUENCE:
        raise der.Malformed("not a SEQUENCE")
    return element.children()


def _precise_time(at: datetime) -> bytes:
    """GeneralizedTime with as many digits of a second as are not zero (RFC 3161 clause 2.4.2)."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    moment = at.astimezone(UTC)
    text = moment.strftime("%Y%m%d%H%M%S")
    if moment.microsecond:
        text += f".{moment.microsecond:06}".rstrip("0")
    return der.tagged(der.GENERALIZED_TIME, text.encode("ascii") + b"Z")


def _accuracy(accuracy: timedelta) -> bytes:
    microseconds = accuracy // timedelta(microseconds=1)
    if microseconds <= 0:
        raise ValueError("no clock is exact: the accuracy is positive")
    seconds, microseconds = divmod(microseconds, 1_000_000)
    thousandths, microseconds = divmod(microseconds, 1000)
    return der.sequence(
        der.integer(seconds) if seconds else b"",
        der.implicit(0, der.integer(thousandths)) if thousandths else b"",
        der.implicit(1, der.integer(microseconds)) if microseconds else b"",
    )


def _attribute(identifier: str, value: bytes) -> bytes:
    return der.sequence(der.object_identifier(identifier), der.set_of(value))


def _digest(algorithm: str, data: bytes) -> bytes:
    return hashlib.new("sha384" if algorithm == "P-384" else "sha256", data).digest()


def _digest_identifier(algorithm: str) -> bytes:
    # RFC 5754 clause 2: without parameters.
    return der.sequence(der.object_identifier(oids.SHA384 if algorithm == "P-384" else oids.SHA256))


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """The encodings of issuer and serialNumber of a certificate (RFC 5280 clause 4.1)."""
    _, serial, _, issuer, *_ = der.read(certificate).children()[0].children()
    return issuer.encoding, serial.encoding
