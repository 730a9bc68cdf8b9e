# SPDX-License-Identifier: Apache-2.0
"""The demonstration tree in a database, with its keys in the signer that is bound, and two certificates for a person."""

from paraph.domain.certification import authorities, queries, services
from paraph.kernel import tokens
from paraph.pki.keys import SoftwareKey
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
            **other,
        )
        for usage, profile in PAIR
    ]
