# SPDX-License-Identifier: Apache-2.0
"""docs/architecture.md tells what is and what is to come (○), and names functions that exist."""

import importlib
import re

from .reading import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text()
PACKAGE = ROOT / "server/src/paraph"
APPS = {path.parent.name for path in PACKAGE.glob("domain/*/apps.py")}
INTERFACES = {path.parent.name for path in PACKAGE.glob("interfaces/*/__init__.py")}


def test_the_table_of_apps_tells_which_exist():
    rows = PAGE.partition("## 3.")[2].partition("## 4.")[0]
    named = re.findall(r"^\| (○ )?([a-z_]+) \|", rows, re.MULTILINE)
    assert {name for later, name in named if not later} - {"app"} == APPS
    assert not {name for later, name in named if later} & APPS


def test_the_table_of_interfaces_tells_which_exist():
    rows = PAGE.partition("## 4.")[2].partition("## 5.")[0]
    named = re.findall(r"(○ )?`([a-z]+)/`", rows)
    assert {name for later, name in named if not later} == INTERFACES - {"middleware"}
    assert not {name for later, name in named if later} & INTERFACES


def test_kernels_closed_list_is_the_folder():
    listed = PAGE.partition("  kernel/ ")[2].partition("\n")[0].split()
    assert set(listed) == {path.stem for path in (PACKAGE / "kernel").glob("*.py")} - {"__init__"}


def test_every_function_of_the_story_exists():
    story = PAGE.partition("## 13.")[2]
    named = set(re.findall(r"`?\b([a-z_]+)\.services\.([a-z_]+)`", story))
    assert len(named) >= 10
    missing = [f"{app}.services.{name}" for app, name in named
               if not hasattr(importlib.import_module(f"paraph.domain.{app}.services"), name)]
    assert not missing
    files = set(re.findall(r"`((?:interfaces|kernel|proofing)/[\w./]+\.py)`", story))
    assert not [name for name in files if not (PACKAGE / name).exists() and not (PACKAGE / "domain" / name).exists()]
