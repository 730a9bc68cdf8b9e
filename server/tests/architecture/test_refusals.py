# SPDX-License-Identifier: Apache-2.0
"""Every refusal can be told to a person in each language: its sentence stands, translated, in a catalogue of this program."""

import importlib
import pkgutil
from pathlib import Path

import polib
import pytest

import paraph
from paraph.kernel.errors import Refusal

PACKAGE = Path(paraph.__file__).parent


def everything_imported():
    """A class that nobody imported is not known to Python. What starts programs (config) defines none."""
    for module in pkgutil.walk_packages(paraph.__path__, "paraph."):
        if not module.name.startswith("paraph.config") and not module.name.rpartition(".")[2].startswith("__"):
            importlib.import_module(module.name)


def refusals():
    found, waiting = set(), [Refusal]
    while waiting:
        kind = waiting.pop()
        if kind.__module__.startswith("paraph."):
            found.add(kind)
        waiting += kind.__subclasses__()
    return found


def catalogue(language):
    return {
        entry.msgid: entry
        for path in sorted(PACKAGE.rglob(f"locale/{language}/LC_MESSAGES/django.po"))
        for entry in polib.pofile(str(path)) if entry.msgstr and not entry.fuzzy
    }


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_refusal_speaks_each_language(language):
    everything_imported()
    known = catalogue(language)
    kinds = refusals()
    assert len(kinds) > 100
    missing = sorted(f"{kind.__module__}.{kind.__name__}: {kind.sentence}" for kind in kinds if kind.sentence not in known)
    assert not missing, "\n".join(missing)
