# SPDX-License-Identifier: Apache-2.0
"""What the documents tell people to type exists: commands with their options, settings, files, make-believe excepted."""

import argparse
import re

import pytest

from paraph.config import demonstration, environment, signer, web
from paraph.interfaces import cli

from .reading import ROOT, blocks, commands, pages

PAGES = pages()
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
NOT_OURS_TO_TYPE = {"PARAPH_REQUIREMENTS"}  # between ./test and the plugin


def shape(parser: argparse.ArgumentParser, words: list[str]) -> str:
    """What is wrong with the words after the program's name, or nothing. Values stand for themselves."""
    options = {name for action in parser._actions for name in action.option_strings}
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    for place, word in enumerate(words):
        if word.startswith("--") or re.fullmatch(r"-\w", word):
            if word.split("=")[0] not in options:
                return f"{parser.prog} has no option {word}"
        elif groups:
            if word not in groups[0].choices:
                return f"{parser.prog} has no command {word}"
            return shape(groups[0].choices[word], words[place + 1:])
    return f"{parser.prog} needs a command" if groups and "--help" not in words else ""


def parser_of(program: str, words: list[str]) -> argparse.ArgumentParser | None:
    name = program.rpartition("/")[2]
    if name == "paraph":
        if words[:1] in (["signer"], ["web"]):
            return {"signer": signer, "web": web}[words[0]].parser()
        return demonstration.parser() if words[:1] in (["demo"], ["smoke"]) else cli.parser()
    if program == "./run":
        return demonstration.parser()
    return None


def faults(page) -> list[str]:
    found = []
    for block in blocks(page):
        for program, *words in commands(block):
            parser = parser_of(program, words)
            if parser is not None:
                words = words[1:] if words[:1] in (["demo"], ["smoke"], ["signer"], ["web"]) else words
                found.append(shape(parser, words))
    return [fault for fault in found if fault]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_command_exists_with_its_options(page):
    assert not faults(page)


def test_a_wrong_command_would_be_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```sh\nsudo -u x true\nparaph audit verify --jsonn\nPARAPH_DATA=x paraph audit erase | less\n./run --fast\n"
                    "paraph\n```\n")
    assert len(faults(page)) == 4


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_setting_that_is_named_exists(page):
    named = set(re.findall(r"\bPARAPH_[A-Z_]*[A-Z]\b", page.read_text())) - NOT_OURS_TO_TYPE
    known = {f"PARAPH_{name}" for name in environment.SETTINGS}
    assert not {name for name in named if name.removesuffix("_FILE") not in known}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_place_that_a_link_names_exists_with_its_heading(page):
    dead = []
    for target, anchor in re.findall(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        there = (page.parent / target) if target else page
        if not there.exists() or (anchor and anchor not in headings(there)):
            dead.append(f"{target}#{anchor}")
    assert not dead


def headings(page) -> set[str]:
    """GitHub's anchors of a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_every_file_of_ours_that_is_named_in_code_type_exists(page):
    named = re.findall(r"`((?:server|faces|guichet|testkit|docs|setup|bench)/[\w./-]+)`", page.read_text())
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_readme_has_the_two_commands_and_they_can_be_run():
    lines = (ROOT / "README.md").read_text().splitlines()
    for script in ("run", "test"):
        assert f"    ./{script}" in lines
        assert (ROOT / script).stat().st_mode & 0o111


def test_the_readme_stays_one_screen():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 60
