# SPDX-License-Identifier: Apache-2.0
"""The profiles themselves."""

from dataclasses import replace
from datetime import timedelta

from paraph.pki import oids
from paraph.pki.profiles.kind import Profile, Qualified
from paraph.pki.x509 import Policy

EDITIONS = {
    "RFC 5280": "2008-05",
    "EN 319 411-1": "V1.5.1 (2025-04)",
    "EN 319 411-2": "V2.6.1",
    "EN 319 412-1": "V1.6.1",
    "EN 319 412-2": "V2.4.1",
    "EN 319 412-3": "V1.3.1",
    "EN 319 412-4": "V1.3.1",
    "EN 319 412-5": "V2.5.1",
    "EN 319 421": "V1.3.1 (2025-07)",
    "RFC 9608": "2024-06",
    "CA/Browser Forum BR": "2.1.7",
    "TS 119 312": "V1.5.1",
}

# What time-stamps are made under (TSTInfo.policy), beside the certificate policies .1 to .9 and .11 on: no arc of theirs.
TIME_STAMP_POLICY = ".10"

NOTICE = "Demonstration certificate issued under the example arc 2.999. It has no legal effect."
NOTICE_QUALIFIED = (
    "Demonstration of the form of a qualified certificate, issued under the example arc 2.999. "
    "It is not a qualified certificate and has no legal effect."
)


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
    in_device=True,
    qualified=Qualified(type=oids.QC_TYPE_ESIGN, in_qscd=True),
    extensions={**_LEAF, oids.QC_STATEMENTS: False},
    clauses={**_NATURAL_CLAUSES, "key_usage": _TYPE_A},
    editions=_QUALIFIED_EDITIONS,
    can_be_suspended=True,
)
NATURAL_SIGNATURE_LCP = replace(
    NATURAL_SIGNATURE_NCP, name="natural-signature-lcp", level="lcp",
    policies=(Policy(".5", NOTICE), Policy(oids.POLICY_LCP)),
)
NATURAL_SIGNATURE_NCP_PLUS = replace(
    NATURAL_SIGNATURE_NCP, name="natural-signature-ncp-plus", level="ncp+", in_device=True,
    policies=(Policy(".6", NOTICE), Policy(oids.POLICY_NCP_PLUS)),
)
NATURAL_AUTHENTICATION_NCP_PLUS = replace(
    NATURAL_AUTHENTICATION_NCP, name="natural-authentication-ncp-plus", level="ncp+", in_device=True,
    policies=(Policy(".7", NOTICE), Policy(oids.POLICY_NCP_PLUS)),
)
# One signing session: an hour, and nobody can revoke it in that time, so it says that nobody will.
NATURAL_SIGNATURE_SHORT_TERM = replace(
    NATURAL_SIGNATURE_NCP,
    name="natural-signature-short-term",
    life=timedelta(hours=1),
    can_be_suspended=False,
    policies=(Policy(".11", NOTICE), Policy(oids.POLICY_NCP)),
    extensions={
        **{oid: critical for oid, critical in _LEAF.items() if oid != oids.CRL_DISTRIBUTION_POINTS},
        oids.VALIDITY_ASSURED: False,
        oids.NO_REVOCATION_AVAILABLE: False,
    },
    clauses={
        **_NATURAL_CLAUSES,
        "key_usage": _TYPE_A,
        "validity_period": "EN 319 411-1 GEN-6.6.1-03 (24 hours at most)",
        "extensions": "EN 319 411-1 GEN-6.6.1-04, -05; EN 319 412-2 GEN-4.3.11-2A",
    },
    editions=(*_NATURAL_EDITIONS, "RFC 9608"),
)
_LEGAL_CLAUSES = {
    "extensions": "EN 319 412-3 clause 4.3; EN 319 412-2 clause 4.3, 4.4",
    "subject_attributes": "EN 319 412-3 LEG-4.2.1-2 to -6",
    "key_usage": "EN 319 412-3 LEG-4.3.1 (type A)",
    "qc_type": "EN 319 412-5 clause 4.2.3 (eseal)",
}
SEAL_QCP_L = Profile(
    name="seal-qcp-l",
    version=1,
    holder="legal",
    usage="seal",
    level="qcp-l",
    issuer="issuing",
    years=3,
    key_usage=("nonRepudiation",),
    purposes=(oids.PURPOSE_DOCUMENT_SIGNING,),
    policies=(Policy(".12", NOTICE_QUALIFIED), Policy(oids.POLICY_QCP_L)),
    qualified=Qualified(type=oids.QC_TYPE_ESEAL, in_qscd=False),
    extensions={**_LEAF, oids.QC_STATEMENTS: False},
    clauses=_LEGAL_CLAUSES,
    editions=(*_QUALIFIED_EDITIONS, "EN 319 412-3"),
    can_be_suspended=True,
)
SEAL_QCP_L_QSCD = replace(
    SEAL_QCP_L, name="seal-qcp-l-qscd", level="qcp-l-qscd", in_device=True,
    policies=(Policy(".13", NOTICE_QUALIFIED), Policy(oids.POLICY_QCP_L_QSCD)),
    qualified=Qualified(type=oids.QC_TYPE_ESEAL, in_qscd=True),
)
# The Baseline Requirements allow 200 days from 15 March 2026 on, and know no suspension (4.9.13).
TLS_OVCP = Profile(
    name="tls-ovcp",
    version=1,
    holder="web",
    usage="tls",
    level="ovcp",
    issuer="issuing",
    years=1,
    life=timedelta(days=199),
    key_usage=("digitalSignature",),
    purposes=(oids.PURPOSE_SERVER_AUTHENTICATION,),
    policies=(Policy(oids.POLICY_BR_ORGANISATION), Policy(oids.POLICY_OVCP), Policy(".14")),
    # A subject key identifier and a common name are not recommended any more.
    extensions={
        **{oid: critical for oid, critical in _LEAF.items() if oid != oids.SUBJECT_KEY_IDENTIFIER},
        oids.SUBJECT_ALTERNATIVE_NAME: False,
    },
    clauses={
        "extensions": "EN 319 412-4 clause 4; CA/Browser Forum BR 7.1.2.7",
        "subject_attributes": "CA/Browser Forum BR 7.1.2.7.4",
        "validity_period": "CA/Browser Forum BR 6.3.2",
        "key_usage": "CA/Browser Forum BR 7.1.2.7.11",
        "certificate_policies": "EN 319 411-1 clause 5.3; CA/Browser Forum BR 7.1.6.1",
    },
    editions=("RFC 5280", "EN 319 411-1", "EN 319 412-4", "CA/Browser Forum BR", "TS 119 312"),
)

ALL = (
    ROOT,
    ISSUING,
    OCSP,
    TSU,
    NATURAL_AUTHENTICATION_NCP,
    NATURAL_AUTHENTICATION_NCP_PLUS,
    NATURAL_SIGNATURE_LCP,
    NATURAL_SIGNATURE_NCP,
    NATURAL_SIGNATURE_NCP_PLUS,
    NATURAL_SIGNATURE_SHORT_TERM,
    NATURAL_SIGNATURE_QCP_N,
    NATURAL_SIGNATURE_QCP_N_QSCD,
    SEAL_QCP_L,
    SEAL_QCP_L_QSCD,
    TLS_OVCP,
)
