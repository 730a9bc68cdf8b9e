# SPDX-License-Identifier: Apache-2.0
"""The machine readable zone of identity documents: ICAO Doc 9303 parts 3 (check digits), 4 (TD3), 5 (TD1), 6 (TD2).

`parse` takes the lines as a person typed them or as a reader saw them and returns what they say, with one problem per
field that does not hold. It never corrects: a wrong digit is shown to the person, who looks at the document again.
Names carry no check digit, and the zone cuts and transliterates them: the visual zone is what counts.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_ALLOWED = re.compile(r"[A-Z0-9<]*")
_WEIGHTS = (7, 3, 1)
# A document is issued for ten years at most; fifteen leave room for a state that does otherwise.
_EXPIRY_YEARS_AHEAD = 15
# More text than this is no machine readable zone, whatever is in it.
_MOST_CHARACTERS = 400


class Problem(StrEnum):
    """What does not hold in a field; stable codes, shown to people in their language by the interface."""

    LAYOUT = "layout"
    """Neither three lines of 30 characters, nor two of 36, nor two of 44."""
    CHARACTERS = "characters"
    """Something other than A–Z, 0–9 and < ."""
    CHECK_DIGIT = "check_digit"
    DATE = "date"
    """Not a date of the calendar."""
    EMPTY = "empty"
    SEX = "sex"


class MalformedZone(ValueError):
    """The text has not the layout of a machine readable zone; `problem` and `line` (from 1, 0 for all) say where."""

    def __init__(self, problem: Problem, line: int = 0) -> None:
        super().__init__(f"{problem} in line {line}" if line else str(problem))
        self.problem = problem
        self.line = line


@dataclass(frozen=True)
class Zone:
    """What a machine readable zone says. Fields with a problem hold the text as read, or None for a date."""

    layout: str
    document_code: str
    issuer: str
    document_number: str
    family_names: str
    given_names: str
    nationality: str
    birth_date: date | None
    sex: str
    expiry_date: date | None
    optional: str
    problems: tuple[tuple[str, Problem], ...]

    @property
    def is_sound(self) -> bool:
        """True when every check digit is right and every field can be read."""
        return not self.problems


def check_digit(text: str) -> str:
    """Return the check digit of `text` (part 3, section 4.9): weights 7, 3, 1, modulus 10."""
    total = 0
    for place, character in enumerate(text):
        total += _value(character) * _WEIGHTS[place % 3]
    return str(total % 10)


def clean(text: str) -> list[str]:
    """Split typed or scanned text into lines of capitals, without blanks and empty lines."""
    lines = ("".join(line.split()).upper() for line in text.splitlines())
    return [line for line in lines if line]


def parse(lines: list[str] | str, *, today: date) -> Zone:
    """Read a zone of three lines of 30 (TD1) or two of 36 (TD2) or 44 (TD3) characters.

    `today` decides the century of the two-digit years: nobody is born after it, and no document is valid for more
    than fifteen years after it. Raises MalformedZone when the text has no such layout; anything less is a problem of
    a field in the result.
    """
    if isinstance(lines, str):
        lines = clean(lines[:_MOST_CHARACTERS])
    layout = _layout(lines)
    for number, line in enumerate(lines, start=1):
        if not _ALLOWED.fullmatch(line):
            raise MalformedZone(Problem.CHARACTERS, number)
    reading = _Reading(today)
    return {"TD1": reading.card, "TD2": reading.small, "TD3": reading.passport}[layout](lines)


def _layout(lines: list[str]) -> str:
    expected = {3: {30: "TD1"}, 2: {36: "TD2", 44: "TD3"}}.get(len(lines))
    if expected is None:
        raise MalformedZone(Problem.LAYOUT)
    layout = expected.get(len(lines[0]))
    for number, line in enumerate(lines, start=1):
        if layout is None or len(line) != len(lines[0]):
            raise MalformedZone(Problem.LAYOUT, number)
    return layout


def _value(character: str) -> int:
    if character == "<":
        return 0
    if "0" <= character <= "9":
        return ord(character) - ord("0")
    if "A" <= character <= "Z":
        return ord(character) - ord("A") + 10
    raise ValueError("only A–Z, 0–9 and < have a value")


def _text(field: str) -> str:
    return " ".join(part for part in field.split("<") if part)


class _Reading:
    """Collects the problems while one zone is read."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.problems: list[tuple[str, Problem]] = []

    def card(self, lines: list[str]) -> Zone:
        first, second, names = lines
        number, optional = self.long_number(first[5:14], first[14], first[15:30])
        self.check("composite", first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29])
        optional = " ".join(part for part in (optional, _text(second[18:29])) if part)
        return self.zone("TD1", first, number, names, second[15:18], second[0:6], second[6], second[7],
                         second[8:14], second[14], optional)

    def small(self, lines: list[str]) -> Zone:
        first, second = lines
        number, optional = self.long_number(second[0:9], second[9], second[28:35])
        self.check("composite", second[0:10] + second[13:20] + second[21:35], second[35])
        return self.zone("TD2", first, number, first[5:], second[10:13], second[13:19], second[19], second[20],
                         second[21:27], second[27], optional)

    def passport(self, lines: list[str]) -> Zone:
        first, second = lines
        number = _text(second[0:9])
        self.check("document_number", second[0:9], second[9])
        # An empty optional field may leave its check digit as a filler (part 4, section 4.2.2.2).
        if not (_text(second[28:42]) == "" and second[42] == "<"):
            self.check("optional", second[28:42], second[42])
        self.check("composite", second[0:10] + second[13:20] + second[21:43], second[43])
        return self.zone("TD3", first, number, first[5:], second[10:13], second[13:19], second[19], second[20],
                         second[21:27], second[27], _text(second[28:42]))

    def zone(self, layout, first, number, names, nationality, birth, birth_digit, sex, expiry, expiry_digit,
             optional) -> Zone:
        family, _, given = names.partition("<<")
        self.present("document_code", first[0:2])
        self.present("issuer", first[2:5])
        self.present("document_number", number)
        self.present("family_names", family)
        self.check("birth_date", birth, birth_digit)
        self.check("expiry_date", expiry, expiry_digit)
        if sex not in "MFX<":
            self.problems.append(("sex", Problem.SEX))
        return Zone(
            layout=layout,
            document_code=_text(first[0:2]),
            issuer=_text(first[2:5]),
            document_number=number,
            family_names=_text(family),
            given_names=_text(given),
            nationality=_text(nationality),
            birth_date=self.birth(birth),
            sex="" if sex == "<" else sex,
            expiry_date=self.expiry(expiry),
            optional=optional,
            problems=tuple(dict.fromkeys(self.problems)),
        )

    def long_number(self, number: str, digit: str, optional: str) -> tuple[str, str]:
        """Read a number that may go on in the optional field: then its check digit is a filler (part 5, 4.2.2)."""
        if digit == "<" and "<" not in number and optional[0] != "<":
            rest, _, after = optional.partition("<")
            if len(rest) > 1:
                self.check("document_number", number + rest[:-1], rest[-1])
                return number + rest[:-1], _text(after)
        self.check("document_number", number, digit)
        return _text(number), _text(optional)

    def check(self, field: str, covered: str, digit: str) -> None:
        if check_digit(covered) != digit:
            self.problems.append((field, Problem.CHECK_DIGIT))

    def present(self, field: str, text: str) -> None:
        if not _text(text):
            self.problems.append((field, Problem.EMPTY))

    def birth(self, text: str) -> date | None:
        """Read a birth date: never after today."""
        if not self.is_date_text("birth_date", text):
            return None
        born = self.date_of(text, self.today.year)
        if born is None or born > self.today:
            # Also where 29 February exists in the earlier century only.
            born = self.date_of(text, self.today.year - 100)
        if born is None:
            self.problems.append(("birth_date", Problem.DATE))
        return born

    def expiry(self, text: str) -> date | None:
        if not self.is_date_text("expiry_date", text):
            return None
        expires = self.date_of(text, self.today.year + _EXPIRY_YEARS_AHEAD)
        if expires is None:
            self.problems.append(("expiry_date", Problem.DATE))
        return expires

    def is_date_text(self, field: str, text: str) -> bool:
        """An unknown year, month or day is written with fillers (part 3, section 4.8): no date, and no problem."""
        if text.isdigit():
            return True
        if not re.fullmatch(r"(?:[0-9]{2}|<<){3}", text):
            self.problems.append((field, Problem.DATE))
        return False

    @staticmethod
    def date_of(text: str, latest_year: int) -> date | None:
        """Return the date of YYMMDD in the last year with these two digits that is not after `latest_year`."""
        year = latest_year - (latest_year - int(text[0:2])) % 100
        try:
            return date(year, int(text[2:4]), int(text[4:6]))
        except ValueError:
            return None
