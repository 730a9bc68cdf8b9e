# SPDX-License-Identifier: Apache-2.0
"""A certification tree with keys in memory, for tests of formats."""

from dataclasses import dataclass
from datetime import UTC, datetime

from paraph.pki import names, oids, profiles, x509
from paraph.pki.keys import SoftwareKey

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PKI_URL = "http://pki.example.com/pki"
DISCLOSURES = (("en", "https://pki.example.com/pds-en.pdf"), ("fr", "https://pki.example.com/pds-fr.pdf"))
SERIALS = iter(range(1 << 158, 1 << 159))

MARIE = names.natural_person(
    given_names="Marie Zoé", family_names="Müller-Thiry", country="LU", ssn="00100978855105608536"
)


def legal(common_name):
    return names.Subject(
        country="LU", organization="Paraph Démonstration S.A.", organization_identifier="NTRLU-B000000",
        common_name=common_name,
    )


SEAL = names.legal_person(name="Boulangerie Um Eck S.à r.l.", identifier="NTRLU-B234567", country="LU")
SERVER = names.web_server(organization="Boulangerie Um Eck S.à r.l.", locality="Esch-sur-Alzette", country="LU")
SUBJECTS = {"natural": MARIE, "legal": SEAL, "web": SERVER}


@dataclass(frozen=True)
class Made:
    key: SoftwareKey
    instruction: x509.Instruction
    der: bytes


def make(
    profile, *, key=None, issuer=None, subject=None, at=NOW, algorithm="P-256", serial=None, arc=oids.EXAMPLE_POLICIES,
    identification=oids.IDENTIFIED_2024_ACD, dns_names=("www.example.lu", "example.lu"),
):
    """One certificate of a profile, signed by `issuer` (a Made), or by itself."""
    profile = profiles.get(profile, arc=arc)
    key = key or SoftwareKey.generate(algorithm)
    subject = subject or SUBJECTS.get(profile.holder) or legal(f"Paraph {profile.name}")
    if issuer is None:
        signing, made_by = key, x509.Issuer(name=subject.encode(), public_key_der=key.public_key_der)
    else:
        signing = issuer.key
        made_by = x509.issuer_of(
            issuer.der,
            certificate_url=f"{PKI_URL}/ca/{profile.issuer}.cer",
            list_url=f"{PKI_URL}/crl/{profile.issuer}.crl",
            ocsp_url=f"{PKI_URL}/ocsp",
        )
    request = profiles.Request(
        serial=serial or f"{next(SERIALS):x}", subject=subject, public_key_der=key.public_key_der, not_before=at,
        issuer_not_after=issuer.instruction.not_after if issuer else None, disclosures=DISCLOSURES,
        identification=identification, dns_names=dns_names,
    )
    instruction = profiles.instruction(profile, made_by, request)
    return Made(key, instruction, sign(instruction, signing))


def sign(instruction, key):
    tbs = x509.to_be_signed(instruction)
    return x509.assemble(tbs, key.algorithm, key.sign(tbs))
