# SPDX-License-Identifier: Apache-2.0
"""Content encrypted for one recipient's certificate: CMS AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084).

The content key travels by RSAES-OAEP with SHA-256 (RFC 3560) or by an ephemeral Diffie-Hellman exchange on P-256 or P-384
(RFC 5753), as the recipient's key allows. PKCS#1 v1.5 encryption is not written, and neither is content that a stranger
could change unseen. OpenSSL reads it from version 3.0 on: `openssl cms -decrypt`.
"""

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from paraph.kernel import tokens
from paraph.pki import der, oids

SMALLEST_RSA_BITS = 3072
_KEY_OCTETS, _NONCE_OCTETS, _TAG_OCTETS = 32, 12, 16
_WRAP = der.sequence(der.object_identifier(oids.AES256_WRAP))
_SHA256 = der.sequence(der.object_identifier(oids.SHA256), der.null())
_OAEP = der.sequence(der.object_identifier(oids.RSAES_OAEP), der.sequence(
    der.explicit(0, _SHA256), der.explicit(1, der.sequence(der.object_identifier(oids.MGF1), _SHA256))))
# Each curve with its key agreement and that one's hash (RFC 5753 clause 7.1.4).
_AGREEMENTS: dict[str, tuple[str, type[hashes.HashAlgorithm]]] = {
    "secp256r1": (oids.DH_SHA256_KDF, hashes.SHA256), "secp384r1": (oids.DH_SHA384_KDF, hashes.SHA384)}


class UnfitRecipient(ValueError):
    """A certificate for which nothing can be encrypted: unreadable, of another kind of key, or for other purposes."""


@dataclass(frozen=True)
class Recipient:
    """Who alone can read what is encrypted, and until when the certificate says so."""

    certificate: x509.Certificate

    @classmethod
    def read(cls, pem: bytes) -> "Recipient":
        """The one certificate of a PEM file. Raises UnfitRecipient, saying why."""
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            key = certificate.public_key()
            purposes = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound:
            purposes = None
        except (ValueError, UnsupportedAlgorithm) as error:
            raise UnfitRecipient("it is not a certificate in PEM") from error
        if isinstance(key, rsa.RSAPublicKey):
            fit, allowed = key.key_size >= SMALLEST_RSA_BITS, purposes is None or purposes.key_encipherment
        elif isinstance(key, ec.EllipticCurvePublicKey):
            fit, allowed = key.curve.name in _AGREEMENTS, purposes is None or purposes.key_agreement
        else:
            fit, allowed = False, True
        if not fit:
            raise UnfitRecipient(f"its key is neither P-256, P-384 nor RSA of {SMALLEST_RSA_BITS} bits or more")
        if not allowed:
            raise UnfitRecipient("its key usage forbids encryption")
        return cls(certificate)

    @property
    def ends_at(self) -> datetime:
        return self.certificate.not_valid_after_utc

    def in_force(self, at: datetime) -> bool:
        return self.certificate.not_valid_before_utc <= at <= self.ends_at

    def encrypt(self, content: bytes) -> bytes:
        """A ContentInfo in DER with the content, for this recipient alone."""
        content_key, nonce = tokens.token_bytes(_KEY_OCTETS), tokens.token_bytes(_NONCE_OCTETS)
        sealed = AESGCM(content_key).encrypt(nonce, content, None)
        body, tag = sealed[:-_TAG_OCTETS], sealed[-_TAG_OCTETS:]
        algorithm = der.sequence(der.object_identifier(oids.AES256_GCM), der.sequence(
            der.octet_string(nonce), der.integer(_TAG_OCTETS)))
        enveloped = der.sequence(
            der.integer(0), der.set_of(self._recipient(content_key)),
            der.sequence(der.object_identifier(oids.DATA), algorithm, der.implicit(0, der.octet_string(body))),
            der.octet_string(tag))
        return der.sequence(der.object_identifier(oids.AUTH_ENVELOPED_DATA), der.explicit(0, enveloped))

    def _recipient(self, content_key: bytes) -> bytes:
        name = der.sequence(self.certificate.issuer.public_bytes(), der.integer(self.certificate.serial_number))
        key = self.certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey):
            wrapped = key.encrypt(content_key, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
            return der.sequence(der.integer(0), name, _OAEP, der.octet_string(wrapped))
        agreement, digest = _AGREEMENTS[key.curve.name]
        ephemeral = ec.generate_private_key(key.curve)
        # RFC 5753 clause 7.2: what the shared key is for, and its length in bits.
        information = der.sequence(_WRAP, der.explicit(2, der.octet_string((_KEY_OCTETS * 8).to_bytes(4, "big"))))
        wrapping_key = X963KDF(digest(), _KEY_OCTETS, information).derive(ephemeral.exchange(ec.ECDH(), key))
        point = ephemeral.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        originator = der.sequence(der.sequence(der.object_identifier(oids.EC_PUBLIC_KEY)), der.bit_string(point))
        return der.implicit(1, der.sequence(
            der.integer(3), der.explicit(0, der.implicit(1, originator)),
            der.sequence(der.object_identifier(agreement), _WRAP),
            der.sequence(der.sequence(name, der.octet_string(aes_key_wrap(wrapping_key, content_key))))))
