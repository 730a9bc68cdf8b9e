# SPDX-License-Identifier: Apache-2.0
"""Our components write the markup that GOV.UK Frontend's own macros write for the same options (its fixtures)."""

import json
from html import unescape
from pathlib import Path

import pytest
from django.template import Context, engines
from django.utils import translation
from django.utils.safestring import mark_safe

HERE = Path(__file__).parent
FIXTURES = json.loads((HERE / "govuk-fixtures.json").read_text())["fixtures"]


def component(source, **context):
    """A piece of template rendered as a page would render it; components are compiled by the loader of files."""
    django_engine = engines["django"].engine
    loader = django_engine.template_loaders[0].loaders[0]
    template = django_engine.from_string(loader.cotton_compiler.process(source))
    with translation.override("en"):
        return template.render(Context(context))


def content(option):
    return mark_safe(option["html"]) if "html" in option else option["text"]  # noqa: S308 - a fixture's own markup


def back_link(options):
    return component('<c-back-link href="{{ href }}">{{ text }}</c-back-link>', href=options.get("href", "#"), text="Back")


def breadcrumbs(options):
    return component('<c-breadcrumbs :items="items" />', items=options["items"])


def button(options):
    kind = options.get("classes", "").removeprefix("govuk-button--")
    return component(
        '<c-button kind="{{ kind }}" href="{{ href }}" name="{{ name }}" :once="once">{{ text }}</c-button>', kind=kind,
        href=options.get("href", ""), name=options.get("name", ""), once=options.get("preventDoubleClick", False),
        text=options["text"])


def details(options):
    return component('<c-details summary="{{ summary }}" :open="open">{{ text }}</c-details>',
                     summary=options["summaryText"], text=content(options), open=options.get("open", False))


def error_summary(options):
    return component('<c-error-summary :errors="errors" />', errors=options["errorList"])


def inset_text(options):
    return component("<c-inset-text>{{ text }}</c-inset-text>", text=content(options))


def notification_banner(options):
    return component(
        '<c-notification-banner kind="{{ kind }}" title="{{ title }}" text="{{ text }}" id="govuk-notification-banner-title" />',
        kind=options.get("type", ""), title=options.get("titleText", ""), text=options["text"])


def panel(options):
    label, _, reference = options.get("html", "").partition("<br>")
    title = content({key[5:].lower(): text for key, text in options.items() if key.startswith("title")})
    return component('<c-panel title="{{ title }}" label="{{ label }}" reference="{{ reference }}" />', title=title,
                     label=label, reference=reference.removeprefix("<strong>").removesuffix("</strong>"))


def summary_list(options):
    rows = [{"key": row["key"]["text"], "value": content(row["value"]),
             "change": row.get("actions", {}).get("items", [{}])[0]} for row in options["rows"]]
    return component(
        '<c-summary-list>{% for row in rows %}<c-summary-row key="{{ row.key }}" change="{{ row.change.href }}" '
        'change_text="{{ row.change.text }}">{{ row.value }}</c-summary-row>{% endfor %}</c-summary-list>', rows=rows)


def table(options):
    def cells(row, tag):
        return "".join(
            f'<c-{tag}{" :numeric=True" if cell.get("format") == "numeric" else ""}>{cell["text"]}</c-{tag}>' for cell in row
        ).replace(":numeric=True", ':numeric="True"')

    rows = "".join(f'<c-row><c-head scope="row">{row[0]["text"]}</c-head>{cells(row[1:], "cell")}</c-row>'
                   for row in options["rows"])
    return component(f'<c-table caption="{options["caption"]}"><c-slot name="head">{cells(options["head"], "head")}</c-slot>'
                     f'{rows}</c-table>')


def tag(options):
    return component('<c-tag colour="{{ colour }}">{{ text }}</c-tag>', text=options["text"],
                     colour=options.get("classes", "").removeprefix("govuk-tag--"))


def task_list(options):
    tasks = [{
        "id": f"task-list-{number}", "title": item["title"]["text"], "href": item.get("href", ""),
        "hint": item.get("hint", {}).get("text", ""),
        "status": item["status"].get("text") or item["status"]["tag"]["text"],
        "colour": item["status"].get("tag", {}).get("classes", "").removeprefix("govuk-tag--"),
    } for number, item in enumerate(options["items"], start=1)]
    return component(
        '<c-task-list>{% for task in tasks %}<c-task id="{{ task.id }}" title="{{ task.title }}" href="{{ task.href }}" '
        'hint="{{ task.hint }}" status="{{ task.status }}" colour="{{ task.colour }}" />{% endfor %}</c-task-list>',
        tasks=tasks)


def warning_text(options):
    return component("<c-warning-text>{{ text }}</c-warning-text>", text=options["text"])


WRITERS = {
    "back-link": back_link, "breadcrumbs": breadcrumbs, "button": button, "details": details,
    "error-summary": error_summary, "inset-text": inset_text, "notification-banner": notification_banner,
    "panel": panel, "summary-list": summary_list, "table": table, "tag": tag, "task-list": task_list,
    "warning-text": warning_text,
}
# Where we differ on purpose: the state that cannot start yet needs no paler text, a detail needs no id.
DIFFERENCES = {
    "task-list": (" govuk-task-list__status--cannot-start-yet", ""),
    "details": (' id="help-with-nationality"', ""),
}


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in WRITERS for case in FIXTURES[name]])
def test_component_writes_the_markup_of_its_fixture(name, case, tree):
    fixture = FIXTURES[name][case]
    expected = fixture["html"].replace(*DIFFERENCES.get(name, ("\0", "\0")))
    assert tree(WRITERS[name](fixture["options"])) == tree(expected)


def test_a_change_link_says_what_it_changes(tree):
    html = component('<c-summary-row key="Date of birth" change="/change">27 March 1985</c-summary-row>')
    assert tree(html)[-4:] == [
        "    a class='govuk-link' href='/change'", "      'Change'", "      span class='govuk-visually-hidden'",
        "        'Date of birth'"], "as the row says it: German nouns and UserID keep their capitals"


def test_text_given_to_a_component_is_escaped():
    html = component('<c-summary-row key="{{ text }}">{{ text }}</c-summary-row>'
                     '<c-button href="{{ text }}">{{ text }}</c-button>',
                     text='"><script>alert(1)</script>')
    assert "<script" not in html
    assert 'href="&quot;&gt;&lt;script' in html


def test_a_code_is_grouped_for_the_eye_and_spelled_for_the_ear(tree):
    lines = tree(component('<c-code label="Code" value="482913" />'))
    assert [line.strip() for line in lines if "'4" in line or "'9" in line] == ["'4 8 2 9 1 3'", "'482'", "'913'"]


def test_a_reference_is_one_word_and_escaped():
    html = component("{% load faces %}{{ number|reference }}", number="L-1<b>")
    assert html == '<span class="faces-reference">L-1&lt;b&gt;</span>'


@pytest.mark.parametrize(("text", "shown"), [
    ("IBAN LU28 0019 4006 4475 0000", "IBAN LU28 0019 4006 4475 0000"),
    ("LU28\u00a00019\u00a04006\u00a04475\u00a00000", "LU28\u00a00019\u00a04006\u00a04475\u00a00000"),
    ("MT84\u00a0MALT\u00a00110\u00a00001\u00a02345\u00a0M",
     "MT84\u00a0<wbr>MALT\u00a0<wbr>0110\u00a0<wbr>0001\u00a0<wbr>2345\u00a0<wbr>M"),
    ("x" * 24, "x" * 24), ("x" * 25, "<wbr>".join(["xxxx"] * 6 + ["x"])),
    ("a  b\n" + "<" * 25, "a  b\n" + "<wbr>".join(["&lt;" * 4] * 6 + ["&lt;"])), ("", "")])
def test_exact_words_stay_as_they_are_and_break_where_an_eye_can_follow(text, shown):
    assert component("{% load faces %}{{ text|exact_words }}", text=text) == shown
    assert unescape(shown.replace("<wbr>", "")) == text


def test_steps_name_the_present_one_to_everybody():
    html = component('<c-steps :items="items" current="2" />', items=["One", "Two", "Three"])
    assert html.count('aria-current="step"') == 1
    assert html.index('aria-current="step"') < html.index("Two</span>") < html.index("Three</span>")
    assert "Step 2 of 3" in html


def test_waiting_page_refreshes_without_javascript_only(tree):
    assert tree(component('<c-refresh seconds="10" />')) == [
        "noscript", "  meta content='10' http-equiv='refresh'"]
