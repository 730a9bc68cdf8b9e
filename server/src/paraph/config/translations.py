# SPDX-License-Identifier: Apache-2.0
"""`python -m paraph.config.translations` compiles every django.po beside it; `--check` only compares.

French is the language of the sources, typed with plain blanks. Its catalogues are made from the sentences themselves:
they hold those that French typography sets with no-break spaces, and nothing else.
"""

import re
import sys
from pathlib import Path

import polib

PACKAGE = Path(__file__).resolve().parent.parent
WORKSPACE = PACKAGE.parents[2]


def catalogues() -> list[Path]:
    folders = (PACKAGE, WORKSPACE / "faces" / "src", WORKSPACE / "guichet" / "src")
    return sorted(path for folder in folders for path in folder.rglob("locale/*/LC_MESSAGES/django.po"))


def typeset(sentence: str) -> str:
    """No line begins with : ; ! ? » or -t-il, and none ends with « (Lexique des règles typographiques en usage à
    l'Imprimerie nationale)."""
    marks = re.sub(r"« ", "«\xa0", re.sub(r"(?<=\S) (?=[:;!?»])", "\xa0", sentence))
    return re.sub(r"-t-(?=(il|elle|on)\b)", "-\N{WORD JOINER}t-\N{WORD JOINER}", marks)


def french(catalogue: polib.POFile) -> polib.POFile:
    """The French sentences of this catalogue that typography changes."""
    made = polib.POFile()
    made.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Plural-Forms": "nplurals=2; plural=(n > 1);"}
    for entry in catalogue:
        if typeset(entry.msgid + entry.msgid_plural) == entry.msgid + entry.msgid_plural:
            continue
        plural = {0: typeset(entry.msgid), 1: typeset(entry.msgid_plural)} if entry.msgid_plural else {}
        made.append(polib.POEntry(msgctxt=entry.msgctxt, msgid=entry.msgid, msgid_plural=entry.msgid_plural,
                                  msgstr="" if plural else typeset(entry.msgid), msgstr_plural=plural))
    return made


def compiled() -> dict[Path, bytes]:
    """What each compiled catalogue must hold."""
    made = {}
    for path in catalogues():
        catalogue = polib.pofile(str(path))
        made[path.with_suffix(".mo")] = catalogue.to_binary()
        if path.parts[-3] == "de" and (sentences := french(catalogue)):
            made[path.parents[2] / "fr" / "LC_MESSAGES" / "django.mo"] = sentences.to_binary()
    return made


def main() -> int:
    stale = {path: content for path, content in compiled().items()
             if not path.exists() or path.read_bytes() != content}
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path}: not compiled")
        return 1 if stale else 0
    for path, content in stale.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
