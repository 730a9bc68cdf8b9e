# SPDX-License-Identifier: Apache-2.0
"""Who works here, and how a caller is identified: by what only he should know and we know already (R252)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from paraph.domain.accounts import policy as accounts
from paraph.domain.accounts.models import IdentityDocument, Person
from paraph.domain.accounts.queries import Contact
from paraph.kernel.caller import Caller

AGENT, OFFICER = "helpdesk_agent", "registration_officer"
RIGHT_ANSWERS_NEEDED = 3
DOCUMENT_CHARACTERS, MOBILE_DIGITS = 4, 4


class Question(StrEnum):
    """The words a caller says; the agent types them and never sees what is known."""

    BIRTH_DATE = "birth_date"
    DOCUMENT_ENDING = "document_ending"
    POSTCODE = "postcode"
    MOBILE_ENDING = "mobile_ending"
    EMAIL = "email"


def is_agent(caller: Caller) -> bool:
    return caller.scope == "staff" and caller.has_role(AGENT)


def is_officer(caller: Caller, organisation: str) -> bool:
    return caller.scope == "staff" and bool(organisation) and caller.has_role(OFFICER, organisation)


def may_serve(caller: Caller, *, channel: str, organisation: str) -> bool:
    """Whose case it is: a visit is its desk's, everything else the agents'."""
    return is_officer(caller, organisation) if channel == "desk" else is_agent(caller)


@dataclass(frozen=True, kw_only=True)
class Link:
    """A partner that knows the holder: where it wants to hear of a fraud, and its own name for him."""

    partner: str
    address: str
    subject: str


def lives_at(contact: Contact, postcode: str) -> bool:
    """With or without the country's L; without a postal address nothing is right."""
    said = _signs(postcode).removeprefix("L")
    return bool(said and contact.postal) and _signs(contact.postal["postcode"]).removeprefix("L") == said


@dataclass(frozen=True, kw_only=True)
class Presented:
    """What stands on the original in the officer's hand, typed from it."""

    type: str
    country: str
    number: str
    expires_on: date
    family_names: str
    given_names: str
    birth_date: date


class Feature(StrEnum):
    """What of a visitor is compared. All must be right."""

    PRESENT = "person_present"
    NAMES = "names"
    NUMBER = "number"
    EXPIRES_ON = "expires_on"
    VALID = "valid"


def right_features(
    seen: Presented, *, person_present: bool, person: Person, documents: list[IdentityDocument], today: date
) -> list[str]:
    """Which features of a visitor are right: the document is one that we know, still valid, and the person is its
    bearer. Good on its last day."""
    names = accounts.names_index(seen.family_names, seen.given_names, seen.birth_date)
    index = accounts.document_index(seen.country, seen.number)
    known = next((document for document in documents
                  if (document.number_index, document.type) == (index, seen.type)), None)
    found = {
        Feature.PRESENT: person_present,
        Feature.NAMES: names == person.names_index,
        Feature.NUMBER: known is not None,
        Feature.EXPIRES_ON: known is not None and known.expires_on == seen.expires_on,
        Feature.VALID: seen.expires_on >= today,
    }
    return [feature for feature, holds in found.items() if holds]


def right_answers(
    answers: Mapping[str, object], *, person: Person, documents: list[IdentityDocument], contact: Contact
) -> list[str]:
    """Which of the answers given are right. What we do not know ourselves is never right."""
    known = {
        Question.BIRTH_DATE: {person.born},
        Question.DOCUMENT_ENDING: {_signs(document.number)[-DOCUMENT_CHARACTERS:] for document in documents[:1]},
        Question.POSTCODE: {_signs(contact.postal["postcode"]).removeprefix("L")} if contact.postal else set(),
        Question.MOBILE_ENDING: {contact.mobile[-MOBILE_DIGITS:]} if contact.mobile else set(),
        Question.EMAIL: {contact.email.casefold()} if contact.email else set(),
    }
    return [question for question, values in known.items()
            if answers.get(question) and _said(question, answers[question]) in values - {""}]


def _said(question: Question, answer: object) -> object:
    if isinstance(answer, date):
        return answer
    text = str(answer)
    match question:
        case Question.EMAIL:
            return text.strip().casefold()
        case Question.POSTCODE:
            return _signs(text).removeprefix("L")
        case _:
            return _signs(text)


def _signs(text: str) -> str:
    return "".join(sign for sign in text.upper() if sign.isalnum())


def passes(right: list[str]) -> bool:
    """Whether a caller is who he says: so many of the questions were answered rightly."""
    return len(right) >= RIGHT_ANSWERS_NEEDED
