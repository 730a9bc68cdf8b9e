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
from paraph.domain.certification import policy, queries, services
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.keys import queries as known_keys
from paraph.domain.keys import services as keys
from paraph.kernel import rules
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
    is kept. The catalogue of profiles comes into force. Refuses: AuthorityExists, Forbidden, and whatever issuing refuses.
    """
    services.put_catalogue_in_force(caller=caller)
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
    opens: bool = True,
) -> Authority:
    """An authority with a key of its own and its certificate, ready to issue. Its addresses follow from its name.

    With `opens` it is in service as soon as its certificate stands.

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
        _certify(authority, profile=profile, subject=subject, opens=opens, caller=caller)
        authority.refresh_from_db()
    return authority


# Which authority issues what, where an operator keeps them apart; each has a responder of its own.
KINDS = {
    "advanced": ("natural-authentication-ncp", "natural-authentication-ncp-plus", "natural-signature-lcp",
                 "natural-signature-ncp", "natural-signature-ncp-plus", "natural-signature-short-term"),
    "qualified": ("natural-signature-qcp-n", "natural-signature-qcp-n-qscd"),
    "seals": ("seal-qcp-l", "seal-qcp-l-qscd"),
    "tls": ("tls-ovcp",),
    "infrastructure": ("tsu",),
    "all": tuple(name for name in LEAF_PROFILES if name != "ocsp"),
}  # fmt: skip


def add_authority(*, name: str, kind: str, common_name: str, algorithm: str, pki_url: str, names: TreeNames,
                  caller: Caller) -> Authority:
    """One more issuing authority under the root, with its own responder: from now on it issues the profiles of its kind.

    So an authority is kept apart, or rolled over: the older one goes on answering for what it issued, with lists and OCSP,
    until the last of it has ended. It needs an approval for exactly this (policy.authority_creation), used once; an
    interrupted one is asked again. Refuses: NotApproved, AuthorityExists, NoAuthority, Forbidden.
    """
    subject = names.subject(common_name)
    if not Authority.objects.filter(name=name).exists():
        services.use_approval(
            action=policy.CREATE_AUTHORITY,
            content=policy.authority_creation(name, kind, common_name, algorithm),
            caller=caller,
        )
    authority = create_authority(
        name=name, parent=queries.authority_for("issuing"), profile="issuing", issues=("ocsp", *KINDS[kind]),
        subject=subject, algorithm=algorithm, pki_url=pki_url, names=names, caller=caller, opens=False,
    )
    certify_service(
        usage="ocsp", subject=names.subject(f"{common_name} OCSP"), algorithm=algorithm, attempt=f"ceremony:{name}:ocsp",
        authority=name, caller=caller,
    )
    # Only now: what it issues is answered for from the first certificate on.
    Authority.objects.filter(pk=authority.pk).update(in_service=True)
    authority.refresh_from_db()
    return authority


def withdraw_authority(*, name: str, caller: Caller) -> Authority:
    """The authority issues nothing any more; it goes on answering for what it issued. Refuses: NoAuthority, Forbidden."""
    policy.permit_infrastructure(profiles.get("issuing"), caller)
    with transaction.atomic():
        authority = Authority.objects.select_for_update().get(pk=queries.authority(name).pk)
        Authority.objects.filter(pk=authority.pk).update(in_service=False)
        audit.record(Event.AUTHORITY_WITHDRAWN, about=("authority", authority.id), caller=caller, facts={"name": name})
        authority.refresh_from_db()
    return authority


def revoke_authority(*, name: str, reason: str, caller: Caller) -> Authority:
    """The authority's own certificate is revoked by its parent, and it issues nothing any more.

    Its parent's list shows it at the next publication (EN 319 411-1 CSS-6.3.9-13). It needs an approval for exactly this
    (policy.authority_revocation). Refuses: NotApproved, NoAuthority, NotFound, NotAllowed, UnknownCause, Forbidden.
    """
    with transaction.atomic():
        authority = Authority.objects.select_for_update().get(pk=queries.authority(name).pk)
        certificate = queries.certificate_of(authority)
        services.revoke(generation=certificate.generation, reason=reason, caller=caller)
        Authority.objects.filter(pk=authority.pk).update(in_service=False)
        audit.record(Event.AUTHORITY_REVOKED, about=("authority", authority.id), caller=caller,
                     facts={"name": name, "cause": reason, "serial": certificate.serial})
        authority.refresh_from_db()
    return authority


def watch_lives(*, caller: Caller) -> int:
    """An alarm for each authority in service that must be succeeded: what it issues would soon outlive it.

    Returns how many there are. A year ahead of the instant at which a three-year certificate no longer fits.
    """
    due = 0
    for authority in queries.authorities().filter(in_service=True).exclude(parent=None).exclude(certificate_der=b""):
        last = profiles.add_years(authority.not_after, -(rules.current().certificate_years + 1))
        if caller.at >= last and any(queries.authority_for(name) == authority for name in authority.profiles):
            services.raise_alarm(code="authority_needs_successor", about=authority.name, caller=caller,
                                 facts={"not_after": authority.not_after.isoformat()})
            due += 1
    return due


def _certify(authority: Authority, *, profile: str, subject: Subject, opens: bool, caller: Caller) -> None:
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
            certificate_der=bytes(certificate.der), not_after=certificate.not_after, in_service=opens
        )


def renew_services(*, caller: Caller) -> int:
    """Each of our services whose certificate has used three quarters of its life, or was revoked, has a new key and
    certificate.

    The old ones go on until their end, so nothing that refers to them breaks. An OCSP key is renewed by the authority
    that it answers for, until the last certificate of that authority has ended. Where no authority issues what
    is needed, an alarm stands open. Returns how many were made. Refuses: Forbidden, and whatever issuing refuses.
    """
    renewed = 0
    for newest in _newest_services(caller.at):
        if newest.state != State.REVOKED and caller.at < renewal_instant(newest):
            continue
        try:
            certify_service(
                usage=newest.usage,
                subject=Subject.read(x509.subject_and_key(bytes(newest.der))[0]),
                algorithm=known_keys.by_key_id(newest.key_id).algorithm,
                attempt=f"renewal:{newest.serial}",
                authority=newest.authority.name if newest.usage == "ocsp" else "",
                caller=caller,
            )
        except queries.NoAuthority:
            # The others are renewed nevertheless, and a person hears of this one.
            services.raise_alarm(code="service_not_renewed", about=newest.serial, caller=caller,
                                 facts={"usage": newest.usage, "not_after": newest.not_after.isoformat()})
            continue
        renewed += 1
    return renewed


def _newest_services(at: datetime) -> list[Certificate]:
    """The newest certificate of the time-stamping service, and of the responder of each authority that still answers."""
    found = [newest] if (newest := queries.newest_service("tsu", even_revoked=True)) else []
    for authority in queries.authorities():
        newest = queries.newest_service("ocsp", authority.name, even_revoked=True)
        if newest is not None and queries.still_answers(authority, at):
            found.append(newest)
    return found


def renewal_instant(certificate: Certificate) -> datetime:
    """After three quarters of the time in which the key signs: of a time-stamping unit less than its certificate's."""
    profile = profiles.get(certificate.profile, certificate.profile_version)
    end = certificate.not_after
    if profile.key_years is not None:
        end = min(end, profiles.add_years(certificate.not_before, profile.key_years))
    return certificate.not_before + (end - certificate.not_before) * 3 / 4


def certify_service(
    *, usage: str, subject: Subject, algorithm: str, attempt: str, caller: Caller, authority: str = ""
) -> Certificate:
    """A new key and an active certificate for one of our services ("ocsp", "tsu"); older ones stay good to their end.

    `authority` names the one whose responder it is, by default the newest in service.

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
        authority=authority,
        caller=caller,
    )
    if certificate.state == State.ISSUED:
        services.activate(generation=attempt, caller=caller)
        certificate.refresh_from_db()
    return certificate
