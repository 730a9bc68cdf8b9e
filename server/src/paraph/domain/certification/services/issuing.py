# SPDX-License-Identifier: Apache-2.0
"""Reserve, act, settle: how a certificate comes into being."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification import gate, policy, publication, queries
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import CERTIFICATE, State
from paraph.domain.certification.models import (
    Approval,
    Authority,
    BlockedKey,
    Certificate,
    CertifiedKey,
    DeclaredDevice,
)
from paraph.domain.certification.publication.scopes import shard_of
from paraph.domain.certification.services.alarming import raise_alarm
from paraph.domain.certification.services.status import abandon, begin_interval, listed, record, status_changed
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.pki import crl, key_quality, keys, profiles, x509
from paraph.signer import client


class CertificateRefused(Refusal):
    """The gate found something wrong: the certificate would break a rule, and nothing was signed."""

    code = "certificate_refused"
    sentence = gettext_noop("Ce certificat ne respecte pas les règles de délivrance. Rien n’a été signé.")


class KeyRefused(Refusal):
    """The public key is unreadable, or of a kind or size that no profile allows."""

    code = "key_refused"
    sentence = gettext_noop("Cette clé n’est pas acceptée. Rien n’a été signé.")


class KeyAlreadyCertified(Refusal):
    """Another certificate has this public key; each key has one subject and one use."""

    code = "key_already_certified"
    sentence = gettext_noop("Cette clé appartient déjà à un autre certificat. Rien n’a été signé.")


class IssuanceAbandoned(Refusal):
    """This attempt was given up; a new one is needed."""

    code = "issuance_abandoned"
    sentence = gettext_noop("Cette délivrance a été abandonnée. Recommencez l’opération.")


class AttemptReused(Refusal):
    """The attempt's identifier was used for another certificate."""

    code = "certificate_attempt_reused"
    sentence = gettext_noop("Cette tentative a déjà servi à délivrer un autre certificat. Rien n’a été modifié.")

# Somebody on the signer's own host may still allow it, and then it is finished.
_WAITING = ("no_ceremony", "unknown_subject_key")


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What one certificate is asked to be."""

    attempt: str
    profile: str
    subject_id: str
    subject: x509.Subject
    public_key_der: bytes
    generation: str
    identification: str
    key_id: str
    digest: str
    on_hold: bool
    transliteration: str
    authority: str
    device: str
    dns_names: tuple[str, ...]
    version: int | None


def issue(
    *,
    attempt: str,
    profile: str,
    subject_id: str,
    subject: x509.Subject,
    public_key_der: bytes,
    generation: str,
    identification: str,
    key_id: str,
    caller: Caller,
    on_hold: bool = False,
    transliteration: str = "",
    authority: str = "",
    device: str = "",
    dns_names: tuple[str, ...] = (),
    version: int | None = None,
) -> Certificate:
    """The subject has a certificate for this key, in the state issued: lawful, and not yet to be used.

    Three steps (reserve, act, settle), the first and the last a transaction of their own, so it takes no part in one of
    the caller's. The same `attempt` gives the same certificate, also after a crash between the steps. `key_id` is the
    signer's name of the subject's key, `identification` how the subject was identified ("desk" …, policy.IDENTIFICATIONS);
    both are kept, and a qualified certificate states the second. `on_hold`: the world is told that it is on hold until
    its activation, because its key is on its way in a card. `transliteration` is why names are in other letters than on
    the document. `authority` names the issuer where it is not the newest in service, `device` the declared device that
    holds the key, `dns_names` are a server's, `version` is the profile's where no other than this one will do.
    Refuses: CertificateRefused, KeyRefused, KeyAlreadyCertified, AttemptReused, IssuanceAbandoned, NoAuthority,
    ProfileNotInForce, NotSuspendable (on hold), DeviceNotDeclared, Forbidden, SignatureMismatch, SignerRefusal, SignerUnavailable
    (the same attempt may be asked again).
    """
    wanted = _Wanted(
        attempt=attempt, profile=profile, subject_id=str(subject_id), subject=subject, public_key_der=public_key_der,
        generation=str(generation), identification=identification, key_id=key_id, digest=check_key(public_key_der),
        on_hold=on_hold, transliteration=transliteration, authority=authority, device=device, dns_names=tuple(dns_names),
        version=version,
    )
    certificate = queries.by_attempt(attempt) or _reserve(wanted, caller)
    asked = (profile, str(subject_id), str(generation), wanted.digest)
    if (certificate.profile, certificate.subject_id, certificate.generation, certificate.public_key_digest) != asked:
        raise AttemptReused()
    return _act_and_settle(certificate, caller)


def check_key(public_key_der: bytes) -> str:
    """The digest of a public key that may be certified: of a kind of ours, not weak, not blocked.

    Refuses: KeyRefused.
    """
    try:
        keys.algorithm_of(public_key_der)
    except keys.UnsupportedKey as error:
        raise KeyRefused(findings=["unsupported"]) from error
    digest = sha256(public_key_der).hexdigest()
    found = key_quality.weaknesses(public_key_der)
    if BlockedKey.objects.filter(digest=digest).exists():
        found.append("blocked")
    if found:
        raise KeyRefused(findings=found)
    return digest


def settle(*, caller: Caller) -> int:
    """Issuances that were interrupted are finished, or abandoned where the signer refuses for good. Returns how many.

    Refuses: SignerUnavailable, SignatureMismatch.
    """
    waiting = queries.unsettled()
    for certificate in waiting:
        try:
            _act_and_settle(certificate, caller)
        except (client.SignerRefusal, IssuanceAbandoned):
            continue
    return len(waiting)


@dataclass(frozen=True, kw_only=True)
class _Judged:
    """What passed the gate: who would issue it, on which list it would stand, and what allows it."""

    authority: Authority
    shard: int
    prepared: gate.Prepared
    device: DeclaredDevice | None
    waiver: Approval | None


def would_issue(*, caller: Caller, **given: object) -> Authority:
    """Everything that `issue` would look at, with nothing written: who asks for a signature learns it before.

    Takes what `issue` takes but attempt, generation and key_id. Returns who would issue.
    Refuses: what `issue` refuses for its content.
    """
    wanted = _Wanted(**{
        "attempt": "rehearsal", "generation": "", "key_id": "", "on_hold": False, "transliteration": "", "authority": "",
        "device": "", "dns_names": (), "version": None, "digest": check_key(given["public_key_der"]), **given,
    })
    judged = _judge(wanted, caller)
    owner = CertifiedKey.objects.filter(digest=wanted.digest).first()
    if owner is not None and (owner.subject_id, owner.usage) != (wanted.subject_id, judged.prepared.profile.usage):
        raise KeyAlreadyCertified()
    return judged.authority


def _judge(wanted: _Wanted, caller: Caller) -> _Judged:
    rules = queries.profile_in_force(wanted.profile)
    if wanted.version not in (None, rules.version):
        raise queries.ProfileNotInForce(profile=wanted.profile)
    policy.permit_infrastructure(rules, caller)
    if wanted.on_hold:
        policy.permit_hold_at_birth(rules)
    authority = queries.authority_for(wanted.profile, wanted.authority)
    serial = tokens.certificate_serial()
    shard = shard_of(authority, serial)
    prepared = gate.prepare(
        authority,
        profile=wanted.profile,
        version=rules.version,
        serial=serial,
        shard=shard,
        subject=wanted.subject,
        public_key_der=wanted.public_key_der,
        at=caller.at,
        identification=wanted.identification,
        dns_names=wanted.dns_names,
    )
    device = _device(rules, wanted.device, caller)
    waiver = None
    if prepared.findings:
        waiver = queries.waiver_for(rules, [finding.code for finding in prepared.findings], caller.at)
        if waiver is None:
            raise CertificateRefused(findings=[finding.code for finding in prepared.findings])
    return _Judged(authority=authority, shard=shard, prepared=prepared, device=device, waiver=waiver)


def _reserve(wanted: _Wanted, caller: Caller) -> Certificate:
    try:
        judged = _judge(wanted, caller)
    except CertificateRefused as refusal:
        _tell_refusal(wanted.attempt, wanted.profile, refusal.facts["findings"], caller)
        raise
    prepared, waiver = judged.prepared, judged.waiver
    rules, instruction = prepared.profile, prepared.instruction
    try:
        with transaction.atomic(durable=True):
            owner, _created = CertifiedKey.objects.get_or_create(
                digest=wanted.digest, defaults={"subject_id": wanted.subject_id, "usage": rules.usage}
            )
            if (owner.subject_id, owner.usage) != (wanted.subject_id, rules.usage):
                raise KeyAlreadyCertified()
            certificate = Certificate.objects.create(
                attempt=wanted.attempt,
                authority=judged.authority,
                serial=instruction.serial,
                profile=rules.name,
                profile_version=rules.version,
                usage=rules.usage,
                level=rules.level,
                crl_shard=judged.shard,
                subject_id=wanted.subject_id,
                generation=wanted.generation,
                identification=wanted.identification,
                device=judged.device,
                key_id=wanted.key_id,
                public_key_digest=wanted.digest,
                tbs_der=prepared.tbs,
                not_before=instruction.not_before,
                not_after=instruction.not_after,
                state_since=caller.at,
                born_on_hold=wanted.on_hold,
                transliteration=wanted.transliteration,
                waiver=waiver,
            )
            facts = {"transliteration": wanted.transliteration, "device": wanted.device,
                     "waiver": str(waiver.id) if waiver else ""}
            record(
                Event.CERTIFICATE_RESERVED, certificate, caller, subject_id=wanted.subject_id,
                generation=wanted.generation, **{name: value for name, value in facts.items() if value},
            )
    except IntegrityError:
        # The same attempt in another process was first.
        certificate = queries.by_attempt(wanted.attempt)
        if certificate is None:
            raise
    return certificate


def _device(profile: profiles.Profile, name: str, caller: Caller) -> DeclaredDevice | None:
    """The declared device that the key lives in; a profile that speaks of one is not issued without."""
    device = DeclaredDevice.objects.filter(name=name, declared_at__lte=caller.at, ends_at__gt=caller.at).first()
    if device is None and (profile.in_device or name):
        raise policy.DeviceNotDeclared(device=name)
    return device


def _tell_refusal(attempt: str, profile: str, found: list[str], caller: Caller) -> None:
    with transaction.atomic(durable=True):
        audit.record(
            Event.CERTIFICATE_REFUSED,
            about=("issuance", attempt),
            caller=caller,
            facts={"profile": profile, "findings": sorted(set(found))},
        )


def _act_and_settle(certificate: Certificate, caller: Caller) -> Certificate:
    if certificate.state == State.ABANDONED:
        raise IssuanceAbandoned()
    if certificate.state != State.RESERVED:
        return certificate
    authority = certificate.authority
    try:
        # The certificate's own id is the signer's attempt: asked again after a crash it gives the same signature.
        signature = client.bound().sign(
            attempt=str(certificate.id),
            key_id=authority.key_id,
            purpose=authority.key_purpose,
            data=bytes(certificate.tbs_der),
        )
    except client.SignerRefusal as refusal:
        if refusal.code not in _WAITING:
            with transaction.atomic(durable=True):
                abandon(_locked(certificate), caller)
        raise
    try:
        der = gate.complete(certificate, signature)
    except gate.SignatureMismatch:
        raise_alarm(code="signature_mismatch", about=certificate.serial, caller=caller,
                    facts={"authority": authority.name})
        raise
    with transaction.atomic(durable=True):
        certificate = _locked(certificate)
        if certificate.state == State.RESERVED:
            hold = crl.Reason.CERTIFICATE_HOLD if certificate.born_on_hold else None
            published = listed(certificate, certificate.not_before, hold) if hold else {}
            CERTIFICATE.advance(certificate, "issue", at=caller.at, der=der, **published)
            # In force from its own beginning, which is a fraction of a second before the settling.
            begin_interval(
                certificate, since=certificate.not_before, caller=caller, cause="not_activated" if hold else "",
                reason=hold,
            )
            if hold:
                status_changed(certificate, caller)
            else:
                publication.mark_changed([certificate])
            record(Event.CERTIFICATE_ISSUED, certificate, caller)
    if certificate.state == State.ABANDONED:
        raise IssuanceAbandoned()
    return certificate


def _locked(certificate: Certificate) -> Certificate:
    return Certificate.objects.select_for_update(of=("self",)).select_related("authority", "waiver").get(pk=certificate.pk)
