# SPDX-License-Identifier: Apache-2.0
"""One thing has one word for whoever reads us: docs/glossary.md says which, and which words are not said instead."""

import re
from pathlib import Path

import polib
import pytest

import paraph
from paraph.config.translations import WORKSPACE, catalogues
from paraph.domain.notifications.policy import LANGUAGES

GLOSSARY = (WORKSPACE / "docs" / "glossary.md").read_text().split("\n## What people read\n")[1]
TEMPLATES = [path for folder in ("server/src", "faces/src", "guichet/src") for kind in ("html", "txt")
             for path in (WORKSPACE / folder).rglob(f"templates/**/*.{kind}")]
LEGAL_TEXTS = Path(paraph.__file__).parent / "domain" / "accounts" / "texts"
NO_WORDS = re.compile(r"%\(\w+\)s|\{\w+\}")
# What a template itself says; what it has translated stands in the catalogues.
MARKUP = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|<(script|style).*?</\1>|<[^>]*>", re.DOTALL)


def rows(columns: int) -> list[list[str]]:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in GLOSSARY.splitlines() if line.startswith("| ")]
    return [row for row in cells if len(row) == columns and row[-1] not in ("not said", "why")]


def not_said() -> list[tuple[str, str]]:
    """Language, and a word or phrase that is not said in it."""
    return [tuple(variant.strip().split(" ", 1)) for row in rows(5) if row[4] != "–" for variant in row[4].split(";")]


def sentences(language: str) -> set[str]:
    """Everything that is said in a language, in catalogues, templates and legal texts; French stands in the sources."""
    said = set()
    for path in catalogues():
        if path.parts[-3] == ("de" if language == "fr" else language):
            for entry in polib.pofile(str(path)):
                said |= {entry.msgid, entry.msgid_plural} if language == "fr" else {entry.msgstr, *entry.msgstr_plural.values()}
    said |= {path.read_text() for path in LEGAL_TEXTS.glob(f"*.{language}.txt")}
    said |= {MARKUP.sub(" ", path.read_text()) for path in TEMPLATES} if language == "fr" else set()
    return said


def search(word: str) -> re.Pattern:
    """The word by itself: not within another, nor beside a hyphen (e-mail is no mail)."""
    return re.compile(r"(?<![\w-])" + re.escape(word).replace(r"\*", r"\w*") + r"(?![\w-])", re.IGNORECASE)


def found(language: str, word: str, said: set[str]) -> set[str]:
    phrases = [phrase for its_language, phrase, _ in rows(3) if its_language == language]

    def rest(sentence: str) -> str:
        for phrase in phrases:
            sentence = search(phrase).sub(" ", sentence)
        return NO_WORDS.sub(" ", sentence)

    return {sentence for sentence in said if search(word).search(rest(sentence))}


@pytest.fixture(scope="module")
def said():
    return {language: sentences(language) for language in LANGUAGES}


@pytest.mark.parametrize(("language", "word"), not_said())
def test_a_word_that_is_not_ours_is_not_said(said, language, word):
    assert found(language, word, said[language]) == set()


@pytest.mark.parametrize(("column", "language"), [(1, "fr"), (2, "de"), (3, "en")])
def test_every_word_of_the_glossary_is_really_said(said, column, language):
    ours = {word.strip() for row in rows(5) for word in row[column].split(",")}
    everything = "\n".join(said[language]).casefold()
    assert {word for word in ours if word.casefold() not in everything} == set()


def test_every_exception_is_needed(said):
    for language, phrase, _ in rows(3):
        assert any(phrase in sentence for sentence in said[language]), phrase
        assert any(search(word).search(phrase) for its_language, word in not_said() if its_language == language), phrase


def test_german_quotes_as_germans_do(said):
    assert {sentence for sentence in said["de"] if re.search("[«»\"]", re.sub(r"<[^>]+>", "", sentence))} == set()


@pytest.mark.parametrize(("language", "word", "sentence"), [
    ("de", "signier*", "Das Dokument ist signiert."),
    ("de", "Unterschrift*", "Eine handschriftliche Unterschrift, zwei Unterschriften"),
    ("en", "SMS", "We sent an SMS."), ("en", "mail", "By mail."), ("fr", "votre identifiant", "Tapez votre identifiant."),
    ("de", "in Mein Bereich", "Das steht in Mein Bereich.")])
def test_a_word_that_is_not_ours_would_be_found(language, word, sentence):
    assert (language, word) in not_said() and found(language, word, {sentence})


@pytest.mark.parametrize(("language", "word", "sentence"), [
    ("de", "Unterschrift*", "Ihre handschriftliche Unterschrift"), ("en", "mail", "By e-mail to %(mail)s."),
    ("de", "Mail", "E-Mail"), ("de", "signier*", "Das Signaturmodul")])
def test_other_words_are_left_alone(language, word, sentence):
    assert not found(language, word, {sentence})
