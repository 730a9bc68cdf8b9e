# SPDX-License-Identifier: Apache-2.0
"""What counts as the same person, which contacts are accepted, who may register people."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from paraph.kernel import sealing
from paraph.kernel.caller import Caller

REGISTERING_ROLES = ("registration_officer", "registration_manager", "operator_admin")

# Questions about nobody: a UserID that nobody has asks the database what a known one asks.
NOBODY = UUID(int=0)

# The scope of a caller whom two people let in as staff, while he takes up his invitation (staff).
INVITED = "invited"

NAME_SIGNS = frozenset(" '’ʼ-‐.")

# Luxembourg's 6x8 numbers were the voicemail boxes of the mobile 6x1: a code sent there reaches nobody.
_VOICEMAIL = re.compile(r"6[0-9]8[0-9]{6}")


@dataclass(frozen=True, kw_only=True)
class Claims:
    """Who somebody says he is, or was found to be, in the three ways by which people are matched."""

    family_names: str
    given_names: str
    birth_date: date
    matricule: str = ""
    document_type: str = ""
    document_country: str = ""
    document_number: str = ""


class ContactProblem(StrEnum):
    NOT_A_NUMBER = "not_a_number"
    NOT_MOBILE = "not_mobile"
    VOICEMAIL = "voicemail"
    NOT_AN_EMAIL = "not_an_email"


class UnusableContact(ValueError):
    def __init__(self, problem: ContactProblem) -> None:
        super().__init__(problem)
        self.problem = problem


def fold(text: str) -> str:
    """Names as they compare: without accents, case, hyphens, blanks. Ø, ß and the like as ICAO 9303 writes them."""
    text = text.translate(str.maketrans({"ß": "ss", "ø": "oe", "Ø": "oe", "æ": "ae", "Æ": "ae", "œ": "oe",
                                         "Œ": "oe", "þ": "th", "Þ": "th", "ð": "d", "Ð": "d", "ł": "l", "Ł": "l"}))
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def is_name(text: str) -> bool:
    """Letters and their marks of any script, blanks, apostrophes, hyphens and full stops, and at least one letter.

    Nothing else stands in a passport's name; signs that turn the direction of writing or open a tag mislead readers.
    """
    return any(sign.isalpha() for sign in text) and all(
        sign in NAME_SIGNS or unicodedata.category(sign)[0] in "LM" for sign in text)


def matricule_index(matricule: str) -> str:
    """Under which a sealed matricule is found again; nothing for none."""
    return sealing.blind_index(matricule, "accounts.matricule") if matricule else ""


def document_index(country: str, number: str) -> str:
    """The same for an identity document: blanks, signs and capitals make no difference."""
    number = fold(number)
    return sealing.blind_index(f"{country.upper()} {number}", "accounts.document") if country and number else ""


def names_index(family_names: str, given_names: str, birth_date: date) -> str:
    """The same for names and birth date: accents and capitals make no difference."""
    text = f"{fold(family_names)} {fold(given_names)} {birth_date.isoformat()}"
    return sealing.blind_index(text, "accounts.names")


def user_id_index(user_id: str) -> str:
    """UserIDs compare without case and blanks, as people type them."""
    return sealing.blind_index("".join(user_id.split()).upper(), "accounts.user_id")


def normal_mobile(text: str, region: str = "LU") -> str:
    """The number as E.164. `region` is the country of a number written without one.

    Raises UnusableContact when it is no number, not a mobile (an SMS would not arrive), or a voicemail box.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise UnusableContact(ContactProblem.NOT_A_NUMBER) from error
    if number.country_code == 352 and _VOICEMAIL.fullmatch(str(number.national_number)):
        raise UnusableContact(ContactProblem.VOICEMAIL)
    if not phonenumbers.is_valid_number(number):
        raise UnusableContact(ContactProblem.NOT_A_NUMBER)
    if phonenumbers.number_type(number) not in (phonenumbers.PhoneNumberType.MOBILE,
                                                phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
        raise UnusableContact(ContactProblem.NOT_MOBILE)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def written_mobile(number: str) -> str:
    """An E.164 number in the groups in which its country says it: +352 621 123 456."""
    return phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def normal_email(text: str) -> str:
    """The address with its domain in lower case. Raises UnusableContact when it has not the form of one."""
    text = text.strip()
    try:
        validate_email(text)
    except ValidationError as error:
        raise UnusableContact(ContactProblem.NOT_AN_EMAIL) from error
    local, _, domain = text.rpartition("@")
    return f"{local}@{domain.lower()}"


def may_register(caller: Caller) -> bool:
    """Whether the caller may create persons and identities: an officer, the operator at his machine, or staff at his own
    invitation."""
    return (caller.channel.startswith("cli:") or caller.scope == INVITED
            or any(caller.has_role(role) for role in REGISTERING_ROLES))
