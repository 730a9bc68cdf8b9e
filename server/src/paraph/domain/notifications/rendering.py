# SPDX-License-Identifier: Apache-2.0
"""From a template and its data to what a person reads, in the person's language."""

from dataclasses import dataclass
from datetime import date, datetime

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.dateformat import format as written

from paraph.domain.notifications import letterhead, window
from paraph.domain.notifications.policy import LETTER, SMS, SPACE
from paraph.kernel.clock import ZONE

DATES = {"fr": "j F Y", "de": "j. F Y", "en": "j F Y"}
INSTANTS = {"fr": r"j F Y \à G \h i", "de": r"j. F Y \u\m H:i \U\h\r", "en": r"j F Y \a\t H:i"}


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str = ""


def in_words(value: object, language: str) -> object:
    """Dates and instants as a letter writes them, in the operator's zone.

    Text stays on one line and without the mark of a table, so that data can make up neither paragraphs nor codes.
    """
    if isinstance(value, datetime):
        return _ordinal(written(value.astimezone(ZONE), INSTANTS[language]), language)
    if isinstance(value, str):
        return " ".join(value.replace(" | ", " / ").split())
    if isinstance(value, date):
        return _ordinal(written(value, DATES[language]), language)
    return value


def _ordinal(text: str, language: str) -> str:
    """French says "1er" for the first day of a month, as the pages do; no format letter gives it."""
    return f"1er{text[1:]}" if language == "fr" and text.startswith("1 ") else text


def render(*, template: str, channel: str, language: str, data: dict, postal: tuple[str, ...]) -> Rendered:
    """The first line of a mail's template is its subject; an SMS has none; My space shows the mail's text."""
    sender = letterhead.bound()
    with translation.override(language):
        context = {name: in_words(value, language) for name, value in data.items()}
        context |= {"sender": sender, "hours": sender.hours_in(language), "notice": sender.notice_in(language),
                    "language": language, "postal": postal}
        if channel == LETTER:
            letter = render_to_string(f"notifications/{template}.{LETTER}.txt", context)
            subject, _, text = letter.strip().partition("\n")
            html = render_to_string("notifications/letter.html",
                                    context | {"subject": subject.strip(), "paragraphs": _paragraphs(text),
                                               "address_size": window.address_size(postal), "leading": str(window.LEADING)})
            return Rendered(subject=subject.strip(), text=text.strip(), html=html)
        if channel == SMS:
            return Rendered(subject="", text=" ".join(render_to_string(f"notifications/{template}.sms.txt",
                                                                       context).split()))
        mail = render_to_string(f"notifications/{template}.mail.txt", context | {"in_space": channel == SPACE})
        subject, _, text = mail.strip().partition("\n")
        return Rendered(subject=subject.strip(), text=text.strip())


def _paragraphs(text: str) -> list[list[tuple[str, str]]]:
    """Paragraphs are parted by blank lines. A paragraph of lines ``label : value`` becomes a table of codes."""
    parts = [part.strip().splitlines() for part in text.strip().split("\n\n") if part.strip()]
    return [[_cells(line.strip()) for line in part] for part in parts]


def _cells(line: str) -> tuple[str, str]:
    label, separator, value = line.partition(" | ")
    return (label, value) if separator else ("", line)
