# SPDX-License-Identifier: Apache-2.0
"""The map of docs/architecture.md is a test: imports, file names, licence lines, rules, translations and migrations."""

import ast
import re
import subprocess
import sys
from dataclasses import fields
from functools import cache
from pathlib import Path

import polib
import pytest
from django.core.management import call_command

from paraph.kernel.rules import Rules

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = [ROOT / "server/src", ROOT / "faces/src", ROOT / "testkit/src", ROOT / "guichet/src"]
EMPTY_NAMES = re.compile(r"(^|/)(utils?|helpers?|common|misc|general)(\.py|/)")


def ours(pattern: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", pattern], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split("\n")
    return [ROOT / name for name in listed if name and (ROOT / name).exists()]


def test_imports_follow_the_map():
    """import-linter walks every module; an app that nobody placed on the map fails too."""
    done = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def test_every_file_of_ours_names_its_licence():
    without = [path for path in ours("*.py")
               if path.stat().st_size and "migrations" not in path.parts
               and "SPDX-License-Identifier: Apache-2.0" not in path.read_text()[:200]]
    without += [path for path in ours("*.html") if "vendor" not in str(path)
                and "SPDX-License-Identifier: Apache-2.0" not in path.read_text()[:300]]
    assert not without


def test_no_file_has_a_name_that_says_nothing():
    assert not [path for path in ours("*.py") if EMPTY_NAMES.search(str(path.relative_to(ROOT)))]


def test_files_stay_small_enough_to_read():
    long = {str(path.relative_to(ROOT)): lines for path in ours("*.py")
            if "migrations" not in path.parts and (lines := len(path.read_text().splitlines())) > 400}
    assert not long


def test_every_rule_is_obeyed():
    """A number that an operator may set and that nothing reads would be a promise."""
    read = {node.attr for path in ours("server/src/*.py") for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute)}
    assert not {field.name for field in fields(Rules)} - read


def test_source_lines_hide_no_imports_and_swallow_nothing():
    """Imports stand at the top: below config only AppConfig.ready() may import later."""
    found = []
    for path in ours("server/src/*.py"):
        relative = str(path.relative_to(ROOT))
        if "/config/" in relative or path.name == "apps.py" or "migrations" in path.parts:
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.match(r"\s+(from paraph|import paraph)", line):
                found.append(f"{relative}:{number}: {line.strip()}")
    assert not found


def catalogue_folders() -> list[Path]:
    return sorted({path.parents[2] for package in PACKAGES for path in package.rglob("locale/*/LC_MESSAGES/django.po")})


MARKED = re.compile(r"""\{%\s*(?:translate|trans)\s+(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")
BLOCK = re.compile(r"\{%\s*blocktranslate\b(.*?)%\}(.*?)\{%\s*endblocktranslate\s*%\}", re.DOTALL)


def template_messages(text: str) -> set[str]:
    found = {first or second for first, second in MARKED.findall(text)}
    for options, body in BLOCK.findall(text):
        parts = re.split(r"\{%\s*plural\s*%\}", body)
        for part in parts[:1]:
            content = re.sub(r"\{\{\s*(\w+)\s*\}\}", r"%(\1)s", part.replace("%", "%%"))
            if "trimmed" in options:
                content = " ".join(line.strip() for line in content.strip().splitlines() if line.strip())
            found.add(content)
    return {message for message in found if message.strip()}


def python_messages(path: Path) -> set[str]:
    done = subprocess.run(["xgettext", "--language=Python", "--from-code=UTF-8", "--keyword=_", "--keyword=gettext_noop",
                           "--keyword=gettext_lazy", "--keyword=pgettext:1c,2", "--output=-", str(path)],
                          capture_output=True, text=True, check=True)
    return {entry.msgid for entry in polib.pofile(done.stdout)} if done.stdout.strip() else set()


@cache
def spoken() -> dict[Path, set[str]]:
    """The marked sentences of each file."""
    parts = ("server", "faces", "guichet")
    templates = [path for part in parts for kind in ("html", "txt") for path in ours(f"{part}/src/*.{kind}")]
    sources = [path for part in parts for path in ours(f"{part}/src/*.py") if "gettext" in path.read_text()]
    return {path: template_messages(path.read_text()) for path in templates} | {path: python_messages(path) for path in sources}


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_sentence_is_translated(language):
    """Every marked French sentence stands, complete and not fuzzy, in some catalogue of the same program."""
    known, incomplete = set(), []
    for package in PACKAGES:
        for path in package.rglob(f"locale/{language}/LC_MESSAGES/django.po"):
            for entry in polib.pofile(str(path)):
                if entry.fuzzy or not (entry.msgstr or all(entry.msgstr_plural.values() or [""])):
                    incomplete.append(f"{path.relative_to(ROOT)}: {entry.msgid[:60]}")
                known.add(entry.msgid)
    missing = [f"{path.relative_to(ROOT)}: {message}" for path, said in spoken().items() for message in said - known - {""}]
    assert not incomplete, "\n".join(incomplete)
    assert not missing, "\n".join(sorted(missing))


def test_no_sentence_is_translated_that_nobody_says():
    """Marked, or a text of the code that is marked by what it is: a refusal's sentence."""
    said = set().union(*spoken().values()) | {
        node.value for part in ("server", "faces", "guichet") for path in ours(f"{part}/src/*.py")
        for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    left = {f"{path.relative_to(ROOT)}: {entry.msgid}" for folder in catalogue_folders()
            for path in folder.rglob("django.po") for entry in polib.pofile(str(path)) if entry.msgid not in said}
    assert not left, "\n".join(sorted(left))


def test_catalogues_are_compiled():
    done = subprocess.run([sys.executable, "-m", "paraph.config.translations", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_models_and_migrations_agree():
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)


def test_locks_name_no_host():
    for lock in ROOT.glob("requirements*.lock"):
        assert "://" not in lock.read_text(), lock.name
