# SPDX-License-Identifier: Apache-2.0
"""What the keys of a service sign in earnest, made with the product's own writers: each with one thing changed on demand."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from paraph.pki import crl, keys, names, ocsp, oids, otp, profiles, timestamps, x509
from paraph.pki.keys import SoftwareKey
from paraph.signer.client import HolderKeys, KeyInfo
from paraph.signer.core import Signer
from paraph.signer.values import FACTORS, LEVEL_OF, House

ISSUER = "https://id.example.org"
POLICY = oids.EXAMPLE_TIMESTAMP_POLICY
HOUSE = House(issuer=ISSUER, timestamp_policies=(POLICY,))
ARC = oids.EXAMPLE_POLICIES
LOGIN = b'{"identity":"lena","type":"paraph-login-1"}'
DISCLOSURES = (("en", "https://id.example.org/pds-en.pdf"),)


def subject(name: str, **more: str) -> names.Subject:
    return names.Subject(country="LU", organization="Essai S.A.", organization_identifier="NTRLU-B000000",
                         common_name=name, **more)


def person(number: str = "00100978855105608536", family_names: str = "Thiry") -> names.Subject:
    return names.natural_person(given_names="Marie", family_names=family_names, country="LU", ssn=number)


@dataclass
class Authority:
    """A key of the signer, and the name that its certificate gives it."""

    info: KeyInfo
    subject: names.Subject
    not_after: datetime

    @property
    def issuer(self) -> x509.Issuer:
        return x509.Issuer(
            name=self.subject.encode(), public_key_der=self.info.public_key_der,
            certificate_url="http://pki.example.org/ca.cer", list_url="http://pki.example.org/ca.crl",
            ocsp_url="http://pki.example.org/ocsp")


def instruction(
    authority: Authority, profile: str, public_key_der: bytes, at: datetime, *, of: names.Subject, serial: int = 0x4D
) -> x509.Instruction:
    """What a certificate of this profile says; `dataclasses.replace` makes another of it."""
    request = profiles.Request(
        serial=f"{serial:x}", subject=of, public_key_der=public_key_der, not_before=at.replace(microsecond=0),
        issuer_not_after=authority.not_after, disclosures=DISCLOSURES)
    return profiles.instruction(profiles.get(profile, arc=ARC), authority.issuer, request)


def with_extension(made: x509.Instruction, oid: str, value: bytes | None, *, critical: bool | None = None):
    """The same with one extension changed, added (at the end), or taken away (None)."""
    kept = [extension for extension in made.extensions if extension.oid != oid]
    before = next((extension for extension in made.extensions if extension.oid == oid), None)
    if value is not None:
        is_critical = critical if critical is not None else before is not None and before.critical
        kept.append(x509.Extension(oid, is_critical, value))
    return replace(made, extensions=tuple(kept))


class Service:
    """A signer with a root and an issuing authority, made in a ceremony, and a key for everything else."""

    def __init__(self, core: Signer, clock, algorithm: str = "P-256") -> None:
        self.core, self.clock = core, clock
        self.numbers, self.presses = iter(range(1, 1_000_000)), iter(range(1_000))
        held = core.open_ceremony(attempt="ceremony")
        self.root = Authority(self.make("root", algorithm), subject("Root"),
                              profiles.add_years(clock.now().replace(microsecond=0), 20))
        self.certify_authority(self.root, self.root, "root")
        self.issuing = Authority(self.make("issuing", algorithm), subject("Issuing"),
                                 profiles.add_years(clock.now().replace(microsecond=0), 10))
        self.certify_authority(self.root, self.issuing, "issuing")
        core.close_ceremony(attempt="end", ceremony=held)
        self.ocsp, self.tsu, self.audit, self.openid = (
            self.make(purpose, algorithm) for purpose in ("ocsp", "tsu", "audit", "openid"))

    def attempt(self) -> str:
        return f"attempt-{next(self.numbers)}"

    def make(self, purpose: str, algorithm: str = "P-256") -> KeyInfo:
        return self.core.make_key(attempt=self.attempt(), purpose=purpose, algorithm=algorithm, label=purpose)

    def sign(self, key: KeyInfo, data: bytes, **more: bytes) -> bytes:
        """Signed and checked. An ID token stands on a login of Lena's, if nothing else is said."""
        if key.purpose == "openid" and "content" not in more and not is_news_of_logout(data):
            more["content"] = self.login()
        signature = self.core.sign(attempt=self.attempt(), key_id=key.key_id, purpose=key.purpose, data=data, **more)
        assert keys.verifies(key.public_key_der, signature, data)
        return signature

    def certify_authority(self, issuer: Authority, of: Authority, profile: str) -> bytes:
        made = instruction(issuer, profile, of.info.public_key_der, self.clock.now(), of=of.subject,
                           serial=next(self.numbers))
        tbs = x509.to_be_signed(made)
        return x509.assemble(tbs, made.algorithm, self.sign(issuer.info, tbs))

    def certify_ocsp(self) -> bytes:
        made = instruction(self.issuing, "ocsp", self.ocsp.public_key_der, self.clock.now(), of=subject("OCSP"),
                           serial=next(self.numbers))
        return self.sign(self.issuing.info, x509.to_be_signed(made))

    def holder_instruction(self, key: KeyInfo, *, of: names.Subject | None = None, **more: int) -> x509.Instruction:
        profile = f"natural-{key.purpose}-ncp"
        return instruction(self.issuing, profile, key.public_key_der, self.clock.now(), of=of or person(), **more)

    def list(self, number: int = 1, *, of: Authority | None = None, entries: list[bytes] | None = None, **more) -> bytes:
        of, at = of or self.issuing, self.clock.now().replace(microsecond=0)
        given = {"algorithm": of.info.algorithm, "issuer": of.subject.encode(), "number": number, "this_update": at,
                 "authority_key_identifier": keys.key_identifier(of.info.public_key_der),
                 "next_update": at + timedelta(days=1)}
        return crl.to_be_signed(entries=entries or [], **(given | more))

    def frame(self, number: int, octets: int, **more) -> crl.Frame:
        of, at = self.issuing, self.clock.now().replace(microsecond=0)
        given = {"algorithm": of.info.algorithm, "issuer": of.subject.encode(), "number": number, "this_update": at,
                 "authority_key_identifier": keys.key_identifier(of.info.public_key_der),
                 "next_update": at + timedelta(days=1)}
        return crl.frame(entries_octets=octets, **(given | more))

    def answer(self, *, serial: int = 0x4D, key: bytes | None = None, at: datetime | None = None,
               nonce: bytes | None = None, single: dict | None = None) -> bytes:
        return answer(self.issuing.issuer.name, self.issuing.info.public_key_der, key or self.ocsp.public_key_der,
                      (at or self.clock.now()).replace(microsecond=0), serial=serial, nonce=nonce, single=single)

    def stamp(self, *, at: datetime | None = None, policy: str = POLICY, key: KeyInfo | None = None) -> tuple[bytes, bytes]:
        """The signed attributes, and the TSTInfo."""
        request = timestamps.Request(hash_algorithm=oids.SHA256, imprint=bytes(32), policy="", nonce=None,
                                     certificate_wanted=False)
        information = timestamps.token_information(
            request, policy=policy, serial=7, at=at or self.clock.now(), accuracy=timedelta(seconds=1))
        return timestamps.signed_attributes(information, b"certificate", (key or self.tsu).algorithm), information

    def login(self) -> bytes:
        """The name of a login that Lena has just finished with an event-based Token."""
        lena = self.lena = getattr(self, "lena", None) or self._activated("lena")
        session = self._authorised("lena", "login", key_id=lena.authentication.key_id, statement=LOGIN,
                                   hashes=[sha256(LOGIN).digest()], labels=["login"])
        self.core.holder_sign(attempt=self.attempt(), session_id=session)
        return json.dumps({"session": session}).encode()

    def _activated(self, holder: str) -> HolderKeys:
        self.core.import_token(attempt=self.attempt(), serial=f"H-{holder}", seed=holder.encode() * 8, method="hotp")
        self.core.admit_name(attempt=self.attempt(), holder=holder, subject=person("00100978855105600001").encode())
        return self.core.make_holder_keys(
            attempt=self.attempt(), session_id=self._authorised(holder, "activate", key_id=None, hashes=[], labels=[]))

    def _authorised(self, holder: str, kind: str, **given) -> str:
        session = self.core.open_session(attempt=self.attempt(), kind=kind, holder=holder, device_serial=f"H-{holder}",
                                         **given).session_id
        code = otp.hotp(holder.encode() * 8, next(self.presses), 6)
        assert self.core.authorise_with_code(attempt=self.attempt(), session_id=session, device_serial=f"H-{holder}",
                                             code=code) == "accepted"
        return session

    def token(self, *, header: dict | None = None, claims: dict | None = None) -> bytes:
        now = int(self.clock.now().timestamp())
        whole = {"iss": ISSUER, "sub": "subject", "aud": "client", "iat": now, "exp": now + 300, "auth_time": now,
                 "acr": LEVEL_OF["token"], "amr": list(FACTORS["token"])} | (claims or {})
        top = {"alg": "ES256", "kid": self.openid.key_id, "typ": "JWT"} | (header or {})
        return b".".join(encode(json.dumps({name: value for name, value in part.items() if value is not None}).encode())
                         for part in (top, whole))


def is_news_of_logout(token: bytes) -> bool:
    header = token.split(b".")[0]
    return header.startswith(b"eyJ") and b"logout+jwt" in urlsafe_b64decode(header + b"=" * (-len(header) % 4))


def encode(octets: bytes) -> bytes:
    return urlsafe_b64encode(octets).rstrip(b"=")


def answer(issuer: bytes, issuer_key: bytes, key: bytes, at: datetime, *, serial: int = 0x4D, nonce: bytes | None = None,
           single: dict | None = None) -> bytes:
    """ResponseData that says "good" until an hour later."""
    given = {"certificate_id": ocsp.Issuer.of(issuer, issuer_key).certificate_id(oids.SHA256, f"{serial:x}"),
             "status": ocsp.Status.GOOD, "this_update": at, "next_update": at + timedelta(hours=1)}
    return ocsp.to_be_signed(responder_key=key, produced_at=at, nonce=nonce,
                             answers=[ocsp.SingleAnswer(**(given | (single or {})))])


def simple_answer(key: KeyInfo, at: datetime, serial: int = 1) -> bytes:
    """The same about nobody's certificate, for tests that want an OCSP key used."""
    return answer(subject("Nobody").encode(), key.public_key_der, key.public_key_der, at.replace(microsecond=0),
                  serial=serial)


def checkpoint(size: int, at: datetime, *, root: bytes = bytes(32), chain: bytes = bytes(32)) -> bytes:
    written = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"paraph audit checkpoint\n{size}\n{root.hex()}\n{chain.hex()}\n{written}\n".encode()


def throw_away() -> bytes:
    return SoftwareKey.generate("P-256").public_key_der
