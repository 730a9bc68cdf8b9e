# SPDX-License-Identifier: Apache-2.0
"""The form renderer: markup of GOV.UK Frontend's fixtures, sentences that say what to do, dates, escaping."""

import json
from datetime import date
from pathlib import Path

import pytest
from django import forms
from django.utils import translation

from faces.forms import CodeInput, DateField, Form
from faces.templatetags.faces import error_links

HERE = Path(__file__).parent
FIXTURES = json.loads((HERE / "govuk-fixtures.json").read_text())["fixtures"]
# Attributes that Django or we add to what the fixtures have.
ADDED = ("aria-invalid", "rows", "cols", "data-show", "data-hide", "data-show-label", "data-hide-label",
         "data-shown", "data-hidden")


def widget_of(component, options):
    attributes = {key: options[key] for key in ("inputmode", "autocomplete") if key in options}
    if width := options.get("classes", ""):
        attributes["class"] = width
    if component == "password-input":
        attributes.setdefault("autocomplete", "current-password")
    return {
        "input": forms.TextInput, "textarea": forms.Textarea, "select": forms.Select, "file-upload": forms.FileInput,
        "radios": forms.RadioSelect, "checkboxes": forms.CheckboxSelectMultiple, "password-input": forms.PasswordInput,
    }[component](attrs=attributes)


def field_of(component, options):
    label = options.get("label") or options["fieldset"]["legend"]
    arguments = {"label": label["text"], "help_text": options.get("hint", {}).get("text", "")}
    if component == "date-input":
        return DateField(birthday="items" in options, **arguments)
    widget = widget_of(component, options)
    if component in ("radios", "checkboxes", "select"):
        kind = forms.MultipleChoiceField if component == "checkboxes" else forms.ChoiceField
        return kind(choices=[(item["value"], item["text"]) for item in options.get("items", [])], widget=widget, **arguments)
    if component == "file-upload":
        return forms.FileField(widget=widget, **arguments)
    return forms.CharField(widget=widget, **arguments)


def rendered(component, options):
    name = options.get("name") or options.get("namePrefix") or options.get("id")
    label = options.get("label") or options["fieldset"]["legend"]
    kind = type("Sample", (Form,), {name: field_of(component, options),
                                    "heading_field": name if label.get("isPageHeading") else ""})
    value = options.get("value", options.get("values")) or [
        item["value"] for item in options.get("items", []) if item.get("selected") or item.get("checked")]
    if component == "select" and value:
        value = value[0]
    if component == "date-input" and value:
        value = date(value["year"], value["month"], value["day"])
    form = kind(auto_id="%s", initial={name: value} if value else None)
    if message := options.get("errorMessage"):
        form = kind({}, auto_id="%s")
        form.fields[name].error_messages["required"] = message["text"]
    with translation.override("en"):
        return name, form[name].as_field_group()


def with_our_names(component, options, name, html):
    """The fixture with the ids and names that Django forms have."""
    identifier = options.get("idPrefix") or options.get("id") or name
    html = html.replace(f'{identifier}-hint', f"{name}_helptext").replace(f"{identifier}-error", f"{name}_error")
    if component == "date-input":
        for part in ("day", "month", "year"):
            html = html.replace(f'"{identifier}-{part}"', f'"{name}_{part}"')
            html = html.replace(f'name="{part}"', f'name="{name}_{part}"').replace(f'"{name}-{part}"', f'"{name}_{part}"')
    for number in range(9, 0, -1):
        old = f"{identifier}-{number}" if number > 1 else identifier
        if component in ("radios", "checkboxes"):
            html = html.replace(f'id="{old}"', f'id="{name}_{number - 1}"').replace(f'for="{old}"', f'for="{name}_{number - 1}"')
    return html.replace(f'"{identifier}"', f'"{name}"')


FIELDS = ["input", "radios", "checkboxes", "select", "textarea", "file-upload", "date-input", "password-input"]


@pytest.mark.parametrize(("component", "case"), [(name, case) for name in FIELDS for case in FIXTURES[name]])
def test_field_writes_the_markup_of_its_fixture(component, case, tree):
    fixture = FIXTURES[component][case]
    name, html = rendered(component, fixture["options"])
    expected = with_our_names(component, fixture["options"], name, fixture["html"])
    ignored = ADDED if "autocomplete" in case or component != "date-input" else (*ADDED, "autocomplete")
    assert tree(html, ignored) == tree(expected, ignored)


class Sample(Form):
    name = forms.CharField(label="Nom")
    email = forms.EmailField(label="Adresse e-mail", required=False)
    device = forms.ChoiceField(label="Appareil", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    birth_date = DateField(label="Date de naissance")
    terms = forms.BooleanField(label="J’accepte", error_messages={"required": "Acceptez les conditions."})

    def clean(self):
        if not self.data.get("name") and "whole" in self.data:
            raise forms.ValidationError("Le tout ne va pas.")


def test_each_error_names_its_field_and_says_what_to_do():
    with translation.override("fr"):
        form = Sample({"email": "marie", "birth_date_day": "31"})
        errors = {name: list(messages) for name, messages in form.errors.items()}
    assert errors == {
        "name": ["Remplissez le champ «\xa0Nom\xa0»."],
        "email": ["Écrivez une adresse e-mail complète, par exemple nom@exemple.lu."],
        "device": ["Choisissez une réponse\xa0: «\xa0Appareil\xa0»."],
        "birth_date": ["Indiquez le jour, le mois et l’année."],
        "terms": ["Acceptez les conditions."],
    }


class Questions(Form):
    device = forms.ChoiceField(label="Quel produit\xa0?", choices=[("a", "A")])
    terms = forms.BooleanField(label="J’ai lu les conditions et je les accepte.")


@pytest.mark.parametrize(("language", "device", "terms"), [
    ("fr", "Choisissez une réponse\xa0: «\xa0Quel produit\xa0?\xa0»",
     "Cochez la case\xa0: «\xa0J’ai lu les conditions et je les accepte\xa0»."),
    ("de", "Wählen Sie eine Antwort: „Quel produit\xa0?“",
     "Kreuzen Sie das Kästchen an: „J’ai lu les conditions et je les accepte“."),
    ("en", "Choose an answer: “Quel produit\xa0?”", "Tick the box: “J’ai lu les conditions et je les accepte”.")])
def test_an_error_that_names_a_question_or_a_sentence_ends_once(language, device, terms):
    with translation.override(language):
        errors = {name: " ".join(messages) for name, messages in Questions({}).errors.items()}
    assert errors == {"device": device, "terms": terms}


def test_the_summary_leads_to_the_first_control_of_each_field():
    form = Sample({"whole": "1"})
    assert [link["href"] for link in error_links(form)] == [
        "#form-errors", "#id_name", "#id_device_0", "#id_birth_date_day", "#id_terms"]
    html = str(form)
    for link in error_links(form):
        assert f'id="{link["href"][1:]}"' in html


def test_optional_fields_say_so_and_required_ones_carry_no_attribute():
    with translation.override("fr"):
        html = str(Sample())
    assert "Adresse e-mail (facultatif)" in html
    assert "Nom (facultatif)" not in html
    assert " required" not in html


def test_a_set_of_questions_of_which_a_few_suffice_marks_none_as_optional():
    class Questions(Sample):
        marks_optional = False

    with translation.override("fr"):
        assert "(facultatif)" not in str(Questions())


@pytest.mark.parametrize(("typed", "value"), [
    (("29", "2", "2024"), date(2024, 2, 29)), (("1", "01", "2000"), date(2000, 1, 1)), (("31", "12", "9999"), date(9999, 12, 31)),
])
def test_date_is_read_from_three_numbers(typed, value):
    assert DateField().clean(typed) == value


@pytest.mark.parametrize(("typed", "code"), [
    (("29", "2", "2023"), "invalid"), (("32", "1", "2000"), "invalid"), (("1", "13", "2000"), "invalid"),
    (("1", "1", "85"), "invalid"), (("un", "1", "2000"), "invalid"), (("1", "", "2000"), "incomplete"),
    (("1", "1", "0000"), "invalid"), (("²", "1", "2000"), "invalid"), (("", "", ""), "required"),
])
def test_date_that_does_not_exist_is_refused(typed, code):
    with pytest.raises(forms.ValidationError) as refused:
        DateField().clean(typed)
    assert refused.value.error_list[0].code == code


def test_optional_date_may_be_empty():
    assert DateField(required=False).clean(("", "", "")) is None


def test_what_was_typed_comes_back_escaped():
    html = str(Sample({"name": '"><script>', "birth_date_day": '"><script>', "birth_date_month": "2"}))
    assert "<script" not in html
    assert html.count("&quot;&gt;&lt;script&gt;") == 2


def test_password_is_never_sent_back():
    class Login(Form):
        password = forms.CharField(widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}))

    html = str(Login({"password": "what I typed"}))
    assert "what I typed" not in html
    assert 'autocomplete="current-password"' in html


def test_code_field_may_be_pasted_and_filled_in():
    class Code(Form):
        code = forms.CharField(widget=CodeInput(length=6))

    html = str(Code())
    assert 'autocomplete="one-time-code"' in html
    assert 'inputmode="numeric"' in html
    assert "maxlength" not in html and "pattern" not in html
