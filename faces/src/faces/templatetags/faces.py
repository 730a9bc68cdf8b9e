# SPDX-License-Identifier: Apache-2.0
"""Filters for the templates of faces: form fields, error summary, spoken codes."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.utils import dateformat, timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext

register = template.Library()


@register.filter
def is_heading(field: BoundField) -> bool:
    """Whether this field's label is the heading of its page (`faces.forms.Form.heading_field`)."""
    return bool(field.name) and getattr(field.form, "heading_field", "") == field.name


@register.filter
def without_class(attributes: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The attributes that a widget's template writes as they are: no class, no False, no None."""
    return [(name, value) for name, value in attributes.items() if name != "class" and value is not False and value is not None]


def _first_control(field: BoundField) -> str:
    """The id of what takes the focus when the reader follows an error's link."""
    if field.use_fieldset and hasattr(field.field.widget, "choices"):
        return f"{field.auto_id}_0"
    return field.id_for_label or field.auto_id


@register.filter
def error_links(form: BaseForm) -> list[dict[str, str]]:
    """The errors of a form in the order of its fields, each with the address of its field."""
    prefix = f"{form.prefix}-" if form.prefix else ""
    links = [{"href": f"#{prefix}form-errors", "text": error} for error in form.non_field_errors()]
    for field in form:
        links += [{"href": f"#{_first_control(field)}", "text": error} for error in field.errors]
    return links


@register.filter
def grouped(code: Any, size: int = 3) -> list[str]:
    """A code in groups that an eye can hold: "482913" becomes 482 and 913."""
    text = str(code).replace(" ", "")
    if len(text) <= size + 1:
        return [text]
    return [text[start:start + size] for start in range(0, len(text), size)]


@register.filter
def spelled(code: Any) -> str:
    """A code letter by letter, so that a screen reader does not read a number of thousands."""
    return " ".join(str(code).replace(" ", ""))


@register.filter
def page_numbers(page: Any) -> Iterator[str | int]:
    """The pages to choose from: the first, the last, and those beside this one, with an ellipsis for what is left out."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)


@register.filter
def reference(number: Any) -> SafeString:
    """A serial number, postcode or telephone number, which no line ends in the middle of."""
    return format_html('<span class="faces-reference">{}</span>', number)


# Signs in the type of a confirmed text that the narrowest page holds on one line: a Luxembourg account number in its groups.
_ON_ONE_LINE = 24


@register.filter
def exact_words(text: Any) -> SafeString:
    """A text to read word by word, unchanged. What no narrow line holds may end one after a no-break space, else after every
    fourth sign, as account numbers are grouped: else a browser breaks it anywhere. The hints stand in no copy of the text."""
    # Escaped part by part; what stands between is our own element.
    return mark_safe("".join(map(_breakable, re.split(r"([ \n]+)", str(text)))))  # noqa: S308


def _breakable(run: str) -> str:
    if len(run) <= _ON_ONE_LINE:
        return escape(run)
    groups = re.findall("[^\u00a0\u202f]+[\u00a0\u202f]*|[\u00a0\u202f]+", run)
    fours = (re.findall(".{1,4}", group, re.DOTALL) if len(group) > _ON_ONE_LINE else [group] for group in groups)
    return "<wbr>".join(escape(part) for parts in fours for part in parts)


def _day(day: date) -> str:
    text = dateformat.format(day, pgettext("date en toutes lettres, format de Django", "j F Y"))
    # French says "1er" for the first day of a month, which no format letter gives.
    return text.replace("1 ", "1er ", 1) if day.day == 1 and (get_language() or "fr").startswith("fr") else text


@register.filter
def written_date(day: date | None) -> str:
    """A day written out: 27 mars 1985, 27. März 1985, 27 March 1985."""
    if day is None:
        return ""
    return _day(timezone.localtime(day) if isinstance(day, datetime) and timezone.is_aware(day) else day)


@register.filter
def written_instant(instant: datetime | None) -> str:
    """An instant in local time written out: 27 mars 1985 à 14 h 05, the hour on one line."""
    if instant is None:
        return ""
    local = timezone.localtime(instant) if timezone.is_aware(instant) else instant
    hour = dateformat.format(local, pgettext("heure après une date", r"[] \à G \h i")).replace(" h ", "\xa0h\xa0")
    return hour.replace("[]", _day(local))
