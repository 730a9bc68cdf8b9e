# SPDX-License-Identifier: Apache-2.0
"""How the tree comes into being: authorities and the certificates of our own services.

Each step has a fixed attempt, so a ceremony that was interrupted is simply run again and goes on where it stopped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification import queries, services
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.keys import queries as known_keys
from paraph.domain.keys import services as keys
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import oids, profiles, x509
from paraph.pki.names import Subject

# What a leaf may be issued by the first tree's issuing authority.
LEAF_PROFILES = tuple(profile.name for profile in profiles.ALL if not profile.is_authority)
SERVICES = ("ocsp", "tsu")
ALGORITHMS = {"root": "P-384", "issuing": "P-256", "ocsp": "P-256", "tsu": "P-256"}


class AuthorityExists(Refusal):
    """An authority of this name exists and says something else."""

    code = "authority_exists"
    sentence = gettext_noop("Une autorité de ce nom existe déjà avec d’autres données. Rien n’a été modifié.")


@dataclass(frozen=True, kw_only=True)
class TreeNames:
    """Who runs the tree and what its members are called; everything here stands in the certificates for ever."""

    organization: str
    organization_identifier: str
    country: str
    root: str
    issuing: str
    ocsp: str
    tsu: str
    policy_arc: str = oids.EXAMPLE_POLICIES
    disclosures: Sequence[tuple[str, str]] = field(default=())

    def subject(self, common_name: str) -> Subject:
        return Subject(
            country=self.country,
            organization=self.organization,
            organization_identifier=self.organization_identifier,
            common_name=common_name,
        )


def create_demo_tree(
    *, names: TreeNames, pki_url: str, caller: Caller, algorithms: Mapping[str, str] = ALGORITHMS
) -> list[Authority]:
    """Root, one issuing authority under it, and the certificates of the OCSP responder and the time-stamping unit.

    `pki_url` is plain http without a slash at its end; it stands in every certificate from then on. What exists already
    is kept. Refuses: AuthorityExists, Forbidden, and whatever issuing refuses.
    """
    root = create_authority(
        name="root",
        parent=None,
        profile="root",
        issues=("root", "issuing"),
        subject=names.subject(names.root),
        algorithm=algorithms["root"],
        pki_url=pki_url,
        names=names,
        caller=caller,
    )
    issuing = create_authority(
        name="issuing",
        parent=root,
        profile="issuing",
        issues=LEAF_PROFILES,
        subject=names.subject(names.issuing),
        algorithm=algorithms["issuing"],
        pki_url=pki_url,
        names=names,
        caller=caller,
    )
    for usage in SERVICES:
        if not queries.services(usage, caller.at):
            certify_service(
                usage=usage,
                subject=names.subject(getattr(names, usage)),
                algorithm=algorithms[usage],
                attempt=f"ceremony:{usage}",
                caller=caller,
            )
    return [root, issuing]


def create_authority(
    *,
    name: str,
    parent: Authority | None,
    profile: str,
    issues: Sequence[str],
    subject: Subject,
    algorithm: str,
    pki_url: str,
    names: TreeNames,
    caller: Caller,
) -> Authority:
    """An authority with a key of its own and its certificate, ready to issue. Its addresses follow from its name.

    Refuses: AuthorityExists (another subject under the same name), Forbidden, and whatever issuing refuses.
    """
    key = keys.make(purpose=profile, algorithm=algorithm, label=name, caller=caller, attempt=f"ceremony:key:{name}")
    with transaction.atomic(durable=True):
        authority, created = Authority.objects.select_for_update().get_or_create(
            name=name,
            defaults={
                "parent": parent,
                "key_id": key.key_id,
                "key_purpose": key.purpose,
                "algorithm": key.algorithm,
                "public_key_der": key.public_key_der,
                "subject_der": subject.encode(),
                "profiles": list(issues),
                "policy_arc": names.policy_arc,
                "certificate_url": f"{pki_url}/ca/{name}.cer",
                "list_url": f"{pki_url}/crl/{name}.crl",
                "ocsp_url": f"{pki_url}/ocsp",
                "disclosures": [list(pair) for pair in names.disclosures],
                "created_at": caller.at,
                # Not before its certificate stands: until then nobody may be told to rely on it.
                "in_service": parent is None,
            },
        )
        if created:
            facts = {"name": name, "profile": profile, "key_id": key.key_id, "address": authority.certificate_url}
            audit.record(Event.AUTHORITY_CREATED, about=("authority", authority.id), caller=caller, facts=facts)
    if bytes(authority.subject_der) != subject.encode() or authority.key_id != key.key_id:
        raise AuthorityExists(name=name)
    if not authority.certificate_der:
        _certify(authority, profile=profile, subject=subject, caller=caller)
        authority.refresh_from_db()
    return authority


def _certify(authority: Authority, *, profile: str, subject: Subject, caller: Caller) -> None:
    attempt = f"ceremony:{authority.name}"
    certificate = services.issue(
        attempt=attempt,
        profile=profile,
        subject_id=str(authority.id),
        subject=subject,
        public_key_der=bytes(authority.public_key_der),
        generation=attempt,
        identification="ceremony",
        key_id=authority.key_id,
        caller=caller,
    )
    with transaction.atomic():
        if certificate.state == State.ISSUED:
            services.activate(generation=attempt, caller=caller)
        Authority.objects.filter(pk=authority.pk).update(
            certificate_der=bytes(certificate.der), not_after=certificate.not_after, in_service=True
        )


def renew_services(*, caller: Caller) -> int:
    """Each of our services whose certificate has used three quarters of its life has a new key and certificate.

    The old ones go on until their end, so nothing that refers to them breaks. Returns how many were made.
    Refuses: Forbidden, and whatever issuing refuses.
    """
    renewed = 0
    for usage in SERVICES:
        newest = queries.newest_service(usage)
        if newest is None or caller.at < _renewal_instant(newest):
            continue
        certify_service(
            usage=usage,
            subject=Subject.read(x509.subject_and_key(bytes(newest.der))[0]),
            algorithm=known_keys.by_key_id(newest.key_id).algorithm,
            attempt=f"renewal:{newest.serial}",
            caller=caller,
        )
        renewed += 1
    return renewed


def _renewal_instant(certificate: Certificate) -> datetime:
    """After three quarters of the time in which the key signs: of a time-stamping unit less than its certificate's."""
    profile = profiles.get(certificate.profile, certificate.profile_version)
    end = certificate.not_after
    if profile.key_years is not None:
        end = min(end, profiles.add_years(certificate.not_before, profile.key_years))
    return certificate.not_before + (end - certificate.not_before) * 3 / 4


def certify_service(*, usage: str, subject: Subject, algorithm: str, attempt: str, caller: Caller) -> Certificate:
    """A new key and an active certificate for one of our services ("ocsp", "tsu"); older ones stay good to their end.

    Refuses: Forbidden, and whatever issuing refuses.
    """
    key = keys.make(purpose=usage, algorithm=algorithm, label=usage, caller=caller, attempt=f"{attempt}:key")
    certificate = services.issue(
        attempt=attempt,
        profile=usage,
        subject_id=usage,
        subject=subject,
        public_key_der=bytes(key.public_key_der),
        generation=attempt,
        identification="ceremony",
        key_id=key.key_id,
        caller=caller,
    )
    if certificate.state == State.ISSUED:
        services.activate(generation=attempt, caller=caller)
        certificate.refresh_from_db()
    return certificate
