# SPDX-License-Identifier: Apache-2.0
"""Revocation lists: reserved with a number of their own, signed, settled.

The number is taken under the authority's row lock, so it grows across processes and never comes back; a process that
dies between reserving and settling leaves a number unused, nothing else. Entries of expired certificates stay, and the
list says so (EN 319 411-2 CSS-6.3.10-04, -05).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max, QuerySet

from paraph.domain.audit import services as audit
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Authority, Certificate, RevocationList
from paraph.domain.certification.publication import facts
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.pki import crl, keys
from paraph.signer.client import Signer


def publish(authority: Authority, at: datetime, signer: Signer) -> bytes:
    """Make, store and return the authority's next full list, with every change committed so far."""
    reserved, entries = _reserve(authority, at)
    body = crl.to_be_signed(
        algorithm=authority.algorithm,
        issuer=bytes(authority.subject_der),
        authority_key_identifier=keys.key_identifier(bytes(authority.public_key_der)),
        number=reserved.number,
        this_update=reserved.this_update,
        next_update=reserved.next_update,
        entries=entries,
        expired_from=facts.beginning_of(authority),
    )
    signature = signer.sign(
        attempt=str(reserved.id), key_id=authority.key_id, purpose=authority.key_purpose, data=body)
    return _settle(reserved, crl.assemble(body, authority.algorithm, signature), at)


def publish_outdated(at: datetime, signer: Signer) -> int:
    """Publish a new list for each authority whose newest one does not show the last change. Returns how many."""
    return _publish_where(lambda authority, newest: newest is None or newest.status_version < authority.status_version,
                          at, signer)


def refresh(at: datetime, signer: Signer) -> int:
    """Publish a new list for each authority whose newest one has reached its age or shows not the last change."""
    age = timedelta(seconds=rules.current().crl_refresh_seconds)
    return _publish_where(
        lambda authority, newest: (
            newest is None or newest.status_version < authority.status_version or at - newest.this_update >= age),
        at, signer)


def latest(name: str) -> bytes:
    """Return the newest list of the authority `name`; refuses with NotFound when there is none."""
    newest = newest_of(name)
    if newest is None:
        raise NotFound(authority=name)
    return bytes(newest.der)


def newest_of(name: str) -> RevocationList | None:
    """The newest settled list of the authority `name`. Its bytes are read when they are looked at: they may be many."""
    return _settled(name).first()


def _settled(name: str) -> QuerySet[RevocationList]:
    return RevocationList.objects.filter(authority__name=name).exclude(der=b"").defer("der").order_by("-number")


def _publish_where(is_due: Callable[[Authority, RevocationList | None], bool], at: datetime, signer: Signer) -> int:
    made = 0
    for authority in Authority.objects.exclude(certificate_der=b"").order_by("created_at"):
        if is_due(authority, newest_of(authority.name)):
            publish(authority, at, signer)
            made += 1
    return made


def _reserve(authority: Authority, at: datetime) -> tuple[RevocationList, list[bytes]]:
    this_update = at.replace(microsecond=0)
    with transaction.atomic():
        # Every change of status takes this lock too, so the version and the entries belong together.
        locked = Authority.objects.select_for_update().get(pk=authority.pk)
        last = RevocationList.objects.filter(authority=locked).aggregate(last=Max("number"))["last"] or 0
        entries = [
            bytes(entry) for entry in Certificate.objects.filter(authority=locked).exclude(revocation_date=None)
            .order_by("serial").values_list("crl_entry", flat=True)
        ]
        reserved = RevocationList.objects.create(
            authority=locked,
            number=last + 1,
            this_update=this_update,
            next_update=this_update + timedelta(seconds=rules.current().crl_life_seconds),
            entries=len(entries),
            status_version=locked.status_version,
            der=b"",
        )
    return reserved, entries


def _settle(reserved: RevocationList, encoding: bytes, at: datetime) -> bytes:
    with transaction.atomic():
        RevocationList.objects.filter(pk=reserved.pk).update(der=encoding)
        audit.record(
            Event.LIST_PUBLISHED,
            about=("authority", reserved.authority_id),
            caller=Caller.system(at=at, name="publication"),
            facts={"number": reserved.number, "entries": reserved.entries,
                   "this_update": reserved.this_update.isoformat(), "next_update": reserved.next_update.isoformat()},
        )
    return encoding
