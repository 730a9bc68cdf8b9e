# SPDX-License-Identifier: Apache-2.0
"""Who works here, and how a caller is identified: by what only he should know and we know already (R252)."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from paraph.domain.accounts.models import IdentityDocument, Person
from paraph.domain.accounts.queries import Contact
from paraph.kernel.caller import Caller

AGENT = "helpdesk_agent"
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
    return len(right) >= RIGHT_ANSWERS_NEEDED
