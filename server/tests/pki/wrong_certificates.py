# SPDX-License-Identifier: Apache-2.0
"""Certificates that one rule of the gate refuses and no other: how they are made, and all of them."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from paraph.pki import der, matricule, oids, profiles, x509
from paraph.pki.keys import SoftwareKey
from paraph.pki.lint import lint
from testkit import tree

SECOND = timedelta(seconds=1)


@cache
def root():
    return tree.make("root", algorithm="P-384")


@cache
def issuing():
    return tree.make("issuing", issuer=root())


@cache
def made(profile):
    if profile in ("root", "issuing"):
        return {"root": root, "issuing": issuing}[profile]()
    return tree.make(profile, issuer=issuing())


def codes(certificate, profile, issuer=None):
    issuer = issuer or (root() if profile == "issuing" else issuing()).der
    return {finding.code for finding in lint(certificate, profiles.get(profile), issuer)}


def changed(profile, **changes):
    """The good certificate of a profile with some fields of its instruction changed, signed again."""
    key = root().key if profile == "issuing" else issuing().key
    return tree.sign(replace(made(profile).instruction, **changes), key)


def with_extension(profile, oid, value=None, *, critical=None):
    """The good certificate with one extension's value (or criticality) changed; without both it is left out."""
    kept = []
    for extension in made(profile).instruction.extensions:
        if extension.oid != oid:
            kept.append(extension)
        elif value is not None or critical is not None:
            kept.append(
                x509.Extension(
                    oid,
                    extension.critical if critical is None else critical,
                    extension.value if value is None else value,
                )
            )
    return changed(profile, extensions=tuple(kept))


def with_subject(profile, **attributes):
    return changed(profile, subject=replace(made(profile).instruction.subject, **attributes))


class RawName:
    """A subject made of attributes that the writer would not write: (oid, DER of the value)."""

    def __init__(self, *attributes):
        self.attributes = attributes

    def encode(self):
        return der.sequence(
            *(der.set_of(der.sequence(der.object_identifier(oid), value)) for oid, value in self.attributes)
        )


def marie(*, without=(), add=(), **other):
    """Marie's attributes as raw pairs, some replaced."""
    attributes = {
        oids.COUNTRY: der.printable_string("LU"),
        oids.COMMON_NAME: der.utf8_string("Marie Müller"),
        oids.SURNAME: der.utf8_string("Müller"),
        oids.GIVEN_NAME: der.utf8_string("Marie"),
        oids.SERIAL_NUMBER: der.printable_string("00100978855105608536"),
        oids.TITLE: der.utf8_string("Private Person"),
    }
    attributes |= {getattr(oids, name.upper()): value for name, value in other.items()}
    pairs = [(oid, value) for oid, value in attributes.items() if oid not in without]
    return changed(NCP, subject=RawName(*pairs, *add))


def identified(serial_number, *, meaning=oids.SEMANTICS_NATURAL):
    """A qualified certificate whose subject has an identifier of ETSI's form, and what is said of its meaning."""
    good = x509.qualified_statements([
        x509.Statement(oids.QC_COMPLIANCE),
        *([x509.Statement(oids.QC_SEMANTICS, x509.semantics(meaning))] if meaning else []),
        x509.Statement(oids.QC_SSCD),
        x509.Statement(oids.QC_PDS, x509.disclosure_statements(tree.DISCLOSURES)),
        x509.Statement(oids.QC_TYPE, x509.certificate_types(oids.QC_TYPE_ESIGN)),
    ])
    instruction = made(QSCD).instruction
    extensions = tuple(
        replace(extension, value=good) if extension.oid == oids.QC_STATEMENTS else extension
        for extension in instruction.extensions
    )
    return changed(QSCD, subject=replace(instruction.subject, serial_number=serial_number), extensions=extensions)


def seal(**attributes):
    return with_subject("seal-qcp-l", **attributes)


def server(*names):
    return with_extension("tls-ovcp", oids.SUBJECT_ALTERNATIVE_NAME, x509.dns_names(names))


PNOLU = f"PNOLU-{matricule.complete('19850317123')}"
SHORT = "natural-signature-short-term"
NCP = "natural-signature-ncp"
QSCD = "natural-signature-qcp-n-qscd"
URI = der.implicit(6, der.ia5_string("http://pki.example.com/x"))
POINT = der.sequence(der.explicit(0, der.implicit(0, der.sequence(URI))))
EXPLICIT = der.sequence(der.object_identifier(oids.QUALIFIER_USER_NOTICE), der.sequence(der.utf8_string("Other")))


def raw(*, version=2, serial=None, inner=None, outer=None, validity=None, signature=None, unused=b""):
    """The signature certificate assembled field by field."""
    instruction = made(NCP).instruction
    fields = [element.encoding for element in der.read(x509.to_be_signed(instruction)).children()]
    fields[0] = der.explicit(0, der.integer(version))
    fields[1] = serial or fields[1]
    fields[2] = inner or fields[2]
    fields[4] = validity or fields[4]
    tbs = der.sequence(*fields, unused)
    signature = signature or issuing().key.sign(tbs)
    return der.sequence(tbs, outer or fields[2], der.bit_string(signature))


def statements(*, drop=(), add=(), device=True):
    """Of a certificate whose subject has no identifier of ETSI's form: no semantics."""
    entries = {
        oids.QC_COMPLIANCE: x509.Statement(oids.QC_COMPLIANCE),
        oids.QC_SSCD: x509.Statement(oids.QC_SSCD),
        oids.QC_PDS: x509.Statement(oids.QC_PDS, x509.disclosure_statements(tree.DISCLOSURES)),
        oids.QC_TYPE: x509.Statement(oids.QC_TYPE, x509.certificate_types(oids.QC_TYPE_ESIGN)),
    }
    kept = [entry for oid, entry in entries.items() if oid not in drop and (device or oid != oids.QC_SSCD)]
    return with_extension(QSCD, oids.QC_STATEMENTS, x509.qualified_statements([*kept, *add]))


def disclosure(*addresses):
    entry = x509.Statement(oids.QC_PDS, x509.disclosure_statements(addresses))
    return statements(drop=[oids.QC_PDS], add=[entry])


def foreign_curve():
    key = ec.generate_private_key(ec.SECP521R1()).public_key()
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return key_changed(NCP, spki)


def key_changed(profile, public_key_der):
    extensions = tuple(
        replace(extension, value=x509.subject_key_identifier(public_key_der))
        if extension.oid == oids.SUBJECT_KEY_IDENTIFIER
        else extension
        for extension in made(profile).instruction.extensions
    )
    return changed(profile, public_key_der=public_key_der, extensions=extensions)


def time_pair(begin, end):
    return der.sequence(begin, end)


BEGIN, END = tree.NOW, profiles.add_years(tree.NOW, 3)
SHA384 = der.sequence(der.object_identifier(oids.ECDSA_WITH_SHA384))

# (rule, what is wrong, profile, the certificate). Two entries of a rule are two limbs of it.
MUTATIONS = [
    ("version", "version 2", NCP, lambda: raw(version=1)),
    ("serial_number", "zero", NCP, lambda: raw(serial=der.integer(0))),
    ("serial_number", "negative", NCP, lambda: raw(serial=der.integer(-(1 << 100)))),
    ("serial_number", "eight octets", NCP, lambda: raw(serial=der.integer(1 << 62))),
    ("serial_number", "21 octets", NCP, lambda: raw(serial=der.integer(1 << 160))),
    ("signature_algorithm", "outer differs", NCP, lambda: raw(outer=SHA384)),
    ("signature_algorithm", "not the key's", NCP, lambda: raw(inner=SHA384, outer=SHA384)),
    ("issuer_name", "another name", NCP, lambda: changed(NCP, issuer=tree.legal("Other CA").encode())),
    ("validity_encoding", "GeneralizedTime before 2050", NCP,
     lambda: raw(validity=time_pair(der.time(BEGIN), der.generalized_time(END)))),
    ("validity_period", "a second too long", NCP, lambda: changed(NCP, not_after=END + SECOND)),
    ("validity_period", "a second too short", NCP, lambda: changed(NCP, not_after=END - SECOND)),
    ("validity_period", "backwards", "ocsp", lambda: changed("ocsp", not_after=BEGIN)),
    ("validity_in_issuer", "begins too early", NCP,
     lambda: changed(NCP, not_before=BEGIN - SECOND, not_after=END - SECOND)),
    ("public_key", "P-521", NCP, foreign_curve),
    ("key_is_its_own", "the issuer's key", NCP, lambda: key_changed(NCP, issuing().key.public_key_der)),
    ("signature", "a changed signature", NCP, lambda: raw(signature=SoftwareKey.generate("P-256").sign(b"other"))),
    ("extensions", "missing", NCP, lambda: with_extension(NCP, oids.KEY_USAGE)),
    ("extensions", "unknown", NCP, lambda: changed(
        NCP, extensions=(*made(NCP).instruction.extensions, x509.Extension("2.999.7", False, der.null())))),
    ("extensions_once", "twice", NCP, lambda: changed(
        NCP, extensions=(*made(NCP).instruction.extensions, made(NCP).instruction.extensions[2]))),
    ("extension_criticality", "not critical", NCP, lambda: with_extension(NCP, oids.KEY_USAGE, critical=False)),
    ("extension_criticality", "time-stamping not critical", "tsu",
     lambda: with_extension("tsu", oids.EXTENDED_KEY_USAGE, critical=False)),
    ("extension_criticality", "critical", NCP, lambda: with_extension(NCP, oids.CERTIFICATE_POLICIES, critical=True)),
    ("authority_key_identifier", "another key", NCP, lambda: with_extension(
        NCP, oids.AUTHORITY_KEY_IDENTIFIER, x509.authority_key_identifier(root().key.public_key_der))),
    ("authority_key_identifier", "serial as well", NCP, lambda: with_extension(
        NCP, oids.AUTHORITY_KEY_IDENTIFIER, der.sequence(der.implicit(0, der.octet_string(b"1" * 20)), b"\x82\x01\x01"))),
    ("subject_key_identifier", "another key", NCP, lambda: with_extension(
        NCP, oids.SUBJECT_KEY_IDENTIFIER, x509.subject_key_identifier(root().key.public_key_der))),
    ("subject_key_identifier", "not an OCTET STRING", NCP, lambda: with_extension(
        NCP, oids.SUBJECT_KEY_IDENTIFIER, b"\x24" + made(NCP).instruction.extensions[1].value[1:])),
    ("key_usage", "authentication in a signature certificate", NCP,
     lambda: with_extension(NCP, oids.KEY_USAGE, x509.key_usage(["digitalSignature"]))),
    ("key_usage", "type B", NCP,
     lambda: with_extension(NCP, oids.KEY_USAGE, x509.key_usage(["digitalSignature", "nonRepudiation"]))),
    ("key_usage", "signature in an authentication certificate", "natural-authentication-ncp",
     lambda: with_extension("natural-authentication-ncp", oids.KEY_USAGE, x509.key_usage(["nonRepudiation"]))),
    ("extended_key_usage", "another purpose", "tsu", lambda: with_extension(
        "tsu", oids.EXTENDED_KEY_USAGE,
        x509.extended_key_usage([oids.PURPOSE_TIME_STAMPING, oids.PURPOSE_OCSP_SIGNING]))),
    ("basic_constraints", "no path length", "issuing",
     lambda: with_extension("issuing", oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=True))),
    ("basic_constraints", "no authority", "issuing",
     lambda: with_extension("issuing", oids.BASIC_CONSTRAINTS, x509.basic_constraints(authority=False))),
    ("certificate_policies", "another policy", NCP, lambda: with_extension(
        NCP, oids.CERTIFICATE_POLICIES, x509.certificate_policies([x509.Policy(oids.POLICY_QCP_N_QSCD)]))),
    ("certificate_policies", "twice", NCP, lambda: with_extension(
        NCP, oids.CERTIFICATE_POLICIES, x509.certificate_policies(
            [*profiles.get(NCP).policies, x509.Policy(oids.POLICY_NCP)]))),
    ("policy_notice", "another text", NCP, lambda: with_extension(
        NCP, oids.CERTIFICATE_POLICIES, x509.certificate_policies(
            [replace(profiles.get(NCP).policies[0], notice="Qualified."), x509.Policy(oids.POLICY_NCP)]))),
    ("policy_notice", "two qualifiers", NCP, lambda: with_extension(
        NCP, oids.CERTIFICATE_POLICIES, der.sequence(
            der.sequence(der.object_identifier(profiles.get(NCP).policies[0].oid), der.sequence(EXPLICIT, EXPLICIT)),
            der.sequence(der.object_identifier(oids.POLICY_NCP))))),
    ("revocation_lists", "https", NCP, lambda: with_extension(
        NCP, oids.CRL_DISTRIBUTION_POINTS, x509.list_distribution_points("https://pki.example.com/x.crl"))),
    ("revocation_lists", "two points", NCP,
     lambda: with_extension(NCP, oids.CRL_DISTRIBUTION_POINTS, der.sequence(POINT, POINT))),
    ("revocation_lists", "a list for some reasons only", NCP, lambda: with_extension(
        NCP, oids.CRL_DISTRIBUTION_POINTS, der.sequence(der.sequence(
            der.explicit(0, der.implicit(0, der.sequence(URI))), der.implicit(1, der.named_bits(1)))))),
    ("information_access", "no OCSP", NCP, lambda: with_extension(
        NCP, oids.AUTHORITY_INFORMATION_ACCESS, x509.authority_information_access(
            ocsp_url="", certificate_url="http://pki.example.com/ca.cer"))),
    ("information_access", "OCSP in a responder's certificate", "ocsp", lambda: with_extension(
        "ocsp", oids.AUTHORITY_INFORMATION_ACCESS, x509.authority_information_access(
            ocsp_url="http://pki.example.com/ocsp", certificate_url="http://pki.example.com/ca.cer"))),
    ("information_access", "https", NCP, lambda: with_extension(
        NCP, oids.AUTHORITY_INFORMATION_ACCESS, x509.authority_information_access(
            ocsp_url="http://pki.example.com/ocsp", certificate_url="https://pki.example.com/ca.cer"))),
    ("ocsp_no_check", "a value", "ocsp", lambda: with_extension("ocsp", oids.OCSP_NO_CHECK, der.boolean(True))),
    ("private_key_usage_period", "a second too long", "tsu", lambda: with_extension(
        "tsu", oids.PRIVATE_KEY_USAGE_PERIOD,
        x509.private_key_usage_period(BEGIN, profiles.add_years(BEGIN, 2) + SECOND))),
    ("private_key_usage_period", "before the certificate", "tsu", lambda: with_extension(
        "tsu", oids.PRIVATE_KEY_USAGE_PERIOD,
        x509.private_key_usage_period(BEGIN - SECOND, profiles.add_years(BEGIN, 1)))),
    ("private_key_usage_period", "no end", "tsu", lambda: with_extension(
        "tsu", oids.PRIVATE_KEY_USAGE_PERIOD, der.sequence(der.implicit(0, der.generalized_time(BEGIN))))),
    ("subject_attributes", "no country", NCP, lambda: with_subject(NCP, country="")),
    ("subject_attributes", "no SSN", NCP, lambda: with_subject(NCP, serial_number="")),
    ("subject_attributes", "names and pseudonym", NCP, lambda: with_subject(NCP, pseudonym="Zorro")),
    ("subject_attributes", "neither", NCP, lambda: with_subject(NCP, given_name="", surname="")),
    ("subject_attributes", "an attribute that nobody foresaw", NCP,
     lambda: marie(add=[("2.5.4.20", der.utf8_string("+352"))])),
    ("subject_attributes", "an authority without identifier", "issuing",
     lambda: with_subject("issuing", organization_identifier="")),
    ("subject_attributes_once", "two common names", NCP,
     lambda: marie(add=[(oids.COMMON_NAME, der.utf8_string("Marie M."))])),
    ("subject_country", "small letters", NCP, lambda: with_subject(NCP, country="lu")),
    ("subject_country", "three letters", NCP, lambda: with_subject(NCP, country="LUX")),
    ("subject_string_type", "PrintableString name", NCP, lambda: marie(title=der.printable_string("Private Person"))),
    ("subject_string_type", "UTF8String country", NCP, lambda: marie(country=der.utf8_string("LU"))),
    ("subject_length", "65 characters", NCP, lambda: with_subject(NCP, common_name="é" * 65)),
    ("subject_text", "a space at the end", NCP, lambda: with_subject(NCP, surname="Müller ")),
    ("subject_text", "a zero-width space", NCP, lambda: with_subject(NCP, surname="Mü\u200bller")),
    ("subject_text", "decomposed", NCP, lambda: marie(surname=der.utf8_string("Mu\u0308ller"))),
    ("subject_text", "empty", NCP, lambda: marie(given_name=der.utf8_string(""))),
    ("subject_script", "a Cyrillic letter in a Latin name", NCP, lambda: with_subject(NCP, surname="Mullеr")),
    ("subject_serial_number", "19 digits", NCP, lambda: with_subject(NCP, serial_number="0" * 19)),
    ("subject_title", "another title", NCP, lambda: with_subject(NCP, title="Notary")),
    ("subject_association", "a private person with an organisation", NCP,
     lambda: with_subject(NCP, organization="Banque")),
    ("subject_association", "a professional without", NCP, lambda: with_subject(NCP, title="Professional Person")),
    ("organization_identifier", "without country", "issuing",
     lambda: with_subject("issuing", organization_identifier="NTR-B1")),
    ("subject_serial_number", "an identifier of ETSI's form where nothing says what it means", NCP,
     lambda: with_subject(NCP, serial_number=PNOLU)),
    ("subject_serial_number", "a wrong national number", QSCD, lambda: identified(PNOLU[:-1] + str(9 - int(PNOLU[-1])))),
    ("subject_serial_number", "without hyphen", QSCD, lambda: identified(PNOLU.replace("-", ""), meaning="")),
    ("organization_identifier_differs", "the name twice", "seal-qcp-l",
     lambda: seal(organization="NTRLU-B234567", common_name="NTRLU-B234567")),
    ("server_names", "none", "tls-ovcp", lambda: server()),
    ("server_names", "an address of another kind", "tls-ovcp",
     lambda: with_extension("tls-ovcp", oids.SUBJECT_ALTERNATIVE_NAME, der.sequence(URI))),
    ("server_names", "capitals", "tls-ovcp", lambda: server("www.example.lu", "WWW2.example.lu")),
    ("server_names", "an address", "tls-ovcp", lambda: server("www.example.lu", "192.0.2.1")),
    ("server_names", "one label", "tls-ovcp", lambda: server("www.example.lu", "intranet")),
    ("server_names", "a star inside", "tls-ovcp", lambda: server("www.example.lu", "www.*.lu")),
    ("server_names", "a star in a label", "tls-ovcp", lambda: server("www.example.lu", "w*.example.lu")),
    ("server_names", "twice", "tls-ovcp", lambda: server("www.example.lu", "www.example.lu")),
    ("server_names", "64 letters", "tls-ovcp", lambda: server("www.example.lu", f"{'a' * 64}.lu")),
    ("subject_attributes", "a server without place", "tls-ovcp", lambda: with_subject("tls-ovcp", locality="")),
    ("subject_attributes", "a server's identifier of an organisation", "tls-ovcp",
     lambda: with_subject("tls-ovcp", organization_identifier="NTRLU-B1")),
    ("subject_attributes", "a server with a common name", "tls-ovcp",
     lambda: with_subject("tls-ovcp", common_name="www.example.lu")),
    ("validity_period", "a server's 200th day", "tls-ovcp",
     lambda: changed("tls-ovcp", not_after=BEGIN + timedelta(days=199))),
    ("validity_period", "a session's second hour", SHORT, lambda: changed(SHORT, not_after=BEGIN + timedelta(hours=1))),
    ("extensions", "revocable and assured", SHORT, lambda: changed(SHORT, extensions=(
        *made(SHORT).instruction.extensions,
        x509.Extension(oids.CRL_DISTRIBUTION_POINTS, False, der.sequence(POINT))))),
    ("extensions", "not told that nobody revokes it", SHORT,
     lambda: with_extension(SHORT, oids.NO_REVOCATION_AVAILABLE)),
    ("no_revocation", "a value", SHORT,
     lambda: with_extension(SHORT, oids.NO_REVOCATION_AVAILABLE, der.boolean(True))),
    ("no_revocation", "assured with a value", SHORT,
     lambda: with_extension(SHORT, oids.VALIDITY_ASSURED, der.sequence())),
    ("qc_semantics", "missing", QSCD, lambda: identified(PNOLU, meaning="")),
    ("qc_semantics", "a legal person's", QSCD, lambda: identified(PNOLU, meaning=oids.SEMANTICS_LEGAL)),
    ("qc_semantics", "of an SSN", QSCD, lambda: statements(
        add=[x509.Statement(oids.QC_SEMANTICS, x509.semantics(oids.SEMANTICS_NATURAL))])),
    ("qc_identification", "two methods", QSCD, lambda: statements(add=[x509.Statement(
        oids.QC_IDENTIFICATION, x509.certificate_types(oids.IDENTIFIED_2024_ACD, oids.IDENTIFIED_2024_B))])),
    ("qc_identification", "a method that nobody knows", QSCD, lambda: statements(
        add=[x509.Statement(oids.QC_IDENTIFICATION, x509.certificate_types("0.4.0.1862.1.8.9"))])),
    ("qc_once", "compliance twice", QSCD, lambda: statements(add=[x509.Statement(oids.QC_COMPLIANCE)])),
    ("qc_known", "legislation", QSCD, lambda: statements(
        add=[x509.Statement(oids.QC_LEGISLATION, der.sequence(der.printable_string("LU")))])),
    ("qc_compliance", "missing", QSCD, lambda: statements(drop=[oids.QC_COMPLIANCE])),
    ("qc_sscd", "missing", QSCD, lambda: statements(device=False)),
    ("qc_type", "seal", QSCD, lambda: statements(
        drop=[oids.QC_TYPE], add=[x509.Statement(oids.QC_TYPE, x509.certificate_types(oids.QC_TYPE_ESEAL))])),
    ("qc_type", "missing", QSCD, lambda: statements(drop=[oids.QC_TYPE])),
    ("qc_disclosure", "missing", QSCD, lambda: statements(drop=[oids.QC_PDS])),
    ("qc_disclosure", "only French", QSCD, lambda: disclosure(tree.DISCLOSURES[1])),
    ("qc_disclosure", "http", QSCD, lambda: disclosure(("en", "http://pki.example.com/pds.pdf"))),
    ("qc_disclosure", "English twice", QSCD, lambda: disclosure(tree.DISCLOSURES[0], tree.DISCLOSURES[0])),
    ("qc_disclosure", "a language in capitals", QSCD,
     lambda: disclosure(tree.DISCLOSURES[0], ("FR", "https://pki.example.com/pds.pdf"))),
]
