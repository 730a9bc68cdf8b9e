# SPDX-License-Identifier: Apache-2.0
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.core.exceptions import ValidationError

from paraph.domain.accounts import policy
from paraph.domain.accounts.lifecycle import IdentityState
from paraph.domain.accounts.models import Acceptance, ContactPoint, Identity, IdentityDocument, LegalText, Person
from paraph.domain.accounts.policy import Claims
from paraph.kernel.errors import NotFound
from paraph.kernel.prepared import Prepared

# Whose UserID nobody has. He stands in no table.
STRANGER = Identity(
    id=policy.NOBODY, person_id=policy.NOBODY, kind=Identity.Kind.PRIVATE, device_family=Identity.Family.SERVER,
    ssn="0" * 20, user_id="0" * 8, user_id_index="0" * 64, state=IdentityState.OPEN,
    state_since=datetime(2026, 1, 1, tzinfo=UTC))

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_BY_USER_ID = Prepared(lambda index: Identity.objects.filter(user_id_index=index, state="open"))


class MatchedBy(StrEnum):
    MATRICULE = "matricule"
    DOCUMENT = "document"
    NAMES = "names"


@dataclass(frozen=True)
class Match:
    """A known person that the claims point at, and by what; the strongest ground first."""

    person_id: str
    by: tuple[MatchedBy, ...]


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Where the holder of an identity is reached. Contacts that no officer read back are left out."""

    person_id: str
    identity_id: str
    name: str
    language: str
    email: str | None
    mobile: str | None
    postal: dict[str, str] | None


def person(person_id: object) -> Person:
    return _one(Person, person_id)


def persons(person_ids: Iterable[object]) -> dict[str, Person]:
    """Several persons by their ids."""
    return {str(row.id): row for row in Person.objects.filter(pk__in=list(person_ids))}


def identity(identity_id: object) -> Identity:
    return _one(Identity, identity_id)


def identity_before(identity: Identity) -> Identity | None:
    """The newest other one of the same person that is not staff's: partners know both under one name."""
    return Identity.objects.filter(person_id=identity.person_id).exclude(pk=identity.pk).exclude(
        kind=Identity.Kind.STAFF).order_by("-id").first()


def _one(model, identifier):
    try:
        return model.objects.get(pk=identifier)
    except (model.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def identity_by_user_id(text: str) -> Identity | None:
    """The open identity with this UserID, typed in any case."""
    return _BY_USER_ID.first(index=policy.user_id_index(text))


def identity_or_stranger(text: str) -> Identity:
    """As identity_by_user_id(); for a UserID that nobody has the STRANGER, by the same work."""
    return _BY_USER_ID.first_or(STRANGER, index=policy.user_id_index(text))


def identities_of(person_id: object) -> list[Identity]:
    return list(Identity.objects.filter(person_id=person_id).order_by("id"))


def documents_of(person_id: object) -> list[IdentityDocument]:
    """Newest first."""
    return list(IdentityDocument.objects.filter(person_id=person_id).order_by("-verified_at", "-id"))


def find_matches(claims: Claims) -> list[Match]:
    """Persons whom the claims may be about: by matricule, else document, else names and birth date."""
    found: dict[str, list[MatchedBy]] = {}
    for by, identifiers in _candidates(claims):
        for identifier in identifiers:
            found.setdefault(str(identifier), []).append(by)
    return [Match(person_id=identifier, by=tuple(grounds)) for identifier, grounds in found.items()]


def is_same_person(person_id: object, claims: Claims) -> bool:
    """Whether any of the three grounds says that the claims are this person's: "can't serve himself"."""
    return any(match.person_id == str(person_id) for match in find_matches(claims))


def _candidates(claims: Claims):
    if claims.matricule:
        index = policy.matricule_index(claims.matricule)
        yield MatchedBy.MATRICULE, Person.objects.filter(matricule_index=index).values_list("id", flat=True)
    if claims.document_number and claims.document_country:
        index = policy.document_index(claims.document_country, claims.document_number)
        yield MatchedBy.DOCUMENT, IdentityDocument.objects.filter(number_index=index) \
            .values_list("person_id", flat=True).distinct()
    index = policy.names_index(claims.family_names, claims.given_names, claims.birth_date)
    yield MatchedBy.NAMES, Person.objects.filter(names_index=index).values_list("id", flat=True)


def contact(identity_id: object) -> Contact:
    """The verified contacts of an identity, with the holder's name and language."""
    holder = identity(identity_id)
    rows = {row.kind: row.value for row in
            ContactPoint.objects.filter(identity=holder, ended_at=None).exclude(verified_at=None)}
    return Contact(
        person_id=str(holder.person_id), identity_id=str(holder.id), name=holder.person.full_name,
        language=holder.person.language, email=rows.get("email"), mobile=rows.get("mobile"),
        postal=rows.get("postal"))


def emails(identity_ids: Iterable[object]) -> dict[UUID, str]:
    """The verified e-mail addresses of several identities, where they have one."""
    rows = ContactPoint.objects.filter(identity_id__in=list(identity_ids), kind=ContactPoint.Kind.EMAIL, ended_at=None)
    return {row.identity_id: row.value for row in rows.exclude(verified_at=None)}


def names(person_ids: Iterable[object]) -> dict[str, str]:
    """What several persons are called, by their ids. Whatever is no person's id is left out."""
    known = [text for text in map(str, person_ids) if _UUID.fullmatch(text)]
    return {str(row.id): row.full_name for row in Person.objects.filter(pk__in=known)}


def holder_names(identity_ids: Iterable[object]) -> dict[str, str]:
    """What the holders of several identities are called, by the identities' ids."""
    rows = Identity.objects.filter(pk__in=[text for text in map(str, identity_ids) if _UUID.fullmatch(text)])
    return {str(row.id): row.person.full_name for row in rows.select_related("person")}


def has_mobile(identity_id: object) -> bool:
    """Whether codes can go to this identity by SMS."""
    return ContactPoint.objects.filter(identity_id=identity_id, kind=ContactPoint.Kind.MOBILE, ended_at=None) \
        .exclude(verified_at=None).exists()


def current_text(kind: str, language: str, at: datetime) -> LegalText:
    """The version in force at an instant, in this language, else in the one that prevails. Raises NotFound."""
    rows = LegalText.objects.filter(kind=kind, effective_at__lte=at)
    row = rows.filter(language=language).order_by("-effective_at").first() \
        or rows.filter(authoritative=True).order_by("-effective_at").first()
    if row is None:
        raise NotFound()
    return row


def legal_text(text_id: object) -> LegalText:
    return _one(LegalText, text_id)


def acceptances(subject_id: object) -> list[Acceptance]:
    return list(Acceptance.objects.filter(subject_id=str(subject_id)).order_by("accepted_at", "id"))
