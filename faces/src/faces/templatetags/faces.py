# SPDX-License-Identifier: Apache-2.0
"""Filters for the templates of faces: form fields, error summary, spoken codes."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.forms import BaseForm, BoundField

register = template.Library()


@register.filter
def is_heading(field: BoundField) -> bool:
    """Whether this field's label is the heading of its page (`faces.forms.Form.heading_field`)."""
    return bool(field.name) and getattr(field.form, "heading_field", "") == field.name


@register.filter
def described_by(field: BoundField) -> str:
    """The ids of hint and error, in this order, for a fieldset's aria-describedby."""
    parts = []
    if field.help_text:
        parts.append(f"{field.auto_id}_helptext")
    if field.errors:
        parts.append(f"{field.auto_id}_error")
    return " ".join(parts)


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
