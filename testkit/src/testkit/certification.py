# SPDX-License-Identifier: Apache-2.0
"""The demonstration tree in a database, with its keys in the signer that is bound, and two certificates for a person."""

import base64
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from paraph.domain.certification import authorities, policy, queries, services
from paraph.domain.certification.models import DeclaredDevice
from paraph.kernel import tokens
from paraph.pki import profiles as kinds
from paraph.pki.keys import SoftwareKey
from paraph.pki.profiles import add_years
from testkit.tree import DISCLOSURES, MARIE, PKI_URL

NAMES = authorities.TreeNames(
    organization="Paraph Démonstration S.A.",
    organization_identifier="NTRLU-B000000",
    country="LU",
    root="Paraph Test Root CA",
    issuing="Paraph Test Issuing CA",
    ocsp="Paraph Test OCSP",
    tsu="Paraph Test TSU",
    disclosures=DISCLOSURES,
)
PAIR = (("authentication", "natural-authentication-ncp"), ("signature", "natural-signature-ncp"))


def demo_tree(caller, *, pki_url=PKI_URL, **other):
    """Root, issuing authority, OCSP and TSU certificates: [root, issuing]. `caller` is an operator's (`cli:…`)."""
    return authorities.create_demo_tree(names=NAMES, pki_url=pki_url, caller=caller, **other)


def active_pair(
    caller, *, subject_id="identity-marie", subject=MARIE, generation="generation-1", keys=None, key_ids=None, profiles=None
):
    """Two active certificates of a person; `keys` (usage -> SubjectPublicKeyInfo) default to throw-away ones, `profiles`
    (usage -> name) to the usual ones."""
    issue_pair(
        caller, subject_id=subject_id, subject=subject, generation=generation, keys=keys, key_ids=key_ids,
        profiles=profiles,
    )
    services.activate(generation=generation, caller=caller)
    return queries.active_pair(subject_id, caller.at)


DEVICE = "test-device"


def operator(caller, name):
    """An operator at the command line, known by his account."""
    return replace(caller, channel="cli:ca", person=f"os:{name}")


def approved(caller, action, content, **other):
    """Two operators allow a deed: one asks, one approves."""
    asked = services.ask_approval(action=action, content=content, reason="Test", caller=operator(caller, "anna"), **other)
    return services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=operator(caller, "ben"))


def declare_device(caller, name=DEVICE, years=10):
    """A device for keys, declared with four eyes, if it is not yet."""
    if not DeclaredDevice.objects.filter(name=name).exists():
        ends_at = add_years(caller.at, years)
        reference = "none: a software key store under the example arc"
        approved(caller, policy.DECLARE_DEVICE, policy.device_declaration(name, reference, ends_at))
        services.declare_device(name=name, reference=reference, ends_at=ends_at, caller=operator(caller, "anna"))
    return name


def issue_pair(
    caller, *, subject_id="identity-marie", subject=MARIE, generation="generation-1", keys=None, key_ids=None,
    profiles=None, **other
):
    """The same, issued and not yet active; `other` goes to each issuance (on_hold …)."""
    return [
        services.issue(
            attempt=str(tokens.uuid7()),
            profile=(profiles or {}).get(usage, profile),
            subject_id=subject_id,
            subject=subject,
            public_key_der=keys[usage] if keys else SoftwareKey.generate("P-256").public_key_der,
            generation=generation,
            identification="desk",
            key_id=key_ids[usage] if key_ids else f"key-{usage}",
            caller=caller,
            **({"device": declare_device(caller)} if _profile(profile, profiles, usage).in_device else {}),
            **other,
        )
        for usage, profile in PAIR
    ]


def _profile(usual, chosen, usage):
    return kinds.get((chosen or {}).get(usage, usual))


def pkcs10(*, key=None, names=()):
    """A certification request in DER that `key` signs, by default a new one; with a server's names."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    request = builder.sign(key or ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return request.public_bytes(Encoding.DER)


def base64_of(octets):
    return base64.encodebytes(octets).decode().strip()


def disclosures():
    """As an authority's row keeps them."""
    return [list(pair) for pair in DISCLOSURES]


def in_force(caller, profile, version):
    """Two operators put a version of a profile in force (None: take it out of force)."""
    approved(caller, *policy.profile_standing(profile, version))
    if version is None:
        return services.take_out_of_force(profile=profile, caller=operator(caller, "anna"))
    return services.put_in_force(profile=profile, version=version, caller=operator(caller, "anna"))
