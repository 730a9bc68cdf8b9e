# SPDX-License-Identifier: Apache-2.0
"""pkilint as a judge from outside, where it is installed: it knows nothing of our profiles and nothing of our code.

Our own rules are the gate. What pkilint says of a certificate that is right stands in pkilint.toml with a reason, for one
version of it. Importing this module needs pkilint.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from pkilint import etsi, finding_filter, loader
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate as pkix_certificate
from pkilint.pkix import extension as pkix_extension
from pkilint.pkix import name as pkix_name


@dataclass(frozen=True)
class Judgement:
    """What pkilint says: `findings` are codes that nobody explained yet, `known` those that pkilint.toml explains."""

    findings: frozenset[str]
    known: frozenset[str]


def judge(certificate: bytes, profile: str) -> Judgement:
    """pkilint's judgement of a certificate that was made from this profile."""
    said = _said(certificate, _type(profile))
    explained = said & _explained(profile)
    return Judgement(said - explained, explained)


@cache
def _known() -> dict:
    return tomllib.loads((files("paraph.pki.lint") / "pkilint.toml").read_text(encoding="utf-8"))


def _explained(profile: str) -> frozenset[str]:
    if version("pkilint") != _known()["version"]:
        return frozenset()
    return frozenset(
        entry["code"] for entry in _known()["known"] if "profiles" not in entry or profile in entry["profiles"]
    )


def _type(profile: str) -> CertificateType | None:
    name = _known()["types"].get(profile)
    return CertificateType[name] if name else None


def _said(certificate: bytes, certificate_type: CertificateType | None) -> frozenset[str]:
    results = _container(certificate_type).validate(loader.load_certificate(certificate, "certificate").root)
    if certificate_type is not None:
        results, _ = finding_filter.filter_results(etsi.create_etsi_finding_filters(certificate_type), results)
    return frozenset(
        description.finding.code for result in results for description in result.finding_descriptions
    )


@cache
def _container(certificate_type: CertificateType | None):
    if certificate_type is not None:
        return pkix_certificate.create_pkix_certificate_validator_container(
            etsi.create_decoding_validators(certificate_type), etsi.create_validators(certificate_type)
        )
    return pkix_certificate.create_pkix_certificate_validator_container(
        pkix_certificate.create_decoding_validators(
            pkix_name.ATTRIBUTE_TYPE_MAPPINGS, pkix_extension.EXTENSION_MAPPINGS
        ),
        [
            pkix_certificate.create_issuer_validator_container([]),
            pkix_certificate.create_validity_validator_container(),
            pkix_certificate.create_subject_validator_container([]),
            pkix_certificate.create_extensions_validator_container([]),
        ],
    )
