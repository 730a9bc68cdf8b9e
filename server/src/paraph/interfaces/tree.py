# SPDX-License-Identifier: Apache-2.0
"""The names of the operator profile as they stand in the certificates of authorities and services."""

from django.conf import settings

from paraph.domain.certification.authorities import TreeNames
from paraph.pki.profiles import TIME_STAMP_POLICY


def timestamp_policy() -> str:
    """Under which our units stamp, and which alone the signer lets them state."""
    return f"{settings.OPERATOR.policy_arc}{TIME_STAMP_POLICY}"


def tree_names() -> TreeNames:
    """What the ceremony and every new authority write into certificates."""
    operator = settings.OPERATOR
    certificates = operator.certificates
    # The addresses of disclosure statements must be https (EN 319 412-5), also where the pages are not yet.
    secure = settings.URL.replace("http://", "https://", 1)
    return TreeNames(
        organization=certificates["organisation"],
        organization_identifier=certificates.get("organisation_identifier", f"NTR{operator.country}-B000000"),
        country=operator.country,
        root=certificates["root_name"],
        issuing=certificates["issuing_name"],
        ocsp=certificates.get("ocsp_name", f"{certificates['organisation']} OCSP"),
        tsu=certificates.get("tsu_name", f"{certificates['organisation']} TSU"),
        policy_arc=operator.policy_arc,
        disclosures=tuple((language, f"{secure}/pki/pds-{language}.pdf") for language in ("en", "fr", "de")),
    )
