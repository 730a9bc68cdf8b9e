# SPDX-License-Identifier: Apache-2.0
"""Forms as our pages show them: label, hint, error, then the field; each error says what to do.

`FORM_RENDERER = "faces.forms.FacesRenderer"` renders every Django form of a project this way. Forms derive from
`faces.forms.Form`, dates of life and of documents use `DateField`, codes use `CodeInput`.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.translation import gettext_lazy as _

DJANGO_WIDGETS = "django/forms/widgets/"
OWN_WIDGETS = frozenset(path.name for path in (Path(__file__).parent / "templates/faces/forms/widgets").glob("*.html"))


class FacesRenderer(TemplatesSetting):
    """Renders forms, fields and widgets with the templates of faces/forms/."""

    form_template_name = "faces/forms/form.html"
    field_template_name = "faces/forms/field.html"

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> str:
        if template_name.startswith(DJANGO_WIDGETS):
            name = template_name.removeprefix(DJANGO_WIDGETS)
            if name in OWN_WIDGETS:
                template_name = f"faces/forms/widgets/{name}"
        if "widget" in context:
            context["invalid"] = "aria-invalid" in context["widget"].get("attrs", {})
        return super().render(template_name, context, request)


REQUIRED_CHOICE = _("Choisissez une réponse : « %(label)s ».")
REQUIRED_FILE = _("Choisissez un fichier : « %(label)s ».")
REQUIRED_AGREEMENT = _("Cochez la case : « %(label)s ».")
REQUIRED_TEXT = _("Remplissez le champ « %(label)s ».")
UNUSABLE: tuple[tuple[type[forms.Field], Any], ...] = (
    (forms.EmailField, _("Écrivez une adresse e-mail complète, par exemple nom@exemple.lu.")),
    (forms.IntegerField, _("Écrivez un nombre entier, en chiffres.")),
    (forms.URLField, _("Écrivez une adresse complète, par exemple https://exemple.lu.")),
)


def _required_sentence(field: forms.Field) -> Any:
    if isinstance(field, forms.BooleanField):
        return REQUIRED_AGREEMENT
    if isinstance(field, forms.FileField):
        return REQUIRED_FILE
    if isinstance(field, forms.ChoiceField):
        return REQUIRED_CHOICE
    return REQUIRED_TEXT


def _naming(sentence: Any, label: Any) -> str:
    """The sentence with the field's label in it; a label that is a question or a sentence brings its own end."""
    named = str(label).rstrip(" .\N{NO-BREAK SPACE}")
    told = str(sentence % {"label": named})
    return told.removesuffix(".") if named.endswith(("?", "!")) else told


class Form(forms.Form):
    """A form whose default error sentences name the field and say what to do.

    `heading_field` names the field whose label is the page's heading (one question per page).
    Optional fields say so in their label; required ones carry no mark. A checklist or a set of questions of which a few
    suffice sets `marks_optional` to False: no field of it is left out for want of use.
    """

    heading_field = ""
    marks_optional = True
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            label = field.label or name
            if field.error_messages.get("required") is forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _naming(_required_sentence(field), label)
            for kind, sentence in UNUSABLE:
                default = kind.default_error_messages.get("invalid")
                if isinstance(field, kind) and field.error_messages.get("invalid") is default:
                    field.error_messages["invalid"] = sentence


class CodeInput(forms.TextInput):
    """A code typed by hand: large spaced digits, numeric keyboard, filled by the telephone when it can."""

    def __init__(self, *, length: int = 6, digits: bool = True, autocomplete: str = "one-time-code") -> None:
        width = 5 if length <= 5 else 10 if length <= 10 else 20
        attributes = {"class": f"govuk-input--code govuk-input--width-{width}", "autocomplete": autocomplete,
                      "spellcheck": "false", "autocapitalize": "characters" if not digits else "none"}
        if digits:
            attributes["inputmode"] = "numeric"
        super().__init__(attrs=attributes)


class DateInput(forms.Widget):
    """Three text fields: day, month, year. `birthday=True` lets the browser fill them in."""

    input_type = "date"
    template_name = "faces/forms/widgets/date_input.html"
    use_fieldset = True
    parts = ("day", "month", "year")
    labels = {"day": _("Jour"), "month": _("Mois"), "year": _("Année")}

    def __init__(self, *, birthday: bool = False, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.birthday = birthday

    def id_for_label(self, id_: str) -> str:
        return f"{id_}_day" if id_ else id_

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> tuple[str, ...]:
        return tuple(str(data.get(f"{name}_{part}", "")).strip() for part in self.parts)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return all(f"{name}_{part}" not in data for part in self.parts)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        if isinstance(value, date):
            value = (str(value.day), str(value.month), str(value.year))
        typed = value if isinstance(value, tuple) else ("", "", "")
        identifier = context["widget"]["attrs"].get("id", f"id_{name}")
        context["widget"]["parts"] = [
            {
                "name": f"{name}_{part}",
                "id": f"{identifier}_{part}",
                "label": self.labels[part],
                "value": text,
                "width": 4 if part == "year" else 2,
                "autocomplete": f"bday-{part}" if self.birthday else "off",
            }
            for part, text in zip(self.parts, typed, strict=True)
        ]
        return context


class DateField(forms.Field):
    """A date as three numbers. The value is a `datetime.date`, or None when optional and empty."""

    widget = DateInput
    default_error_messages = {
        "incomplete": _("Indiquez le jour, le mois et l’année."),
        "invalid": _("Indiquez une date qui existe, par exemple 27 3 1985."),
    }

    def __init__(self, *, birthday: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("widget", DateInput(birthday=birthday))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value is None or isinstance(value, date):
            return value
        if not any(value):
            return None
        if not all(value):
            raise ValidationError(self.error_messages["incomplete"], code="incomplete")
        day, month, year = value
        if not (day.isdecimal() and month.isdecimal() and year.isdecimal() and len(year) == 4):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return date(int(year), int(month), int(day))
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        if isinstance(initial, date):
            initial = (str(initial.day), str(initial.month), str(initial.year))
        return (initial or ("", "", "")) != (data or ("", "", ""))
