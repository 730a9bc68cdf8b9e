# SPDX-License-Identifier: Apache-2.0
"""Writes PSKC files (RFC 6030), right ones and wrong ones: text and `cryptography` only, nothing of the reader."""

import base64
import hmac
from dataclasses import dataclass
from hashlib import pbkdf2_hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

NAMES = ('xmlns="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" '
         'xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:xenc11="http://www.w3.org/2009/xmlenc11#" '
         'xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#"')
HMAC_SHA1 = "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
PRE_SHARED = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"


def base64_of(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def container(*parts: str, version: str = "1.0") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer Version="{version}" {NAMES}>{"".join(parts)}</KeyContainer>' \
        .encode()


def password_based(salt: str, iterations: object, length: object, prf: str = "") -> str:
    return ('<EncryptionKey><xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/'
            'pkcs/schemas/pkcs-5v2-0#pbkdf2"><pkcs5:PBKDF2-params><Salt><Specified>' + salt + "</Specified></Salt>"
            f"<IterationCount>{iterations}</IterationCount><KeyLength>{length}</KeyLength>{prf}</pkcs5:PBKDF2-params>"
            "</xenc11:KeyDerivationMethod><xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName>"
            "</xenc11:DerivedKey></EncryptionKey>")


def encrypted(cipher_value: str, bits: int = 128) -> str:
    return (f'<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc"/>'
            f"<xenc:CipherData><xenc:CipherValue>{cipher_value}</xenc:CipherValue></xenc:CipherData>")


def mac_method(content: str, algorithm: str = HMAC_SHA1) -> str:
    return f'<MACMethod Algorithm="{algorithm}">{content and f"<MACKey>{content}</MACKey>"}</MACMethod>'


def package(
    serial: str | None, secret: str, *, method: str = "totp", digits: object = 6, parameters: str | None = None,
    data: str | None = None, policy: str = "", more: str = "",
) -> str:
    """`secret` is the content of the element Secret."""
    if parameters is None:
        parameters = f'<ResponseFormat Length="{digits}" Encoding="DECIMAL"/>'
    if data is None:
        data = {"totp": "<TimeInterval><PlainValue>30</PlainValue></TimeInterval>",
                "hotp": "<Counter><PlainValue>0</PlainValue></Counter>"}.get(method, "")
    number = "" if serial is None else f"<SerialNo>{serial}</SerialNo>"
    return (f"<KeyPackage><DeviceInfo><Manufacturer>Maker</Manufacturer>{number}</DeviceInfo>"
            f'<Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{method}"><Issuer>Issuer</Issuer>'
            f"<AlgorithmParameters>{parameters}</AlgorithmParameters><Data><Secret>{secret}</Secret>{data}</Data>"
            f"{policy}{more}</Key></KeyPackage>")


def plain(secret: bytes) -> str:
    return f"<PlainValue>{base64_of(secret)}</PlainValue>"


@dataclass
class Vault:
    """Encrypts as a maker does, under a pre-shared key."""

    key: bytes
    mac_key: bytes | None = b"mac key, 16 byte"
    mac: str = HMAC_SHA1

    @classmethod
    def of_password(cls, password: str, salt: bytes, iterations: int) -> "Vault":
        return cls(pbkdf2_hmac("sha1", password.encode(), salt, iterations, 16))

    def cbc(self, octets: bytes, start: bytes = b"initial vector 1") -> bytes:
        padding = 16 - len(octets) % 16
        encryptor = Cipher(algorithms.AES(self.key), modes.CBC(start)).encryptor()
        return start + encryptor.update(octets + bytes(padding - 1) + bytes((padding,))) + encryptor.finalize()

    def method(self) -> str:
        sealed = "" if self.mac_key is None else encrypted(base64_of(self.cbc(self.mac_key)), len(self.key) * 8)
        return mac_method(sealed, self.mac)

    def value(self, octets: bytes, *, mac: bool = True, damage: int | None = None) -> str:
        sealed = bytearray(self.cbc(octets))
        digest = hmac.digest(self.mac_key or self.key, bytes(sealed), "sha1" if self.mac == HMAC_SHA1 else "sha256")
        if damage is not None:
            sealed[damage] ^= 1
        value = f"<EncryptedValue>{encrypted(base64_of(bytes(sealed)), len(self.key) * 8)}</EncryptedValue>"
        return value + (f"<ValueMAC>{base64_of(digest)}</ValueMAC>" if mac else "")

    def file(self, *packages: str) -> bytes:
        return container(PRE_SHARED, self.method(), *packages)
