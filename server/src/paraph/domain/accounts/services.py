# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import policy
from paraph.domain.accounts.events import Event
from paraph.domain.accounts.lifecycle import IDENTITY
from paraph.domain.accounts.models import Acceptance, ContactPoint, Identity, IdentityDocument, LegalText, Person
from paraph.domain.accounts.policy import Claims
from paraph.domain.audit import services as audit
from paraph.domain.reference.languages import LANGUAGES
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal

TEXTS = Path(__file__).resolve().parent / "texts"
TEXT_KINDS = ("terms", "privacy", "disclosure")


class TextAlreadyPublished(Refusal):
    """The same version of a text exists with other words: a change needs a new version."""

    code = "text_already_published"
    sentence = gettext_noop(
        "Cette version du texte est déjà publiée avec un autre contenu. Donnez un nouveau numéro de version.")


class UnusableName(Refusal):
    """A name holds signs that stand in no passport."""

    code = "unusable_name"
    sentence = gettext_noop("Un nom ne contient que des lettres, des espaces, des apostrophes, des traits d’union et des points.")
    status = 422


class NothingAccepted(Refusal):
    code = "nothing_accepted"
    sentence = gettext_noop("Sans votre accord aux conditions, nous ne pouvons pas continuer.")
    status = 422


def _locked(model: type[models.Model], identifier: object) -> Any:
    try:
        return model.objects.select_for_update().get(pk=identifier)
    except (model.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def create_person(
    *, claims: Claims, document_expires_on: date | None, birth_place: str = "", nationality: str = "",
    language: str = "fr", caller: Caller,
) -> Person:
    """A person exists from the moment an officer says who he is, with the document that was compared.

    Without a document in the claims (staff named by the operator) none is stored. Refuses: Forbidden, UnusableName.
    """
    if not policy.may_register(caller):
        raise Forbidden()
    if not (policy.is_name(claims.family_names) and policy.is_name(claims.given_names)):
        raise UnusableName()
    with transaction.atomic():
        person = Person.objects.create(
            family_names=claims.family_names, given_names=claims.given_names,
            birth_date=claims.birth_date.isoformat(), birth_place=birth_place, nationality=nationality,
            matricule=claims.matricule, matricule_index=policy.matricule_index(claims.matricule),
            names_index=policy.names_index(claims.family_names, claims.given_names, claims.birth_date),
            language=language, created_at=caller.at)
        audit.record(Event.PERSON_CREATED, about=("person", person.id), caller=caller,
                     personal={"name": person.full_name, "birth_date": person.birth_date})
        if claims.document_number and document_expires_on:
            add_document(person_id=person.id, claims=claims, expires_on=document_expires_on, caller=caller)
    return person


def add_document(*, person_id: object, claims: Claims, expires_on: date, caller: Caller) -> IdentityDocument:
    """An officer compared this document with its bearer; it finds the person from now on. Refuses: Forbidden."""
    if not policy.may_register(caller):
        raise Forbidden()
    with transaction.atomic():
        person = _locked(Person, person_id)
        index = policy.document_index(claims.document_country, claims.document_number)
        document = IdentityDocument.objects.create(
            person=person, type=claims.document_type, country=claims.document_country, number=claims.document_number,
            number_index=index, expires_on=expires_on, verified_at=caller.at, verified_by=caller.person)
        audit.record(Event.DOCUMENT_ADDED, about=("person", person.id), caller=caller,
                     facts={"type": document.type, "country": document.country, "expires_on": expires_on},
                     personal={"number": claims.document_number})
    return document


def create_identity(
    *, person_id: object, kind: str, device_family: str, organisation_id: object = None, identity_id: object = None,
    ssn: str = "", caller: Caller,
) -> Identity:
    """A new SSN and a new UserID for a person. `identity_id`, `ssn`: drawn before, because somebody has read them already.
    Refuses: Forbidden, NotFound."""
    if not policy.may_register(caller):
        raise Forbidden()
    with transaction.atomic():
        person = _locked(Person, person_id)
        user_id = tokens.user_id()
        identity = Identity.objects.create(
            id=identity_id or tokens.uuid7(), person=person, kind=Identity.Kind(kind),
            device_family=Identity.Family(device_family), organisation_id=organisation_id, ssn=ssn or tokens.ssn(),
            user_id=user_id, user_id_index=policy.user_id_index(user_id), state_since=caller.at)
        audit.record(Event.IDENTITY_CREATED, about=("identity", identity.id), caller=caller,
                     facts={"person": person.id, "kind": kind, "device_family": device_family})
    return identity


def close_identity(*, identity_id: object, caller: Caller) -> Identity:
    """The identity can't be used any more: its certificates were revoked for good, or a member of staff has left."""
    return _moved(identity_id, "close", Event.IDENTITY_CLOSED, caller)


def suspend_identity(*, identity_id: object, caller: Caller) -> Identity:
    """A member of staff can't log in until he is reinstated; the door answers as to an unknown UserID."""
    return _moved(identity_id, "suspend", Event.IDENTITY_SUSPENDED, caller)


def resume_identity(*, identity_id: object, caller: Caller) -> Identity:
    """The holder may log in everywhere again."""
    return _moved(identity_id, "resume", Event.IDENTITY_RESUMED, caller)


def _moved(identity_id: object, move: str, event: Event, caller: Caller) -> Identity:
    with transaction.atomic():
        identity = _locked(Identity, identity_id)
        IDENTITY.advance(identity, move, at=caller.at)
        audit.record(event, about=("identity", identity.id), caller=caller)
    return identity


def record_contact(*, identity_id: object, kind: str, value: object, read_back: bool, caller: Caller) -> ContactPoint:
    """The holder is reached here from now on, in place of what was known. `read_back`: an officer confirmed it.

    `value` is text, or for "postal" a dict of name, street, postcode, city, country.
    Refuses: Forbidden. Raises policy.UnusableContact for a number or address that can't receive.
    """
    if read_back and not policy.may_register(caller):
        raise Forbidden()
    if kind == ContactPoint.Kind.MOBILE:
        value = policy.normal_mobile(str(value))
    elif kind == ContactPoint.Kind.EMAIL:
        value = policy.normal_email(str(value))
    with transaction.atomic():
        identity = _locked(Identity, identity_id)
        ContactPoint.objects.filter(identity=identity, kind=kind, ended_at=None).update(ended_at=caller.at)
        point = ContactPoint.objects.create(
            identity=identity, kind=ContactPoint.Kind(kind), value=value, since=caller.at,
            verified_at=caller.at if read_back else None, verified_by=caller.person if read_back else "")
        audit.record(Event.CONTACT_RECORDED, about=("identity", identity.id), caller=caller,
                     facts={"kind": kind, "read_back": read_back}, personal={"value": value})
    return point


def publish_text(
    *, kind: str, version: str, language: str, title: str, body: str, effective_at: datetime, authoritative: bool,
    caller: Caller,
) -> LegalText:
    """A version of a legal text in one language stands for ever. Publishing the same again changes nothing.

    Refuses: TextAlreadyPublished when the version exists with other words.
    """
    digest = sha256(body.encode()).hexdigest()
    with transaction.atomic():
        text = LegalText.objects.filter(kind=kind, version=version, language=language).first()
        if text is not None:
            if text.sha256 != digest:
                raise TextAlreadyPublished()
            return text
        text = LegalText.objects.create(
            kind=kind, version=version, language=language, title=title, body=body, sha256=digest,
            effective_at=effective_at, authoritative=authoritative)
        audit.record(Event.TEXT_PUBLISHED, about=("legal_text", text.id), caller=caller,
                     facts={"kind": kind, "version": version, "language": language, "sha256": digest})
    return text


def publish_own_texts(
    *, version: str, effective_at: datetime, authoritative: str, operator: str, phone: str, email: str,
    address: str, website: str, repository: str, policy_arc: str, hours: Mapping[str, str], notice: Mapping[str, str],
    caller: Caller,
) -> list[LegalText]:
    """The texts that come with the program, in every language, with the operator's name and the numbers of its rules.

    `repository` is where certificates and policies are published, `policy_arc` what the policies' identifiers begin with,
    `hours` and `notice` (what a demonstration says of itself) are texts by language.

    For a demonstration and as a draft for an operator's lawyer. Refuses: TextAlreadyPublished.
    """
    numbers = rules.current()
    values = {"operator": operator, "phone": phone, "email": email, "address": address, "website": website,
              "repository": repository, "policy_arc": policy_arc, "activation_days": numbers.activation_days,
              "suspension_days": numbers.suspension_days, "certificate_years": numbers.certificate_years,
              "status_minutes": numbers.status_target_minutes, "status_hours": numbers.status_limit_hours}
    published = []
    for kind in TEXT_KINDS:
        for language in LANGUAGES:
            title, _, body = (TEXTS / f"{kind}.{language}.txt").read_text().format(
                **values, hours=hours.get(language, hours["fr"]), notice=notice.get(language, "")).partition("\n")
            published.append(publish_text(
                kind=kind, version=version, language=language, title=title, body=body.strip(),
                effective_at=effective_at, authoritative=language == authoritative, caller=caller))
    return published


def accept(
    *, subject_id: object, texts: Iterable[object], language: str, channel: str, caller: Caller
) -> list[Acceptance]:
    """The subject (an order until approval, then a person or an identity) agreed to these texts, by their ids.

    `language` is that of the page around them; each text has its own.

    Refuses: NothingAccepted (no text), NotFound (no such text).
    """
    identifiers = list(texts)
    if not identifiers:
        raise NothingAccepted()
    with transaction.atomic():
        rows = list(LegalText.objects.filter(pk__in=identifiers))
        if len(rows) != len(set(map(str, identifiers))):
            raise NotFound()
        accepted = [
            Acceptance.objects.create(
                subject_id=str(subject_id), kind=row.kind, version=row.version, language=row.language,
                sha256=row.sha256, accepted_at=caller.at, channel=channel)
            for row in rows]
        for row in rows:
            audit.record(Event.TEXT_ACCEPTED, about=("subject", subject_id), caller=caller,
                         facts={"kind": row.kind, "version": row.version, "language": row.language, "page": language,
                                "sha256": row.sha256})
    return accepted
