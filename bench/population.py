# SPDX-License-Identifier: Apache-2.0
"""A database full of certificates and stored answers, and the same serials as an index of `openssl ca`."""

import datetime
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass(frozen=True)
class Population:
    requests: list[bytes]
    answers: int
    answer_octets: int
    seconds: float


def make(data: Path, count: int) -> Population:
    """Fill `data` as PARAPH_DATA, and put openssl's files beside it. One of three certificates is on hold."""
    os.environ["PARAPH_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "paraph.config.settings"
    import django

    django.setup(set_prefix=False)
    from bench import rows

    serials, requests, answers, octets, seconds = rows.fill(data, count)
    openssl_files(data, serials)
    return Population(requests, answers, octets, seconds)


def openssl_files(data: Path, serials: list[str], *, revoked: int = 3) -> None:
    """What openssl needs to speak of these serials; one of `revoked` is on hold."""
    now = datetime.datetime.now(datetime.UTC)
    stamp = now.strftime("%y%m%d%H%M%SZ")
    end = (now + datetime.timedelta(days=1000)).strftime("%y%m%d%H%M%SZ")
    with (data / "index.txt").open("w") as file:
        file.writelines(
            f"R\t{end}\t{stamp},certificateHold\t{_even(serial)}\tunknown\t/CN={number}\n" if number % revoked == 0
            else f"V\t{end}\t\t{_even(serial)}\tunknown\t/CN={number}\n" for number, serial in enumerate(serials))
    authority, responder = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Bench")])

    def certify(key: ec.EllipticCurvePrivateKey, file: str, *, is_authority: bool) -> None:
        builder = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(1 + secrets.randbits(64)).not_valid_before(now)
                   .not_valid_after(now + datetime.timedelta(days=10))
                   .add_extension(x509.BasicConstraints(is_authority, None), critical=True))
        encoding = builder.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (data / file).write_bytes(encoding)

    certify(authority, "authority.pem", is_authority=True)
    certify(responder, "responder.pem", is_authority=False)
    for key, file in ((authority, "authority.key"), (responder, "responder.key")):
        (data / file).write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def _even(serial: str) -> str:
    return serial.upper().zfill(len(serial) + len(serial) % 2)
