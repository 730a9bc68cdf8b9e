# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet, Sum
from django.utils.translation import gettext_noop

from paraph.domain.certification import gate, policy
from paraph.domain.certification.lifecycle import ApprovalState, State
from paraph.domain.certification.models import (
    Alarm,
    Approval,
    Authority,
    Certificate,
    ProfileStanding,
    StatusChange,
    StatusInterval,
    Succession,
    UnknownSerials,
)
from paraph.kernel.errors import NotFound
from paraph.kernel.prepared import Prepared
from paraph.pki import profiles
from paraph.pki.lint import Finding, lint
from paraph.pki.names import Subject

_AUTHENTICATION_KEYS = Prepared(lambda subject, begun, not_over: Certificate.objects.filter(
    subject_id=subject, usage="authentication", not_before__lte=begun, not_after__gt=not_over,
).exclude(state__in=(State.RESERVED, State.ABANDONED)).order_by("not_before", "id").values_list("state", "key_id", "serial"))


class NoAuthority(NotFound):
    """No authority in service issues this profile: the ceremony has not taken place."""

    code = "no_authority"
    sentence = gettext_noop("Aucune autorité n’est encore prête à délivrer ce certificat.")


class ProfileNotInForce(NoAuthority):
    """No version of this profile is in force: the operator took it out, or never put it in."""

    code = "profile_not_in_force"
    sentence = gettext_noop("Ce type de certificat n’est pas délivré actuellement. Rien n’a été signé.")


@dataclass(frozen=True)
class Pair:
    """The two certificates of a generation that can be used now."""

    authentication: Certificate
    signature: Certificate

    @property
    def generation(self) -> str:
        return self.signature.generation


@dataclass(frozen=True)
class DueSuspension:
    """A generation whose suspension has passed its deadline: the first instant at which it can't be lifted any more."""

    generation: str
    subject_id: str
    deadline: datetime


def authority(name: str) -> Authority:
    """Refuses: NoAuthority."""
    found = Authority.objects.filter(name=name).first()
    if found is None:
        raise NoAuthority(name=name)
    return found


def authorities() -> QuerySet[Authority]:
    """All authorities, the oldest first: a parent stands before its children."""
    return Authority.objects.order_by("created_at", "id")


def certificate_of(authority: Authority) -> Certificate:
    """The newest certificate of an authority's own. Refuses: NotFound."""
    rows = Certificate.objects.filter(subject_id=str(authority.id), usage="ca").exclude(der=b"")
    found = rows.select_related("authority").order_by("-not_before", "-id").first()
    if found is None:
        raise NotFound()
    return found


def authority_for(profile: str, name: str = "") -> Authority:
    """The newest authority in service that issues this profile, or the one called `name`. Refuses: NoAuthority.

    One that was called by name may be out of service: it still certifies the responder that answers for it.
    """
    rows = Authority.objects.filter(name=name) if name else Authority.objects.filter(in_service=True)
    for candidate in rows.order_by("-created_at", "-id"):
        if profile in candidate.profiles:
            return candidate
    raise NoAuthority(profile=profile)


def profile_in_force(name: str) -> profiles.Profile:
    """The profile in the version in which it is issued now. Refuses: ProfileNotInForce."""
    standing = ProfileStanding.objects.filter(profile=name).order_by("-since", "-id").first()
    if standing is None or standing.version is None:
        raise ProfileNotInForce(profile=name)
    return profiles.get(name, standing.version)


def in_force() -> list[tuple[profiles.Profile, datetime]]:
    """Every profile that is issued now, in its version, with since when."""
    found = []
    for name in dict.fromkeys(profile.name for profile in profiles.ALL):
        newest = standings(name).first()
        if newest is not None and newest.version is not None:
            found.append((profiles.get(name, newest.version), newest.since))
    return found


def newest_standings() -> dict[str, ProfileStanding]:
    """What was decided last about each profile, by its name."""
    return {row.profile: row for row in ProfileStanding.objects.order_by("since", "id")}


def standings(profile: str) -> QuerySet[ProfileStanding]:
    """Which versions of a profile were in force, from when on, the newest first."""
    return ProfileStanding.objects.filter(profile=profile).select_related("approval").order_by("-since", "-id")


def issuer_of(certificate: Certificate) -> Authority:
    return certificate.authority


def chain(certificate: Certificate) -> list[bytes]:
    """The certificate, its issuer's, and so on to the root, in DER."""
    found = [bytes(certificate.der)]
    issuer: Authority | None = certificate.authority
    while issuer is not None:
        if bytes(issuer.certificate_der) not in found:
            found.append(bytes(issuer.certificate_der))
        issuer = issuer.parent
    return found


def for_subject(subject_id: str) -> list[Certificate]:
    """Every certificate that was issued to an identity, the newest first."""
    rows = Certificate.objects.filter(subject_id=str(subject_id)).exclude(state__in=(State.RESERVED, State.ABANDONED))
    return list(rows.select_related("authority").order_by("-not_before", "-id"))


@dataclass(frozen=True)
class KeyInLife:
    """A certificate as the login needs it: which key it certifies, and whether the key may be used."""

    state: str
    key_id: str
    serial: str


def authentication_keys(subject_id: object, at: datetime) -> list[KeyInLife]:
    """Of the subject's certificates for authentication those in their life at `at`, whatever their state; newest last."""
    return [KeyInLife(*row) for row in _AUTHENTICATION_KEYS.all(subject=str(subject_id), begun=at, not_over=at)]


def generation(name: str) -> list[Certificate]:
    """The certificates that move together."""
    return list(Certificate.objects.filter(generation=name).select_related("authority").order_by("id"))


def active_pair(subject_id: str, at: datetime) -> Pair | None:
    """The newest generation of which both certificates are active and in their life at `at`."""
    usable: dict[str, dict[str, Certificate]] = {}
    for row in for_subject(subject_id):
        if row.state == State.ACTIVE and row.not_before <= at < row.not_after:
            usable.setdefault(row.generation, {})[row.usage] = row
    for pair in usable.values():
        if pair.keys() >= {"authentication", "signature"}:
            return Pair(pair["authentication"], pair["signature"])
    return None


def level_at(subject_id: str, at: datetime) -> str | None:
    """What a signature of this identity stamped at `at` counts as, "advanced" or "qualified"; None when it had no usable
    signature certificate then (R266). It depends on the instant alone, however much later one asks.
    """
    rows = Certificate.objects.filter(
        subject_id=str(subject_id), usage="signature", not_before__lte=at, not_after__gt=at
    ).order_by("-not_before", "-id")
    levels = [policy.level_of(row, at) for row in rows if _state_at(row, at) == State.ACTIVE]
    return max(levels, default=None, key=(policy.ADVANCED, policy.QUALIFIED).index)


def _state_at(certificate: Certificate, at: datetime) -> str | None:
    interval = certificate.intervals.filter(since__lte=at).order_by("-number").first()
    return interval and interval.state


def lineage(generation: str) -> list[Succession]:
    """What this generation succeeded, step by step back to the first, the newest step first."""
    found = []
    while step := Succession.objects.filter(successor=generation).first():
        found.append(step)
        generation = step.predecessor
    return found


def approvals(*, action: str = "") -> QuerySet[Approval]:
    """Every approval that was asked for, the newest first."""
    rows = Approval.objects.order_by("-asked_at", "-id")
    return rows.filter(action=action) if action else rows


def approvals_waiting_first(at: datetime) -> QuerySet[Approval]:
    """The same, but what somebody must still decide or do stands first. A waiver in force asks nothing of anybody."""
    asked, allowed = Q(state=ApprovalState.ASKED), Q(state=ApprovalState.APPROVED) & ~Q(action=policy.WAIVE_FINDINGS)
    return approvals().annotate(waits=Q(ends_at__gt=at) & (asked | allowed)).order_by("-waits", "-asked_at", "-id")


def waivers() -> QuerySet[Approval]:
    """Those that were allowed, the newest first, each with how many certificates were issued under it."""
    return approvals(action=policy.WAIVE_FINDINGS).filter(state=ApprovalState.APPROVED).annotate(issued=Count("waived"))


def approval(identifier: object) -> Approval:
    """Refuses: NotFound."""
    found = Approval.objects.filter(pk=identifier).first()
    if found is None:
        raise NotFound()
    return found


def authority_certified_by(serial: str) -> Authority:
    """The authority whose own certificate has this serial number. Refuses: NotFound."""
    found = Authority.objects.filter(pk=by_serial(serial).subject_id).first()
    if found is None:
        raise NotFound()
    return found


def waiver_for(profile: profiles.Profile, findings: list[str], at: datetime) -> Approval | None:
    """The waiver in force for exactly these findings under exactly this profile, if somebody approved one."""
    if set(findings) & policy.NEVER_WAIVED:
        return None
    wanted = policy.content_hash(policy.WAIVE_FINDINGS, policy.waiver(profile.name, profile.version, findings))
    rows = Approval.objects.filter(content_hash=wanted, state=ApprovalState.APPROVED, ends_at__gt=at)
    return rows.order_by("-ends_at").first()


def alarms(*, open_only: bool = True) -> QuerySet[Alarm]:
    """Alarms, the newest first."""
    rows = Alarm.objects.order_by("-last_raised_at", "-id")
    return rows.filter(closed_at=None) if open_only else rows


def known_serials(serials: Iterable[str]) -> set[str]:
    """Those of them that are a certificate's."""
    return set(Certificate.objects.filter(serial__in=list(serials)).values_list("serial", flat=True))


def issued_by_operators() -> QuerySet[Certificate]:
    """What operators answer for: authorities, services, seals and servers, the newest first."""
    rows = Certificate.objects.filter(usage__in=("ca", "ocsp", "tsu", "seal", "tls"))
    return rows.select_related("authority").order_by("-not_before", "-id")


def unknown_serials(at: datetime) -> dict[UUID, int]:
    """How often within the last day OCSP was asked about serials that an authority never issued, by its id."""
    rows = UnknownSerials.objects.filter(hour__gt=at - timedelta(days=1)).values("authority_id")
    return {row["authority_id"]: row["asked"] for row in rows.annotate(asked=Sum("asked"))}


def unseen_changes() -> dict[str, object]:
    """How many changes of status no stranger has seen yet, and since when the oldest waits."""
    rows = StatusChange.objects.filter(Q(list_seen_at=None) | Q(answer_seen_at=None)).exclude(certificate__der=b"")
    return rows.aggregate(count=Count("id"), oldest=Min("received_at"))


def by_serial(serial: str) -> Certificate:
    """Refuses: NotFound."""
    found = Certificate.objects.filter(serial=serial.lower()).select_related("authority").first()
    if found is None:
        raise NotFound()
    return found


def by_attempt(attempt: str) -> Certificate | None:
    return Certificate.objects.filter(attempt=attempt).select_related("authority", "waiver").first()


def status_at(serial: str, at: datetime) -> StatusInterval | None:
    """The interval in which the certificate was at `at`; None before it was issued. Refuses: NotFound."""
    return by_serial(serial).intervals.filter(since__lte=at).order_by("-number").first()


def history(certificate: Certificate) -> list[StatusInterval]:
    """Every state that the certificate was in, in order."""
    return list(certificate.intervals.order_by("number"))


def services(usage: str, at: datetime) -> list[Certificate]:
    """The active certificates of our own services ("ocsp", "tsu") that are in their life, the newest first.

    Those issued by hand are left out: their keys lie somewhere else, and no signer of ours has them.
    """
    rows = Certificate.objects.filter(usage=usage, state=State.ACTIVE, not_before__lte=at, not_after__gt=at)
    rows = rows.exclude(key_id="")
    return list(rows.select_related("authority").order_by("-not_before", "-id"))


def newest_service(usage: str, authority: str = "", *, even_revoked: bool = False) -> Certificate | None:
    """The certificate that one of our services got last, also when it has ended in the meantime.

    `authority` asks for the responder of one authority. Those issued by hand are left out, as in `services`, and those
    that were revoked, unless they are asked for.
    """
    states = (State.ACTIVE, State.REVOKED) if even_revoked else (State.ACTIVE,)
    rows = Certificate.objects.filter(usage=usage, state__in=states).exclude(key_id="").select_related("authority")
    if authority:
        rows = rows.filter(authority__name=authority)
    return rows.order_by("-not_before", "-id").first()


def responders() -> dict[UUID, Certificate]:
    """`newest_service("ocsp")` of each authority, by its id."""
    rows = Certificate.objects.filter(usage="ocsp", state=State.ACTIVE).exclude(key_id="")
    return {row.authority_id: row for row in rows.order_by("not_before", "id")}


def own_certificates() -> dict[str, Certificate]:
    """The newest certificate of each authority's own, by its id."""
    return {row.subject_id: row for row in Certificate.objects.filter(usage="ca").order_by("not_before", "id")}


def answering(at: datetime) -> set[UUID]:
    """`still_answers` of each authority: the ids of those for which it holds."""
    alive = Certificate.objects.filter(authority=OuterRef("pk"), not_after__gt=at).exclude(usage="ocsp")
    return set(Authority.objects.filter(Q(in_service=True) | Exists(alive)).values_list("id", flat=True))


def still_answers(authority: Authority, at: datetime) -> bool:
    """Whether somebody may ask about what this authority issued: it issues, or something of it is in its life."""
    rows = Certificate.objects.filter(authority=authority, not_after__gt=at).exclude(usage="ocsp")
    return authority.in_service or rows.exists()


def due_suspensions(at: datetime) -> list[DueSuspension]:
    """Suspensions whose deadline has come, however long ago: the job that asks may have been down (R158)."""
    rows = Certificate.objects.filter(state=State.SUSPENDED, suspended_until__lte=at)
    found = rows.values_list("generation", "subject_id", "suspended_until").distinct().order_by("suspended_until")
    return [DueSuspension(*row) for row in found]


def obstacles(profile: str, subject: Subject, at: datetime) -> list[Finding]:
    """What the gate would refuse about this subject, before there is a key. Refuses: NoAuthority.

    Whoever approves an application asks here, so that a name that can't be certified is put right in time.
    """
    version = profile_in_force(profile).version
    return gate.rehearse(authority_for(profile), profile=profile, version=version, subject=subject, at=at)


def unsettled() -> list[Certificate]:
    """Issuances that were begun and not finished."""
    rows = Certificate.objects.filter(state=State.RESERVED)
    return list(rows.select_related("authority", "waiver").order_by("state_since", "id"))


def lint_issued(at: datetime) -> Iterator[tuple[Certificate, list[Finding]]]:
    """Every certificate that is neither revoked nor past its end, with what today's rules say of it."""
    living = (State.ISSUED, State.ACTIVE, State.SUSPENDED)
    rows = Certificate.objects.filter(state__in=living, not_after__gt=at).select_related("authority", "waiver").order_by("id")
    for row in rows.iterator(chunk_size=500):
        yield row, findings(row)


def findings(certificate: Certificate) -> list[Finding]:
    """What today's rules say of one issued certificate, under the version of the profile that it was issued with.

    What its waiver allowed is left out.
    """
    profile = profiles.get(certificate.profile, certificate.profile_version, certificate.authority.policy_arc)
    issuer = None if profile.is_self_signed else bytes(certificate.authority.certificate_der)
    allowed = gate.waived(certificate)
    return [found for found in lint(bytes(certificate.der), profile, issuer) if found.code not in allowed]


# Of what the world is told wrongly, or too late beyond the limit: the service is not healthy.
STATUS_ALARMS = ("status_disagrees", "status_too_late")


def has_open_alarm(*codes: str) -> bool:
    """Whether an alarm with one of these codes stands open."""
    return Alarm.objects.filter(code__in=codes, closed_at=None).exists()
