# SPDX-License-Identifier: Apache-2.0
"""pkilint as a judge from outside, where it is installed: it knows nothing of our profiles and nothing of our code.

Our own rules are the gate; a setting lets pkilint block too (config.binding). What it finds in certificates that are
right stands in pkilint.toml with a reason (`known`). Importing this module needs pkilint.
"""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from pkilint import etsi, finding_filter, loader
from pkilint.etsi.etsi_constants import CertificateType
from pkilint.pkix import certificate as pkix_certificate
from pkilint.pkix import extension as pkix_extension
from pkilint.pkix import name as pkix_name
from pkilint.validation import ValidationFindingSeverity

from paraph.pki.lint import known
from paraph.pki.lint.known import Said


@dataclass(frozen=True)
class Judgement:
    """What pkilint says: `findings` are codes that nobody explained yet, `known` those that pkilint.toml explains."""

    findings: frozenset[str]
    known: frozenset[str]


def judge(certificate: bytes, profile: str) -> Judgement:
    """pkilint's judgement of a certificate that was made from this profile. Its remarks (INFO) are no findings."""
    said = _said(certificate, _type(profile))
    explained = {one for one in said if known.explains(one, profile, version("pkilint"))}
    return Judgement(_codes(said - explained), _codes(explained))


def _codes(said: set[Said]) -> frozenset[str]:
    return frozenset(one.code for one in said)


def _type(profile: str) -> CertificateType | None:
    name = known.judged_as(profile)
    return CertificateType[name] if name else None


def _said(certificate: bytes, certificate_type: CertificateType | None) -> set[Said]:
    results = _container(certificate_type).validate(loader.load_certificate(certificate, "certificate").root)
    if certificate_type is not None:
        results, _ = finding_filter.filter_results(etsi.create_etsi_finding_filters(certificate_type), results)
    return {
        Said(description.finding.code, description.message or "")
        for result in results for description in result.finding_descriptions
        if description.finding.severity <= ValidationFindingSeverity.NOTICE  # FATAL is 0
    }


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
