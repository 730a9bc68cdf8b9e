# SPDX-License-Identifier: Apache-2.0
"""R283: many mistakes are a sign of a forger. What we write, on pages, in messages and in legal texts, has none that Debian's
dictionaries find; names and words of the trade that no dictionary has stand in own-words.txt, each once looked at."""

import re
import subprocess
from pathlib import Path

import polib
import pytest

from paraph.config.translations import catalogues
from paraph.domain.notifications import policy

LEGAL_TEXTS = Path(policy.__file__).parents[1] / "accounts" / "texts"
DICTIONARIES = {"fr": "fr_FR", "de": "de_DE", "en": "en_GB"}
OWN_WORDS = Path(__file__).with_name("own-words.txt")
WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
NO_WORDS = re.compile(r"%\(\w+\)s|<[^>]+>|&\w+;|\{\w+\}")


def own(language: str) -> set[str]:
    lines = (line.partition(":") for line in OWN_WORDS.read_text().splitlines() if not line.startswith("#"))
    return {word for languages, _, words in lines if language in languages.split() for word in words.split()}


def sentences(language: str) -> str:
    """Everything that we say in a language, legal texts too; French is what the catalogues of the others translate."""
    said = [path.read_text() for path in LEGAL_TEXTS.glob(f"*.{language}.txt")]
    for path in catalogues():
        if path.parts[-3] == ("de" if language == "fr" else language):
            for entry in polib.pofile(str(path)):
                if not entry.obsolete:
                    said += [entry.msgid, entry.msgid_plural] if language == "fr" else [
                        entry.msgstr, *entry.msgstr_plural.values()]
    return NO_WORDS.sub(" ", "\n".join(said))


def unknown(text: str, language: str) -> set[str]:
    """The words that the dictionary does not have."""
    words = sorted({word.replace("’", "'") for word in WORD.findall(text)})
    told = subprocess.run(["hunspell", "-d", DICTIONARIES[language], "-i", "UTF-8", "-l"], input="\n".join(words),
                          capture_output=True, text=True, check=True)
    return set(told.stdout.split()) - own(language)


@pytest.mark.requirement("R283")
@pytest.mark.parametrize("language", policy.LANGUAGES)
def test_nothing_is_said_in_a_word_that_no_dictionary_knows(language):
    text = sentences(language)
    assert len(set(WORD.findall(text))) > 1000
    assert unknown(text, language) == set(), "a mistake, or a word for own-words.txt"


@pytest.mark.parametrize(("language", "wrong"), [
    ("fr", "Votre certifica est suspendu"), ("de", "Ihr Zertifkat ist ausgesetzt"), ("en", "Your certifcate is suspended")])
def test_a_mistake_is_found(language, wrong):
    assert len(unknown(wrong, language)) == 1
