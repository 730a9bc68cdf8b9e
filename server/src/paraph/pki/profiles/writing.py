# SPDX-License-Identifier: Apache-2.0
"""From a profile and a request to everything that a certificate says."""

from dataclasses import dataclass, field
from datetime import datetime

from paraph.pki import names, oids, x509
from paraph.pki.profiles.kind import Profile, add_years


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one certificate is to say beyond its profile. `disclosures` are (language, https address) of the PDS.

    `identification` is the object identifier of the method of article 24 by which the subject was identified, stated in
    qualified certificates; `dns_names` are a server's.
    """

    serial: str
    subject: names.Subject
    public_key_der: bytes
    not_before: datetime
    issuer_not_after: datetime | None = None
    disclosures: tuple[tuple[str, str], ...] = field(default=())
    identification: str = ""
    dns_names: tuple[str, ...] = field(default=())


def instruction(profile: Profile, issuer: x509.Issuer, request: Request) -> x509.Instruction:
    """The certificate that `profile` makes of a request. A service's life is cut to its issuer's, a holder's never."""
    not_after = profile.not_after(request.not_before)
    if not profile.has_exact_life and request.issuer_not_after is not None:
        not_after = min(not_after, request.issuer_not_after)
    return x509.Instruction(
        serial=request.serial,
        algorithm=issuer.algorithm,
        issuer=issuer.name,
        not_before=request.not_before,
        not_after=not_after,
        subject=request.subject,
        public_key_der=request.public_key_der,
        extensions=tuple(
            x509.Extension(oid, critical, _value(oid, profile, issuer, request))
            for oid, critical in profile.extensions.items()
        ),
    )


def _value(oid: str, profile: Profile, issuer: x509.Issuer, request: Request) -> bytes:
    match oid:
        case oids.AUTHORITY_KEY_IDENTIFIER:
            return x509.authority_key_identifier(issuer.public_key_der)
        case oids.SUBJECT_KEY_IDENTIFIER:
            return x509.subject_key_identifier(request.public_key_der)
        case oids.KEY_USAGE:
            return x509.key_usage(profile.key_usage)
        case oids.EXTENDED_KEY_USAGE:
            return x509.extended_key_usage(profile.purposes)
        case oids.BASIC_CONSTRAINTS:
            return x509.basic_constraints(authority=profile.is_authority, path_length=profile.path_length)
        case oids.CERTIFICATE_POLICIES:
            return x509.certificate_policies(profile.policies)
        case oids.CRL_DISTRIBUTION_POINTS:
            return x509.list_distribution_points(issuer.list_url)
        case oids.AUTHORITY_INFORMATION_ACCESS:
            ocsp_url = issuer.ocsp_url if profile.names_ocsp else ""
            return x509.authority_information_access(ocsp_url=ocsp_url, certificate_url=issuer.certificate_url)
        case oids.PRIVATE_KEY_USAGE_PERIOD:
            return x509.private_key_usage_period(
                request.not_before, add_years(request.not_before, profile.key_years or profile.years)
            )
        case oids.OCSP_NO_CHECK | oids.NO_REVOCATION_AVAILABLE | oids.VALIDITY_ASSURED:
            return x509.NULL
        case oids.SUBJECT_ALTERNATIVE_NAME:
            return x509.dns_names(request.dns_names)
        case oids.QC_STATEMENTS:
            return x509.qualified_statements(_statements(profile, request))
    raise ValueError(f"no value for {oid}")


def _statements(profile: Profile, request: Request) -> tuple[x509.Statement, ...]:
    """In a fixed order. Semantics stand where the subject's identifier has a form that ETSI defines."""
    semantics = names.semantics_of(request.subject)
    statements = [x509.Statement(oids.QC_COMPLIANCE)]
    if semantics:
        statements.append(x509.Statement(oids.QC_SEMANTICS, x509.semantics(semantics)))
    if profile.qualified.in_qscd:
        statements.append(x509.Statement(oids.QC_SSCD))
    statements += [
        x509.Statement(oids.QC_PDS, x509.disclosure_statements(request.disclosures)),
        x509.Statement(oids.QC_TYPE, x509.certificate_types(profile.qualified.type)),
    ]
    if request.identification:
        statements.append(x509.Statement(oids.QC_IDENTIFICATION, x509.certificate_types(request.identification)))
    return tuple(statements)
