# SPDX-License-Identifier: Apache-2.0
"""Decisions on orders: what is complete, until when, and who may move one. Pure: no database, no clock."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from paraph.domain.accounts import policy as accounts
from paraph.domain.reference import countries, documents, postcodes
from paraph.kernel import clock, rules
from paraph.kernel.caller import Caller
from paraph.pki import mrz

OFFICER = "registration_officer"
OFFICER_MOVES = frozenset({"prove", "approve", "prepare", "reject"})
TIMER_MOVES = frozenset({"lapse"})
LONGEST_NAME = 120
NAMES = ("family_names", "given_names")
LONGEST_LINE = 100
LONGEST_POSTCODE = 12
OLDEST_YEARS = 130
# Where every house has a number. Elsewhere a name of a house or hamlet may be the whole address.
NUMBERED = frozenset({"LU", "BE", "DE"})
VOUCHER_FAILURES = 5
VOUCHER_PAUSE = timedelta(hours=1)


class Problem(StrEnum):
    """What does not hold in a field; stable codes, put into words by the interface."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    NOT_A_NAME = "not_a_name"
    FUTURE = "future"
    TOO_OLD = "too_old"
    TOO_YOUNG = "too_young"
    POSTCODE = "postcode"
    NO_HOUSE_NUMBER = "no_house_number"
    NO_NAME = "no_name"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    NOT_ACCEPTED = "not_accepted"
    LENGTH = "length"
    MRZ_LAYOUT = "mrz_layout"
    MRZ_CHECK = "mrz_check"
    MRZ_DIFFERS = "mrz_differs"
    NOT_A_NUMBER = "not_a_number"
    NOT_MOBILE = "not_mobile"
    VOICEMAIL = "voicemail"
    NOT_AN_EMAIL = "not_an_email"


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """The customer as he describes himself. E-mail and mobile may be missing (R019, R020); countries are alpha-2."""

    family_names: str
    given_names: str
    birth_date: date
    street: str
    postcode: str
    city: str
    country: str
    email: str = ""
    mobile: str = ""
    birth_place: str = ""
    nationality: str = ""
    matricule: str = ""

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "birth_date": self.birth_date.isoformat()}


@dataclass(frozen=True, kw_only=True)
class Document:
    """The identity document that will be demanded at identification (R017). `mrz` as typed, or empty."""

    type: str
    number: str
    country: str
    expires_on: date
    mrz: str = ""

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "expires_on": self.expires_on.isoformat()}


def applicant_problems(applicant: Applicant, today: date) -> dict[str, Problem]:
    """Each field that does not hold, by name. Empty when the applicant is complete."""
    problems: dict[str, Problem] = {}
    for name, longest in (("family_names", LONGEST_NAME), ("given_names", LONGEST_NAME), ("street", LONGEST_LINE),
                          ("postcode", LONGEST_POSTCODE), ("city", LONGEST_LINE)):
        problem = text_problem(getattr(applicant, name), longest)
        if problem is None and name in NAMES and not accounts.is_name(getattr(applicant, name)):
            problem = Problem.NOT_A_NAME
        if problem:
            problems[name] = problem
    problems = place_problems(applicant.street, applicant.postcode, applicant.city, applicant.country) | problems
    problem = birth_date_problem(applicant.birth_date, today)
    if problem:
        problems["birth_date"] = problem
    if not countries.is_known(applicant.country):
        problems["country"] = Problem.UNKNOWN if applicant.country else Problem.MISSING
    for name, normal in (("email", accounts.normal_email), ("mobile", accounts.normal_mobile)):
        problem = contact_problem(getattr(applicant, name), normal)
        if problem:
            problems[name] = problem
    return problems


def text_problem(text: str, longest: int) -> Problem | None:
    if not text.strip():
        return Problem.MISSING
    if len(text) > longest:
        return Problem.TOO_LONG
    return None if text.isprintable() else Problem.CHARACTERS


def place_problems(street: str, postcode: str, city: str, country: str) -> dict[str, Problem]:
    """What keeps a letter from arriving, in fields that are filled in."""
    problems: dict[str, Problem] = {}
    if country in NUMBERED and not any(sign.isdigit() for sign in street):
        problems["street"] = Problem.NO_HOUSE_NUMBER
    for name, text in (("street", street), ("city", city)):
        if not any(sign.isalpha() for sign in text):
            problems[name] = Problem.NO_NAME
    if countries.is_known(country) and not postcodes.is_possible(postcode, country):
        problems["postcode"] = Problem.POSTCODE
    return problems


def birth_date_problem(birth_date: date, today: date) -> Problem | None:
    """Of age from the birthday itself (Q03); who was born on 29 February, from 1 March in a year without one."""
    if birth_date > today:
        return Problem.FUTURE
    if today.year - birth_date.year > OLDEST_YEARS:
        return Problem.TOO_OLD
    of_age = (birth_date.year + rules.current().applicant_least_age, birth_date.month, birth_date.day)
    return Problem.TOO_YOUNG if (today.year, today.month, today.day) < of_age else None


def contact_problem(text: str, normal: Any) -> Problem | None:
    if not text:
        return None
    try:
        normal(text)
    except accounts.UnusableContact as unusable:
        return Problem(unusable.problem.value)
    return None


def document_problems(document: Document, today: date) -> dict[str, Problem]:
    """Each field that does not hold. A document is good through its last day."""
    problems: dict[str, Problem] = {}
    number = normal_number(document.number)
    if not number:
        problems["number"] = Problem.MISSING
    elif not number.isalnum() or not number.isascii():
        problems["number"] = Problem.CHARACTERS
    elif not 5 <= len(number) <= 20:
        problems["number"] = Problem.LENGTH
    if not countries.is_known(document.country):
        problems["country"] = Problem.UNKNOWN if document.country else Problem.MISSING
    elif not documents.is_accepted(document.type, document.country):
        problems["type"] = Problem.NOT_ACCEPTED
    if document.expires_on < today:
        problems["expires_on"] = Problem.EXPIRED
    return problems


def normal_number(number: str) -> str:
    """A document number as it compares: capitals, without blanks, hyphens and fillers."""
    return number.upper().translate(str.maketrans("", "", " -.<\u00a0\u202f"))


def zone_problem(text: str, today: date) -> Problem | None:
    """Whether a typed machine readable zone can be read and all its check digits are right."""
    try:
        zone = mrz.parse(text, today=today)
    except mrz.MalformedZone:
        return Problem.MRZ_LAYOUT
    return None if zone.is_sound else Problem.MRZ_CHECK


def zone_differences(document: Document, birth_date: date | None, today: date) -> dict[str, Problem]:
    """Fields that say something else than the zone that the customer typed. Names are not compared: it cuts them."""
    if not document.mrz:
        return {}
    problem = zone_problem(document.mrz, today)
    if problem:
        return {"mrz": problem}
    zone = mrz.parse(document.mrz, today=today)
    pairs = {
        "country": (countries.from_zone(zone.issuer) or None, document.country),
        "number": (normal_number(zone.document_number), normal_number(document.number)),
        "expires_on": (zone.expiry_date, document.expires_on),
        "birth_date": (zone.birth_date, birth_date),
    }
    return {name: Problem.MRZ_DIFFERS for name, (read, typed) in pairs.items()
            if None not in (read, typed) and read != typed}


def zone_birth_date(text: str, today: date) -> date | None:
    """The birth date that a typed zone says, to propose it; None without a readable one."""
    return mrz.parse(text, today=today).birth_date if text and zone_problem(text, today) is None else None


def activation_code_problem(code: str) -> Problem | None:
    """Exactly five visible characters (R014), compared as typed, capitals and small letters apart."""
    if not code:
        return Problem.MISSING
    if len(code) != rules.current().activation_code_length:
        return Problem.LENGTH
    return None if code.isprintable() and " " not in code else Problem.CHARACTERS


def suggested_activation_code(document_number: str) -> str:
    """The last five characters of the document's number (R015), or nothing for a shorter number."""
    number = normal_number(document_number)
    length = rules.current().activation_code_length
    return number[-length:] if len(number) >= length else ""


def activation_deadline(placed_at: datetime) -> datetime:
    """The first instant at which an order can no longer be activated: the end of day 60 from placing (R089, Q16)."""
    return clock.end_of_day_after(placed_at, rules.current().activation_days)


def last_day(deadline: datetime) -> date:
    """The last day before a deadline, as people are told it."""
    return clock.local_date(deadline - timedelta(microseconds=1))


def may_move(move: str, caller: Caller, authority_id: object) -> bool:
    """Officers of the order's authority decide; timers lapse; activation moves follow proofs that registration took."""
    if move in OFFICER_MOVES:
        return caller.has_role(OFFICER, str(authority_id))
    if move in TIMER_MOVES:
        return caller.channel.startswith(("job:", "cli:"))
    return True


def voucher_code(text: str) -> str:
    """A voucher's code as it compares: capitals, without blanks and hyphens."""
    return "".join(character for character in text.upper() if character.isalnum())
