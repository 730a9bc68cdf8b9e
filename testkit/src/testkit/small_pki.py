# SPDX-License-Identifier: Apache-2.0
"""A whole trust service in memory: root, issuing CA, OCSP and time-stamping keys, holders. For tests that need certificates,
status and stamps without a database. Everything is made with the product's own profiles; the keys are thrown away."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from paraph.kernel import tokens
from paraph.pki import crl, ocsp, oids, profiles, timestamps, x509
from paraph.pki.crl import Reason
from paraph.pki.keys import SigningKey, SoftwareKey, key_identifier
from paraph.pki.names import Subject
from paraph.pki.ocsp import SingleAnswer, Status

URL = "http://pki.example"


@dataclass
class Entity:
    """A certificate and the key that belongs to it."""

    der: bytes
    key: SigningKey
    serial: str


@dataclass
class SmallPKI:
    """`at` is when it was founded. `revoked` maps a serial to (instant, reason); a hold is reason CERTIFICATE_HOLD."""

    at: datetime
    name: str = "Essai"
    revoked: dict[str, tuple[datetime, Reason]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.root = self._authority("root", f"{self.name} Root", None)
        self.issuing = self._authority("issuing", f"{self.name} Issuing", self.root)
        self.responder = self.certify("ocsp", Subject(common_name=f"{self.name} OCSP", country="LU"))
        self.tsu = self.certify("tsu", Subject(common_name=f"{self.name} TSU", country="LU"))

    def _authority(self, profile: str, name: str, parent: Entity | None) -> Entity:
        return self.certify(profile, Subject(common_name=name, country="LU", organization=self.name), issuer=parent)

    def certify(
        self, profile: str, subject: Subject, *, issuer: Entity | None = None, key: SigningKey | None = None,
        at: datetime | None = None,
    ) -> Entity:
        """A certificate of a profile. Without `issuer`: the issuing CA's, or self-signed for the root."""
        key = key or SoftwareKey.generate("P-256")
        serial = tokens.certificate_serial()
        if profile == "root":
            above = x509.Issuer(name=subject.encode(), public_key_der=key.public_key_der)
            signing: SigningKey = key
        else:
            issuer = issuer or self.issuing
            label = "root" if profile == "issuing" else "issuing"
            above = x509.issuer_of(issuer.der, certificate_url=f"{URL}/ca/{label}.cer",
                                   list_url=f"{URL}/crl/{label}.crl", ocsp_url=f"{URL}/ocsp")
            signing = issuer.key
        instruction = profiles.instruction(profiles.get(profile), above, profiles.Request(
            serial=serial, subject=subject, public_key_der=key.public_key_der, not_before=at or self.at,
            disclosures=(("en", "https://pki.example/pds"),)))
        tbs = x509.to_be_signed(instruction)
        return Entity(x509.assemble(tbs, signing.algorithm, signing.sign(tbs)), key, serial)

    def holder(
        self, *, profile: str = "natural-signature-ncp", name: str = "Marie Muster", key: SigningKey | None = None,
        at: datetime | None = None,
    ) -> Entity:
        given, surname = name.split(" ", 1)
        return self.certify(profile, Subject(
            common_name=name, given_name=given, surname=surname, country="LU", serial_number=tokens.ssn(),
            title="Private Person"), key=key, at=at)

    def stamp(self, imprint: bytes, at: datetime) -> bytes:
        """A TimeStampToken over a SHA-256, with the unit's chain inside."""
        request = timestamps.Request(oids.SHA256, imprint, certificate_wanted=True)
        information = timestamps.token_information(
            request, policy=oids.EXAMPLE_TIMESTAMP_POLICY, serial=int(tokens.certificate_serial(), 16), at=at,
            accuracy=timedelta(seconds=1))
        attributes = timestamps.signed_attributes(information, self.tsu.der, self.tsu.key.algorithm)
        return timestamps.assemble(
            information, attributes, certificate=self.tsu.der, algorithm=self.tsu.key.algorithm,
            signature=self.tsu.key.sign(attributes), certificates=[self.tsu.der, self.issuing.der])

    def answer(self, serial: str, at: datetime) -> bytes:
        """An OCSP answer about one certificate of the issuing CA."""
        name, public_key_der = x509.subject_and_key(self.issuing.der)
        certificate_id = ocsp.Issuer.of(name, public_key_der).certificate_id(oids.SHA1, serial)
        since, reason = self.revoked.get(serial, (None, None))
        single = SingleAnswer(
            certificate_id, Status.REVOKED if since else Status.GOOD, this_update=at,
            next_update=at + timedelta(hours=1), revoked_at=since, reason=reason)
        body = ocsp.to_be_signed(responder_key=self.responder.key.public_key_der, produced_at=at, answers=[single])
        return ocsp.assemble(body, self.responder.key.algorithm, self.responder.key.sign(body), [self.responder.der])

    def revocation_list(self, authority: Entity, at: datetime) -> bytes:
        name, public_key_der = x509.subject_and_key(authority.der)
        entries = [crl.revoked_entry(serial, since, reason) for serial, (since, reason) in sorted(self.revoked.items())
                   if (serial == self.issuing.serial) == (authority is self.root)]
        body = crl.to_be_signed(
            algorithm=authority.key.algorithm, issuer=name, authority_key_identifier=key_identifier(public_key_der),
            number=1, this_update=at, next_update=at + timedelta(days=1), entries=entries)
        return crl.assemble(body, authority.key.algorithm, authority.key.sign(body))
