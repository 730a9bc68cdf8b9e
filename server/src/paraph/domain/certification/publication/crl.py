# SPDX-License-Identifier: Apache-2.0
"""Revocation lists: reserved with a number of their own, signed, settled.

The number is taken under the authority's row lock, so it grows across processes and never comes back; a process that
dies between reserving and settling leaves a number unused, nothing else. Entries of expired certificates stay, and the
list says so (EN 319 411-2 CSS-6.3.10-04, -05). A delta list has the number of the full list made with it (RFC 5280
clause 5.2.4), and its base is the oldest full list still in force, so that whoever has any of them can use it.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max, Q, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext_noop

from paraph.domain.audit import services as audit
from paraph.domain.certification.events import Event
from paraph.domain.certification.lifecycle import FINAL
from paraph.domain.certification.models import Authority, Certificate, RevocationList
from paraph.domain.certification.publication import facts, long, scopes
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal
from paraph.pki import crl, keys
from paraph.pki.crl import NEVER_UPDATED_AGAIN, Frame, Reason
from paraph.signer.client import Signer, SignerRefusal

# The signer takes data up to 16 MiB; more it gets in pieces.
_LARGEST_SENT = 8 * 1024 * 1024
_PIECE = 1024 * 1024


class NotOver(Refusal):
    """A last list may be made only when nothing in its scope can change any more (EN 319 411-2 CSS-6.3.10-09)."""

    code = "authority_not_over"
    sentence = gettext_noop(
        "La dernière liste n’est pas possible : l’autorité délivre encore, ou des certificats sont encore valables.")


class Over(Refusal):
    """The authority's last list was made; there is none after it."""

    code = "authority_over"
    sentence = gettext_noop("La dernière liste de cette autorité a été publiée. Il n’y en aura pas d’autre.")


@dataclass
class _Reserved:
    row: RevocationList
    entries: list[bytes]
    changed: dict[int, list[bytes]] | None = None


def publish(authority: Authority, at: datetime, signer: Signer, *, shard: int = scopes.WHOLE) -> RevocationList:
    """Make and store the next full list, with every change committed so far, and its delta where there are deltas.

    Refuses: Over, SignerRefusal, SignerUnavailable.
    """
    this_update = at.replace(microsecond=0)
    return _publish(authority, shard, this_update, this_update + timedelta(seconds=rules.current().crl_life_seconds),
                    signer)


def publish_last(authority: Authority, at: datetime, signer: Signer) -> int:
    """Make the last list of an authority that issues no more, and of each shard: valid for ever.

    Returns how many were made: asked again, only those that a crash left out. Refuses: NotOver.
    """
    made = 0
    for shard in scopes.shards(authority):
        newest = newest_of(authority.name, shard)
        if newest is None or newest.next_update != NEVER_UPDATED_AGAIN:
            _publish(authority, shard, at.replace(microsecond=0), NEVER_UPDATED_AGAIN, signer)
            made += 1
    return made


def publish_outdated(at: datetime, signer: Signer) -> int:
    """Publish a new list for each scope whose newest one does not show the last change. Returns how many."""
    return _publish_where(_is_outdated, at, signer)


def refresh(at: datetime, signer: Signer) -> int:
    """Publish a new list for each scope whose newest one has reached its age or shows not the last change."""
    age = timedelta(seconds=rules.current().crl_refresh_seconds)
    return _publish_where(
        lambda authority, shard, newest: (
            _is_outdated(authority, shard, newest) or at - newest.this_update >= age),
        at, signer)


def latest(name: str, shard: int = scopes.WHOLE) -> bytes:
    """Return the newest list of the authority `name`; refuses with NotFound when there is none."""
    newest = newest_of(name, shard)
    if newest is None:
        raise NotFound(authority=name)
    return b"".join(content(newest))


def newest_of(name: str, shard: int = scopes.WHOLE, *, delta: bool = False) -> RevocationList | None:
    """The newest settled list of the authority `name`. Its bytes are read when they are looked at: they may be many."""
    return (
        RevocationList.objects.filter(
            authority__name=name, shard=shard, octets__gt=0, base_number__isnull=not delta)
        .defer("der", "head", "tail", "lengths").order_by("-number").first()
    )


def newest_lists() -> dict[tuple[UUID, int, bool], RevocationList]:
    """`newest_of` every authority and shard, by the authority's id, the shard, and whether it is the delta."""
    rows = RevocationList.objects.filter(octets__gt=0).annotate(
        is_delta=Q(base_number__isnull=False),
        age=Window(RowNumber(), partition_by=["authority_id", "shard", "is_delta"], order_by=F("number").desc()))
    found = rows.filter(age=1).defer("der", "head", "tail", "lengths")
    return {(row.authority_id, row.shard, row.is_delta): row for row in found}


def stale(at: datetime) -> list[str]:
    """The addresses whose newest list has run out, or that never had one within a list's life."""
    found = []
    for authority in Authority.objects.exclude(certificate_der=b"").order_by("created_at"):
        for shard in scopes.shards(authority):
            if has_run_out(authority, newest_of(authority.name, shard), at):
                found.append(scopes.list_address(authority, shard))
    return found


def has_run_out(authority: Authority, newest: RevocationList | None, at: datetime) -> bool:
    """Whether the newest list of an authority or shard is over, or there is none although its first is due."""
    due = authority.created_at + timedelta(seconds=rules.current().crl_life_seconds)
    return (due if newest is None else newest.next_update) <= at


def content(settled: RevocationList) -> Iterator[bytes]:
    """The DER of a list, piece by piece: `octets` in all."""
    if settled.head:
        return long.stream(settled)
    return iter((bytes(settled.der),))


def _is_outdated(authority: Authority, shard: int, newest: RevocationList | None) -> bool:
    if newest is None:
        return True
    return scopes.changes(authority, shard).filter(number__gt=newest.status_version).exists()


def _publish_where(
    is_due: Callable[[Authority, int, RevocationList | None], bool], at: datetime, signer: Signer,
) -> int:
    made = 0
    for authority in Authority.objects.exclude(certificate_der=b"").order_by("created_at"):
        for shard in scopes.shards(authority):
            newest = newest_of(authority.name, shard)
            if newest is not None and newest.next_update == NEVER_UPDATED_AGAIN:
                continue
            if is_due(authority, shard, newest):
                publish(authority, at, signer, shard=shard)
                made += 1
    return made


# --- reserve, sign, settle --------------------------------------------------------------------------------------------


def _publish(
    authority: Authority, shard: int, this_update: datetime, next_update: datetime, signer: Signer,
) -> RevocationList:
    anew = False
    while True:
        try:
            return _attempt(authority, shard, this_update, next_update, signer, anew=anew)
        except long.Broken:
            if anew:
                raise
            anew = True
        except SignerRefusal as refusal:
            # Another process reserved its number later and was signed first; or the database was restored, and the signer
            # knows higher numbers. Each try takes a higher one.
            if refusal.code != "number_not_rising":
                raise


def _attempt(
    authority: Authority, shard: int, this_update: datetime, next_update: datetime, signer: Signer, *, anew: bool,
) -> RevocationList:
    before = None
    if long.is_long(authority, shard):
        before = long.before(authority, shard, anew=anew)
    with transaction.atomic():
        # Every change of status takes this lock too, so the version and the entries belong together.
        locked = Authority.objects.select_for_update().get(pk=authority.pk)
        _permit(locked, this_update, next_update)
        full = _reserve(locked, shard, this_update, next_update, before)
        delta = _reserve_delta(locked, full.row) if locked.deltas else None
    if before is None:
        _sign_short(locked, full, signer)
    else:
        _sign_long(locked, full, before, signer)
    if delta is not None:
        _sign_short(locked, delta, signer)
    return full.row


def _permit(authority: Authority, at: datetime, next_update: datetime) -> None:
    if next_update == NEVER_UPDATED_AGAIN:
        living = Certificate.objects.filter(authority=authority, not_after__gt=at).exclude(state__in=FINAL)
        if authority.parent_id is None:
            # A root's own certificate is no end of what it answers for.
            living = living.exclude(subject_id=str(authority.pk))
        if authority.in_service or living.exists():
            raise NotOver()
    elif authority.lists.filter(next_update=NEVER_UPDATED_AGAIN).exists():
        raise Over()


def _reserve(
    authority: Authority, shard: int, this_update: datetime, next_update: datetime, before: long.Before | None,
) -> _Reserved:
    last = authority.lists.aggregate(last=Max("number"))["last"] or 0
    row = RevocationList(
        authority=authority, number=last + 1, shard=shard, this_update=this_update, next_update=next_update,
        status_version=authority.status_version)
    if before is None:
        entries = [bytes(entry) for entry in scopes.listed(authority, shard).values_list("crl_entry", flat=True)]
        row.entries = len(entries)
        reserved = _Reserved(row, entries)
    else:
        # Counted as they are written: to count a million rows takes longer than to take up a hundred.
        row.entries = 0
        reserved = _Reserved(row, [], long.changed_since(before, authority, shard))
    row.save(force_insert=True)
    return reserved


def _reserve_delta(authority: Authority, full: RevocationList) -> _Reserved | None:
    """What changed since the oldest full list that is still in force; None when there is no such list."""
    base = (
        authority.lists.filter(
            shard=full.shard, base_number=None, octets__gt=0, next_update__gt=full.this_update, number__lt=full.number)
        .order_by("number").values_list("number", "status_version").first()
    )
    if base is None:
        return None
    number, version = base
    entries = {}
    for serial, entry, decided_at in (
        scopes.changes(authority, full.shard).filter(number__gt=version).order_by("serial", "number")
        .values_list("serial", "certificate__crl_entry", "decided_at")
    ):
        gone = crl.revoked_entry(serial, decided_at.replace(microsecond=0), Reason.REMOVE_FROM_CRL)
        entries[serial] = bytes(entry) or gone
    row = RevocationList.objects.create(
        authority=authority, number=full.number, shard=full.shard, base_number=number, this_update=full.this_update,
        next_update=full.next_update, status_version=full.status_version, entries=len(entries))
    return _Reserved(row, list(entries.values()))


def _frame(authority: Authority, row: RevocationList, entries_octets: int) -> Frame:
    return crl.frame(
        algorithm=authority.algorithm,
        issuer=bytes(authority.subject_der),
        authority_key_identifier=keys.key_identifier(bytes(authority.public_key_der)),
        number=row.number,
        this_update=row.this_update,
        next_update=row.next_update,
        entries_octets=entries_octets,
        scope=scopes.scope(authority, row.shard),
        expired_from=facts.beginning_of(authority),
        base_number=row.base_number,
        freshest=scopes.delta_address(authority, row.shard) if authority.deltas and row.base_number is None else "",
    )


def _sign_short(authority: Authority, reserved: _Reserved, signer: Signer) -> None:
    row, entries = reserved.row, b"".join(reserved.entries)
    frame = _frame(authority, row, len(entries))
    body = frame.head + entries + frame.tail
    digest = hashlib.new("sha384" if frame.algorithm == "P-384" else "sha256", body).digest()
    attempt = str(row.id)
    asked = {"attempt": attempt, "key_id": authority.key_id, "purpose": authority.key_purpose}
    if len(body) <= _LARGEST_SENT:
        signature = signer.sign(data=body, **asked)
    else:
        signer.begin_list(head=frame.head, **asked)
        for part, start in enumerate(range(0, len(entries), _PIECE)):
            signer.add_to_list(attempt=attempt, part=part, content=entries[start:start + _PIECE])
        signature = signer.sign_list(attempt=attempt, tail=frame.tail)
    head, tail = frame.around(signature)
    encoding = head + entries + tail
    _settle(row, {"der": encoding, "octets": len(encoding), "digest": digest.hex()})


def _sign_long(authority: Authority, reserved: _Reserved, before: long.Before, signer: Signer) -> None:
    row, changed = reserved.row, reserved.changed
    lengths = long.lengths_of(before, changed)
    frame = _frame(authority, row, sum(lengths))
    attempt = str(row.id)
    signer.begin_list(attempt=attempt, key_id=authority.key_id, purpose=authority.key_purpose, head=frame.head)
    digest, row.entries = long.store(
        row, before, changed, frame,
        show=lambda part, content: signer.add_to_list(attempt=attempt, part=part, content=content))
    signature = signer.sign_list(attempt=attempt, tail=frame.tail)
    head, tail = frame.around(signature)
    _settle(row, {"head": head, "tail": tail, "octets": len(head) + frame.entries_octets + len(tail),
                  "entries": row.entries, "lengths": lengths.tobytes(), "digest": digest.hex()})
    long.forget_superseded(authority, row.shard)


def _settle(row: RevocationList, made: dict) -> None:
    with transaction.atomic():
        RevocationList.objects.filter(pk=row.pk).update(**made)
        audit.record(
            Event.LIST_PUBLISHED,
            about=("authority", row.authority_id),
            caller=Caller.system(at=row.this_update, name="publication"),
            facts={"number": row.number, "shard": row.shard, "base": row.base_number, "entries": row.entries,
                   "digest": made["digest"], "this_update": row.this_update.isoformat(),
                   "next_update": row.next_update.isoformat()},
        )
    for name, value in made.items():
        setattr(row, name, value)
