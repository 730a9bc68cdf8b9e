# SPDX-License-Identifier: Apache-2.0
"""Which papers an order needs (R004) and when an order form is good (R003)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PaperCode(StrEnum):
    ORDER_FORM = "order_form"
    """The order form: every field filled, signed, dated."""
    IDENTITY_DOCUMENT = "identity_document"
    """The document named in the order, in the original, and a copy of it."""
    EMPLOYER_MANDATE = "employer_mandate"
    REGISTER_EXTRACT = "register_extract"


class FormDefect(StrEnum):
    FIELDS = "fields"
    SIGNATURE = "signature"
    DATE = "date"


@dataclass(frozen=True, kw_only=True)
class FormCheck:
    """What an officer sees on the order form that is handed in."""

    complete: bool
    signed: bool
    signed_on: date | None


def papers_for(product: str, use: str) -> tuple[PaperCode, ...]:
    """The papers to bring, in the order of the checklist."""
    papers = (PaperCode.ORDER_FORM, PaperCode.IDENTITY_DOCUMENT)
    if use == "professional":
        return (*papers, PaperCode.EMPLOYER_MANDATE, PaperCode.REGISTER_EXTRACT)
    return papers


def form_defects(check: FormCheck | None, today: date) -> list[FormDefect]:
    """Everything that is missing on the form; a date in the future counts as none."""
    if check is None:
        return [FormDefect.FIELDS, FormDefect.SIGNATURE, FormDefect.DATE]
    defects = []
    if not check.complete:
        defects.append(FormDefect.FIELDS)
    if not check.signed:
        defects.append(FormDefect.SIGNATURE)
    if check.signed_on is None or check.signed_on > today:
        defects.append(FormDefect.DATE)
    return defects
