# SPDX-License-Identifier: Apache-2.0
"""A simulated FIDO2 authenticator with the browser in front of it: what WebAuthn's steps give, and what they must not.

It has its own lines of CBOR and of the formats and imports nothing of the server. Every part of an answer can be bent:
`origin`, `challenge`, `flags`, `count` and the rest, for attacks that an honest browser would not send.
"""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

PRESENT, VERIFIED, ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
ES256, EDDSA, RS256 = -7, -8, -257
AAGUID_EXTENSION = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")


def cbor(value: object) -> bytes:
    """The canonical form of CTAP 2 for what authenticators say (RFC 8949, 4.2)."""
    match value:
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(cbor(one) for one in value)
        case dict():
            pairs = sorted(((cbor(key), cbor(one)) for key, one in value.items()), key=lambda pair: (len(pair[0]), pair[0]))
            return _head(5, len(pairs)) + b"".join(key + one for key, one in pairs)
    raise TypeError(type(value))


def _head(kind: int, number: int) -> bytes:
    for limit, more, form in ((24, None, ""), (2**8, 24, ">B"), (2**16, 25, ">H"), (2**32, 26, ">I"), (2**64, 27, ">Q")):
        if number < limit:
            return bytes([kind << 5 | (number if more is None else more)]) + (struct.pack(form, number) if form else b"")
    raise ValueError(number)


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Credential:
    """One key for one relying party; `count` is its own counter."""

    id: bytes
    key: object
    algorithm: int
    relying_party: str
    user_handle: bytes
    count: int = 0
    synced: bool = False

    def sign(self, content: bytes) -> bytes:
        match self.algorithm:
            case -7:
                return self.key.sign(content, ec.ECDSA(hashes.SHA256()))
            case -8:
                return self.key.sign(content)
        return self.key.sign(content, padding.PKCS1v15(), hashes.SHA256())

    @property
    def cose(self) -> dict[int, object]:
        public = self.key.public_key()
        match self.algorithm:
            case -7:
                numbers = public.public_numbers()
                return {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
            case -8:
                raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
                return {1: 1, 3: -8, -1: 6, -2: raw}
        numbers = public.public_numbers()
        size = (numbers.n.bit_length() + 7) // 8
        return {1: 3, 3: -257, -1: numbers.n.to_bytes(size, "big"), -2: numbers.e.to_bytes(3, "big")}


@dataclass
class Authenticator:
    """`maker`: signs attestations; without one the authenticator gives none. `counts`: whether its counters count."""

    origin: str = "http://localhost:8000"
    aaguid: bytes = bytes(16)
    maker: "Maker | None" = None
    own_attestation: bool = False
    synced: bool = False
    counts: bool = True
    algorithm: int = ES256
    credentials: list[Credential] = field(default_factory=list)

    def make(self, options: dict, **bent: object) -> str:
        """The browser's answer to creation options, as the page sends it. `bent`: what is not as it should be."""
        credential = Credential(id=os.urandom(32), key=_key(self.algorithm), algorithm=self.algorithm,
                                relying_party=options["rp"]["id"], user_handle=unb64(options["user"]["id"]),
                                count=1 if self.counts else 0, synced=self.synced)
        self.credentials.append(credential)
        client = self._client("webauthn.create", options, bent)
        public = bent.get("cose", credential.cose)
        attested = self.aaguid + struct.pack(">H", len(credential.id)) + credential.id \
            + (public if isinstance(public, bytes) else cbor(public))
        data = self._data(credential, bent, attested)
        name, statement = self._attestation(credential, data, client)
        content = {"fmt": bent.get("format", name), "authData": data, "attStmt": bent.get("statement", statement)}
        attestation = bent.get("attestation_object") or cbor(content)
        return json.dumps({
            "id": b64(credential.id), "rawId": b64(credential.id), "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": b64(client), "attestationObject": b64(attestation), "transports": ["internal"]}})

    def use(self, options: dict, credential: Credential | None = None, **bent: object) -> str:
        """The browser's answer to request options. Where they name no credential, the newest of this address answers."""
        allowed = [unb64(one["id"]) for one in options.get("allowCredentials", ())]
        credential = credential or next(one for one in reversed(self.credentials) if one.relying_party == options["rpId"]
                                        and (not allowed or one.id in allowed))
        if self.counts:
            credential.count += 1
        client = self._client("webauthn.get", options, bent)
        data = self._data(credential, bent)
        signature = bent.get("signature") or credential.sign(data + hashlib.sha256(client).digest())
        handle = bent.get("user_handle", credential.user_handle)
        return json.dumps({
            "id": b64(credential.id), "rawId": b64(credential.id), "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature),
                         **({"userHandle": b64(handle)} if handle else {})}})

    def _client(self, kind: str, options: dict, bent: dict) -> bytes:
        return json.dumps({
            "type": bent.get("type", kind), "challenge": bent.get("challenge", options["challenge"]),
            "origin": bent.get("origin", self.origin), "crossOrigin": bent.get("cross_origin", False),
        }, separators=(",", ":")).encode()

    def _data(self, credential: Credential, bent: dict, attested: bytes = b"") -> bytes:
        flags = PRESENT | VERIFIED | (ATTESTED if attested else 0) \
            | (ELIGIBLE | BACKED_UP if credential.synced else 0)
        name = bent.get("relying_party", credential.relying_party)
        return hashlib.sha256(name.encode()).digest() \
            + struct.pack(">BI", bent.get("flags", flags), bent.get("count", credential.count)) + attested

    def _attestation(self, credential: Credential, data: bytes, client: bytes) -> tuple[str, dict]:
        content = data + hashlib.sha256(client).digest()
        if self.maker:
            return "packed", {"alg": -7, "sig": self.maker.leaf_key.sign(content, ec.ECDSA(hashes.SHA256())),
                              "x5c": [self.maker.leaf(self.aaguid)]}
        if self.own_attestation:
            return "packed", {"alg": self.algorithm, "sig": credential.sign(content)}
        return "none", {}


@dataclass
class Maker:
    """A maker of authenticators with a root of his own, and the certificate of one batch."""

    name: str = "Fabrique d’essai"
    root_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    leaf_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    since: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    days: int = 3650

    @property
    def root_pem(self) -> str:
        root = self._builder(self._title("Root"), self._title("Root"), self.root_key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True)
        return root.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def leaf(self, aaguid: bytes) -> bytes:
        """WebAuthn 8.2.1: version 3, four subject fields, no authority, the AAGUID in an extension."""
        leaf = self._builder(self._title("Batch"), self._title("Root"), self.leaf_key) \
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True) \
            .add_extension(x509.UnrecognizedExtension(AAGUID_EXTENSION, b"\x04\x10" + aaguid), critical=False)
        return leaf.sign(self.root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def _builder(self, subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key()) \
            .serial_number(x509.random_serial_number()).not_valid_before(self.since) \
            .not_valid_after(self.since + timedelta(days=self.days))

    def _title(self, name: str) -> x509.Name:
        return x509.Name([
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "LU"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, self.name),
            x509.NameAttribute(x509.NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, f"{self.name} {name}")])


def _key(algorithm: int) -> object:
    match algorithm:
        case -7:
            return ec.generate_private_key(ec.SECP256R1())
        case -8:
            return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)
