# SPDX-License-Identifier: Apache-2.0
"""Certificate profiles as versioned data: what each kind of certificate must say, and where it is demanded.

A profile that has issued a certificate is never edited: a change is a new version beside the old one, so that the daily
re-check and an expert years later know the rules of that day. `editions` names the documents and the editions that the
profile was written against; `clauses` names the clause behind each property.

Policies of ours are written relative to the operator's arc (".2"); `get` puts the arc before them. The default is the
example arc 2.999, and the notices say so: what is issued here is a demonstration, also where the profile has the form
of a qualified certificate.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from paraph.pki import names, oids, x509
from paraph.pki.x509 import Policy

EDITIONS = {
    "RFC 5280": "2008-05",
    "EN 319 411-1": "V1.5.1 (2025-04)",
    "EN 319 411-2": "V2.6.1",
    "EN 319 412-1": "V1.6.1",
    "EN 319 412-2": "V2.4.1",
    "EN 319 412-3": "V1.3.1",
    "EN 319 412-5": "V2.5.1",
    "EN 319 421": "V1.3.1 (2025-07)",
    "TS 119 312": "V1.5.1",
}

NOTICE = "Demonstration certificate issued under the example arc 2.999. It has no legal effect."
NOTICE_QUALIFIED = (
    "Demonstration of the form of a qualified certificate, issued under the example arc 2.999. "
    "It is not a qualified certificate and has no legal effect."
)


@dataclass(frozen=True, kw_only=True)
class Qualified:
    """What a certificate states as a qualified one (EN 319 412-5): its type and whether the key lives in a QSCD."""

    type: str
    in_qscd: bool


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One kind of certificate. `extensions` maps each extension that must be present to whether it is critical.

    `holder` is "natural" (a person), "authority" or "service"; `years` are calendar years, exact for persons and a
    maximum for the others; `key_years` is the shorter time in which a time-stamping key signs.
    """

    name: str
    version: int
    holder: str
    usage: str
    issuer: str
    years: int
    key_usage: tuple[str, ...]
    extensions: Mapping[str, bool]
    clauses: Mapping[str, str]
    editions: tuple[str, ...]
    level: str = ""
    path_length: int | None = None
    purposes: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    qualified: Qualified | None = None
    key_years: int | None = None
    can_be_suspended: bool = False
    key_algorithms: tuple[str, ...] = ("P-256", "P-384", "RSA-3072", "RSA-4096")

    @property
    def is_authority(self) -> bool:
        return self.holder == "authority"

    @property
    def names_ocsp(self) -> bool:
        """Whether it says where to ask for its status: authorities have lists, a responder is not asked of itself."""
        return self.usage not in ("ca", "ocsp")

    @property
    def is_self_signed(self) -> bool:
        return self.issuer == self.name

    def clause(self, code: str, otherwise: str) -> str:
        """The clause behind the property that a lint rule checks, or `otherwise` where the profile adds nothing."""
        return self.clauses.get(code, otherwise)

    def not_after(self, not_before: datetime) -> datetime:
        """`years` calendar years later in UTC, as certificates are read; 29 February becomes 28 February (R072)."""
        return add_years(not_before, self.years)


def add_years(at: datetime, years: int) -> datetime:
    """The same instant of the year `years` calendar years later, in the zone of `at`; 29 February becomes the 28th."""
    try:
        return at.replace(year=at.year + years)
    except ValueError:
        return at.replace(year=at.year + years, day=28)


_COMMON = {
    oids.SUBJECT_KEY_IDENTIFIER: False,
    oids.KEY_USAGE: True,
}
_LEAF = {
    oids.AUTHORITY_KEY_IDENTIFIER: False,
    **_COMMON,
    oids.EXTENDED_KEY_USAGE: False,
    oids.CERTIFICATE_POLICIES: False,
    oids.CRL_DISTRIBUTION_POINTS: False,
    oids.AUTHORITY_INFORMATION_ACCESS: False,
}
_NATURAL_CLAUSES = {
    "extensions": "EN 319 412-2 clause 4.3, 4.4",
    "certificate_policies": "EN 319 412-2 clause 4.3.3; EN 319 411-1 clause 5.3",
    "subject_attributes": "EN 319 412-2 NAT-4.2.4-1 to -13",
    "subject_script": "EN 319 412-2 NAT-4.2.4-19",
    "revocation_lists": "EN 319 412-2 clause 4.3.11",
    "information_access": "EN 319 412-2 clause 4.4.1",
}
_NATURAL_EDITIONS = ("RFC 5280", "EN 319 411-1", "EN 319 412-1", "EN 319 412-2", "TS 119 312")
_QUALIFIED_EDITIONS = (*_NATURAL_EDITIONS, "EN 319 411-2", "EN 319 412-5")
_SERVICE_EDITIONS = ("RFC 5280", "EN 319 411-1", "EN 319 412-2", "EN 319 412-3", "TS 119 312")
_TYPE_A = "EN 319 412-2 NAT-4.3.2 (type A)"
_TYPE_C = "EN 319 412-2 NAT-4.3.2 (type C)"

ROOT = Profile(
    name="root",
    version=1,
    holder="authority",
    usage="ca",
    issuer="root",
    years=20,
    key_usage=("keyCertSign", "cRLSign"),
    extensions={**_COMMON, oids.BASIC_CONSTRAINTS: True},
    clauses={"subject_attributes": "EN 319 412-2 GEN-4.2.3.1"},
    editions=_SERVICE_EDITIONS,
)
ISSUING = Profile(
    name="issuing",
    version=1,
    holder="authority",
    usage="ca",
    issuer="root",
    years=10,
    key_usage=("keyCertSign", "cRLSign"),
    path_length=0,
    policies=(Policy(oids.ANY_POLICY),),
    extensions={
        oids.AUTHORITY_KEY_IDENTIFIER: False,
        **_COMMON,
        oids.CERTIFICATE_POLICIES: False,
        oids.BASIC_CONSTRAINTS: True,
        oids.CRL_DISTRIBUTION_POINTS: False,
        oids.AUTHORITY_INFORMATION_ACCESS: False,
    },
    clauses={"subject_attributes": "EN 319 412-2 GEN-4.2.3.1"},
    editions=_SERVICE_EDITIONS,
)
OCSP = Profile(
    name="ocsp",
    version=1,
    holder="service",
    usage="ocsp",
    issuer="issuing",
    years=1,
    key_usage=("digitalSignature",),
    purposes=(oids.PURPOSE_OCSP_SIGNING,),
    policies=(Policy(".8", NOTICE),),
    extensions={
        oids.AUTHORITY_KEY_IDENTIFIER: False,
        **_COMMON,
        oids.EXTENDED_KEY_USAGE: False,
        oids.CERTIFICATE_POLICIES: False,
        oids.AUTHORITY_INFORMATION_ACCESS: False,
        oids.OCSP_NO_CHECK: False,
    },
    clauses={
        "extensions": "EN 319 411-1 CSS-6.6.3-01A (no check)",
        "information_access": "EN 319 411-1 CSS-6.6.3-01B (no OCSP address)",
        "extended_key_usage": "RFC 6960 clause 4.2.2.2",
    },
    editions=_SERVICE_EDITIONS,
)
TSU = Profile(
    name="tsu",
    version=1,
    holder="service",
    usage="tsu",
    issuer="issuing",
    years=8,
    key_years=2,
    key_usage=("digitalSignature",),
    purposes=(oids.PURPOSE_TIME_STAMPING,),
    policies=(Policy(".9", NOTICE),),
    extensions={**_LEAF, oids.EXTENDED_KEY_USAGE: True, oids.PRIVATE_KEY_USAGE_PERIOD: False},
    clauses={
        "extended_key_usage": "RFC 3161 clause 2.3",
        "private_key_usage_period": "EN 319 421 TIS-7.7.1-09",
        "key_usage": "EN 319 412-3 LEG-4.3.1 (type C)",
    },
    editions=(*_SERVICE_EDITIONS, "EN 319 421"),
)
NATURAL_AUTHENTICATION_NCP = Profile(
    name="natural-authentication-ncp",
    version=1,
    holder="natural",
    usage="authentication",
    level="ncp",
    issuer="issuing",
    years=3,
    key_usage=("digitalSignature",),
    purposes=(oids.PURPOSE_CLIENT_AUTHENTICATION,),
    policies=(Policy(".1", NOTICE), Policy(oids.POLICY_NCP)),
    extensions=_LEAF,
    clauses={**_NATURAL_CLAUSES, "key_usage": _TYPE_C},
    editions=_NATURAL_EDITIONS,
    can_be_suspended=True,
)
NATURAL_SIGNATURE_NCP = Profile(
    name="natural-signature-ncp",
    version=1,
    holder="natural",
    usage="signature",
    level="ncp",
    issuer="issuing",
    years=3,
    key_usage=("nonRepudiation",),
    purposes=(oids.PURPOSE_DOCUMENT_SIGNING,),
    policies=(Policy(".2", NOTICE), Policy(oids.POLICY_NCP)),
    extensions=_LEAF,
    clauses={**_NATURAL_CLAUSES, "key_usage": _TYPE_A},
    editions=_NATURAL_EDITIONS,
    can_be_suspended=True,
)
NATURAL_SIGNATURE_QCP_N = Profile(
    name="natural-signature-qcp-n",
    version=1,
    holder="natural",
    usage="signature",
    level="qcp-n",
    issuer="issuing",
    years=3,
    key_usage=("nonRepudiation",),
    purposes=(oids.PURPOSE_DOCUMENT_SIGNING,),
    policies=(Policy(".3", NOTICE_QUALIFIED), Policy(oids.POLICY_QCP_N)),
    qualified=Qualified(type=oids.QC_TYPE_ESIGN, in_qscd=False),
    extensions={**_LEAF, oids.QC_STATEMENTS: False},
    clauses={**_NATURAL_CLAUSES, "key_usage": _TYPE_A},
    editions=_QUALIFIED_EDITIONS,
    can_be_suspended=True,
)
NATURAL_SIGNATURE_QCP_N_QSCD = Profile(
    name="natural-signature-qcp-n-qscd",
    version=1,
    holder="natural",
    usage="signature",
    level="qcp-n-qscd",
    issuer="issuing",
    years=3,
    key_usage=("nonRepudiation",),
    purposes=(oids.PURPOSE_DOCUMENT_SIGNING,),
    policies=(Policy(".4", NOTICE_QUALIFIED), Policy(oids.POLICY_QCP_N_QSCD)),
    qualified=Qualified(type=oids.QC_TYPE_ESIGN, in_qscd=True),
    extensions={**_LEAF, oids.QC_STATEMENTS: False},
    clauses={**_NATURAL_CLAUSES, "key_usage": _TYPE_A},
    editions=_QUALIFIED_EDITIONS,
    can_be_suspended=True,
)

ALL = (
    ROOT,
    ISSUING,
    OCSP,
    TSU,
    NATURAL_AUTHENTICATION_NCP,
    NATURAL_SIGNATURE_NCP,
    NATURAL_SIGNATURE_QCP_N,
    NATURAL_SIGNATURE_QCP_N_QSCD,
)
_BY_VERSION = {(profile.name, profile.version): profile for profile in ALL}
_NEWEST = {profile.name: profile for profile in sorted(ALL, key=lambda profile: profile.version)}


class UnknownProfile(KeyError):
    """No profile has this name and version."""


@cache
def get(name: str, version: int | None = None, arc: str = oids.EXAMPLE_POLICIES) -> Profile:
    """The newest version of a profile, or one given version, with the operator's policies under `arc`."""
    try:
        profile = _NEWEST[name] if version is None else _BY_VERSION[name, version]
    except KeyError as error:
        raise UnknownProfile(name) from error
    policies = (
        replace(policy, oid=arc + policy.oid) if policy.oid.startswith(".") else policy for policy in profile.policies
    )
    return replace(profile, policies=tuple(policies))


@dataclass(frozen=True, kw_only=True)
class Request:
    """What one certificate is to say beyond its profile. `disclosures` are (language, https address) of the PDS."""

    serial: str
    subject: names.Subject
    public_key_der: bytes
    not_before: datetime
    issuer_not_after: datetime | None = None
    disclosures: tuple[tuple[str, str], ...] = field(default=())


def instruction(profile: Profile, issuer: x509.Issuer, request: Request) -> x509.Instruction:
    """The certificate that `profile` makes of a request. A service's life is cut to its issuer's, a person's never."""
    not_after = profile.not_after(request.not_before)
    if profile.holder != "natural" and request.issuer_not_after is not None:
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
        case oids.OCSP_NO_CHECK:
            return x509.NULL
        case oids.QC_STATEMENTS:
            return x509.qualified_statements(_statements(profile.qualified, request.disclosures))
    raise UnknownProfile(oid)


def _statements(qualified: Qualified, disclosures: tuple[tuple[str, str], ...]) -> tuple[x509.Statement, ...]:
    device = (x509.Statement(oids.QC_SSCD),) if qualified.in_qscd else ()
    return (
        x509.Statement(oids.QC_COMPLIANCE),
        *device,
        x509.Statement(oids.QC_PDS, x509.disclosure_statements(disclosures)),
        x509.Statement(oids.QC_TYPE, x509.certificate_types(qualified.type)),
    )
