# SPDX-License-Identifier: Apache-2.0
"""One sentence has one translation. Django reads all catalogues of a program into one, so that of two translations
only one would ever be shown, and which one would depend on the order of folders. A French word of two senses gets a
more exact French sentence, or a context (msgctxt), never two translations."""

from collections import defaultdict

import polib
import pytest

from paraph.config.translations import WORKSPACE, catalogues


def translations(language, paths):
    """What each sentence is called, and where."""
    found = defaultdict(lambda: defaultdict(set))
    for path in paths:
        if path.parts[-3] == language:
            for entry in polib.pofile(str(path)):
                said = entry.msgstr or tuple(text for _, text in sorted(entry.msgstr_plural.items()))
                found[entry.msgctxt, entry.msgid][said].add(path)
    return found


def of_two_minds(language, paths):
    return {sentence: {said: sorted(map(str, where)) for said, where in answers.items()}
            for sentence, answers in translations(language, paths).items() if len(answers) > 1}


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_sentence_has_the_same_translation_in_every_folder(language):
    everything = translations(language, catalogues())
    assert sum(len(answers) == 1 and len(where) > 1 for answers in everything.values() for where in answers.values()) > 100
    assert of_two_minds(language, catalogues()) == {}


def test_both_languages_translate_the_same_sentences():
    assert translations("de", catalogues()).keys() == translations("en", catalogues()).keys()


def test_catalogues_of_all_three_packages_are_read():
    assert {path.relative_to(WORKSPACE).parts[0] for path in catalogues()} == {"server", "faces", "guichet"}


@pytest.mark.parametrize(("second", "found"), [("Unterschrift", 1), ("Signatur", 0)])
def test_a_second_translation_is_found(tmp_path, second, found):
    paths = []
    for folder, said in (("sign", "Signatur"), ("orders", second)):
        path = tmp_path / folder / "locale" / "de" / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True)
        path.write_text(f'msgid "Signature"\nmsgstr "{said}"\n\nmsgctxt "à la main"\nmsgid "Signature"\nmsgstr "Unterschrift"\n')
        paths.append(path)
    assert len(of_two_minds("de", paths)) == found
