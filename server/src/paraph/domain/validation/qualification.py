# SPDX-License-Identifier: Apache-2.0
"""What a certificate says of itself: name, policies, qualified statements (EN 319 412-5), and whether it may sign documents.

What it says counts only once its path leads to an anchor. Without trusted lists (TS 119 615) nothing here makes a foreign
certificate qualified; certificates under the example arc say that they are a demonstration.
"""

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from paraph.domain.validation import paths, report
from paraph.pki import der, oids

NAMES = {
    NameOID.COMMON_NAME: "common_name", NameOID.SURNAME: "surname", NameOID.GIVEN_NAME: "given_name",
    NameOID.COUNTRY_NAME: "country", NameOID.ORGANIZATION_NAME: "organization", NameOID.PSEUDONYM: "pseudonym",
    NameOID.SERIAL_NUMBER: "serial_number", NameOID.ORGANIZATION_IDENTIFIER: "organization_identifier",
    NameOID.TITLE: "title",
}
DOCUMENT_SIGNING = x509.ObjectIdentifier(oids.PURPOSE_DOCUMENT_SIGNING)
# Purposes under which others sign documents: RFC 9336, e-mail protection, any, and what two large viewers ask for.
SIGNING_PURPOSES = {
    DOCUMENT_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"), x509.ObjectIdentifier("1.2.840.113583.1.1.5"),
}


def describe(certificate: x509.Certificate) -> report.Certificate:
    """The certificate's own words, as values."""
    statements = qualified_statements(certificate)
    policies = policy_identifiers(certificate)
    return report.Certificate(
        subject=_names(certificate.subject),
        issuer=_names(certificate.issuer).get("common_name", certificate.issuer.rfc4514_string()),
        serial=format(certificate.serial_number, "x"),
        not_before=certificate.not_valid_before_utc.isoformat(),
        not_after=certificate.not_valid_after_utc.isoformat(),
        sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        key=_key(certificate),
        policies=policies,
        qualified=oids.QC_COMPLIANCE in statements,
        in_qscd=oids.QC_SSCD in statements,
        seal=oids.QC_TYPE_ESEAL in statements.get(oids.QC_TYPE, ()),
        demonstration=any(policy.startswith(f"{oids.EXAMPLE_ARC}.") for policy in policies),
    )


def may_sign_documents(certificate: x509.Certificate) -> bool:
    """Made for commitments (nonRepudiation), or for signatures in general and not restricted to something else. An
    authentication certificate does not sign documents (R068)."""
    usage = paths.extension(certificate, x509.KeyUsage)
    if usage is None or not (usage.content_commitment or usage.digital_signature):
        return False
    purposes = paths.extension(certificate, x509.ExtendedKeyUsage)
    if purposes is None:
        return True
    return any(purpose in SIGNING_PURPOSES for purpose in purposes)


def may_stamp(certificate: x509.Certificate) -> bool:
    """RFC 3161 clause 2.3: time-stamping is its only purpose, and says so critically."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound:
        return False
    return purposes.critical and list(purposes.value) == [ExtendedKeyUsageOID.TIME_STAMPING]


def legal_level(certificate: report.Certificate) -> str:
    """eIDAS Art. 3 (11), (12): qualified needs a qualified certificate and a qualified device."""
    if not certificate.qualified:
        return "advanced"
    return "qualified" if certificate.in_qscd else "advanced_qualified_certificate"


def policy_identifiers(certificate: x509.Certificate) -> list[str]:
    policies = paths.extension(certificate, x509.CertificatePolicies)
    return [policy.policy_identifier.dotted_string for policy in policies] if policies else []


def qualified_statements(certificate: x509.Certificate) -> dict[str, tuple[str, ...]]:
    """The statements by OID; for the type statement, the types. A malformed extension states nothing."""
    try:
        value = certificate.extensions.get_extension_for_oid(x509.ObjectIdentifier(oids.QC_STATEMENTS)).value
    except x509.ExtensionNotFound:
        return {}
    try:
        found: dict[str, tuple[str, ...]] = {}
        for statement in der.read(value.public_bytes()).children():
            name, *content = statement.children()
            identifier = name.object_identifier()
            found[identifier] = tuple(entry.object_identifier() for entry in content[0].children()) \
                if identifier == oids.QC_TYPE and content else ()
        return found
    except (ValueError, IndexError):
        return {}


def _names(name: x509.Name) -> dict[str, str]:
    return {NAMES[attribute.oid]: str(attribute.value) for attribute in name if attribute.oid in NAMES}


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__
