# SPDX-License-Identifier: Apache-2.0
"""The two commands are short POSIX scripts, and the README's commands exist."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_the_scripts_are_posix():
    for name in ("run", "test", "setup/environment.sh", ".ci/run"):
        subprocess.run(["dash", "-n", str(ROOT / name)], check=True)


def test_ci_runs_the_same_tests_as_a_person():
    assert "./test" in (ROOT / ".ci/run").read_text()


def test_help_of_run_names_its_options():
    done = subprocess.run([ROOT / ".venv/bin/paraph", "demo", "--help"], capture_output=True, text=True, check=True)
    for option in ("--port", "--guichet-port", "--data", "--profile", "--fresh", "--smoke", "--artifacts"):
        assert option in done.stdout


def anchors(page: Path) -> set[str]:
    """What `#…` may name on a page: its headings, as they are shown on the web."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower())) for heading in headings}


def test_links_in_the_documents_lead_somewhere():
    dead = []
    for page in [ROOT / "faces/README.md", *sorted((ROOT / "docs").rglob("*.md")), *ROOT.glob("[A-Z]*.md")]:
        for target in re.findall(r"\]\((?!https?:|mailto:)([^)]+)\)", page.read_text()):
            path, _, anchor = target.partition("#")
            leads_to = page.parent / path if path else page
            if not leads_to.exists() or (anchor and anchor not in anchors(leads_to)):
                dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert not dead


def test_tests_that_the_documents_name_exist():
    """Whoever reads what keeps a promise finds it: `folder/test_*.py` or a file's name alone."""
    pages = [*ROOT.glob("[A-Z]*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {(page.name, name) for page in pages
             for name in re.findall(r"`(?:server/tests/)?((?:[a-z_]+/)?test_[a-z0-9_*]+\.py)", page.read_text())}
    assert len(named) > 20
    assert not [pair for pair in named if not list((ROOT / "server/tests").glob(pair[1] if "/" in pair[1] else f"*/{pair[1]}"))]
