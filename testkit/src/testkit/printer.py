# SPDX-License-Identifier: Apache-2.0
"""A printing house: takes letters from the spool's folder, opens them with OpenSSL, puts receipts back."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
           "crl_sign", "encipher_only", "decipher_only")


def _key(kind: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind])
    if kind == "Ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("RSA-")))


@dataclass
class Printer:
    """`pem` is what the operator gets, the key never leaves `folder`."""

    folder: Path
    pem: bytes
    begin: datetime
    second: timedelta = timedelta(seconds=1)

    @classmethod
    def founded(cls, folder: Path, *, kind: str = "P-256", at: datetime, usage: str = "", days: int = 365) -> "Printer":
        """`usage`: the one key usage that the certificate names; empty: it names none."""
        key = _key(kind)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Imprimerie Exemple")])
        draft = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), at, at + timedelta(days=days))
        if usage:
            draft = draft.add_extension(x509.KeyUsage(**{each: each == usage for each in _USAGES}), critical=True)
        pem = draft.sign(key, None if kind == "Ed25519" else hashes.SHA256()).public_bytes(Encoding.PEM)
        (folder / "printer.pem").write_bytes(pem)
        (folder / "printer.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return cls(folder, pem, at)

    @property
    def certificate(self) -> Path:
        return self.folder / "printer.pem"

    def decrypt(self, sealed: bytes) -> bytes:
        """Raises CalledProcessError where OpenSSL does not open it."""
        return subprocess.run(
            ["openssl", "cms", "-decrypt", "-inform", "DER", "-binary", "-recip", self.folder / "printer.pem",
             "-inkey", self.folder / "printer.key"], input=sealed, capture_output=True, check=True).stdout

    def pick_up(self, spool: Path) -> dict[str, tuple[dict, bytes]]:
        """Takes every letter that is ready out of the spool: by its id, its manifest and its PDF."""
        taken = {}
        for letter in sorted((spool / "ready").iterdir()):
            manifest = json.loads(self.decrypt((letter / "manifest.json.p7m").read_bytes()))
            taken[letter.name] = manifest, self.decrypt((letter / "letter.pdf.p7m").read_bytes())
            shutil.rmtree(letter)
        return taken

    def receipt(self, spool: Path, manifest: dict, outcome: str = "posted", **more: object) -> Path:
        """Written beside and then renamed, so that nobody reads half a receipt."""
        content = {"letter": manifest["letter"], "sha256": manifest["sha256"], "outcome": outcome,
                   "at": "2026-11-25T07:30:00Z", **more}
        path = spool / "receipts" / f"{manifest['letter']}-{outcome}.json"
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(content))
        os.replace(draft, path)
        return path
