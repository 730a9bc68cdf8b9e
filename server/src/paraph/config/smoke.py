# SPDX-License-Identifier: Apache-2.0
"""./run --smoke: the whole service on free ports with fresh data, the main story through HTTP alone, and an end."""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import django
from weasyprint import HTML

from paraph.config import preparing
from testkit.journeys.first_light import Story
from testkit.journeys.with_a_scan import ScanStory

STORIES = {"token": Story, "scan": ScanStory}

DOCUMENT = """<html lang="fr"><head><title>Accord</title></head><body><h1>Accord</h1>
<p>Marie Amélie Schmit-Hoffmann accepte de partager le jardin du 12, rue des Lilas.</p>
<p style="page-break-before: always">Deuxième page : le plan du jardin.</p></body></html>"""


def run(parsed: argparse.Namespace) -> int:
    """Exit status 0 only when every step held."""
    kept = parsed.data is not None
    data = preparing.prepare_folder(Path(parsed.data or tempfile.mkdtemp(prefix="paraph-smoke-")).resolve(), fresh=True)
    artifacts = Path(parsed.artifacts).resolve() if parsed.artifacts else None
    ports = preparing.choose_ports(data, parsed.port or preparing.free_port(), parsed.guichet_port or preparing.free_port())
    preparing.set_environment(data, ports, parsed.profile)
    django.setup(set_prefix=False)
    from paraph.config.service import Service

    held = False
    try:
        with Service(data, ports, preparing.say) as service:
            story = STORIES[parsed.device](
                url=service.url, guichet_url=service.guichet_url, data=data, artifacts=artifacts,
                entries=json.loads((data / "demo.json").read_text()), document=HTML(string=DOCUMENT).write_pdf())
            held = story.play(preparing.say)
            held = _journal(story, artifacts) and held
        if artifacts is not None:
            (artifacts / "report.json").write_text(json.dumps(story.report, ensure_ascii=False, indent=2))
    finally:
        if not kept and held:
            shutil.rmtree(data, ignore_errors=True)
        elif not held:
            preparing.say(f"The data, with the programs' messages in log/, stay in {data}.")
    preparing.say("Every step held." if held else "A STEP DID NOT HOLD.")
    return 0 if held else 1


def _journal(story: Story, artifacts: Path | None) -> bool:
    """The audit log holds, by the operator's own command, and leaves its export."""
    command = [sys.executable, "-m", "paraph.config.main", "audit"]
    done = subprocess.run([*command, "verify", "--json"], capture_output=True, text=True)
    report = json.loads(done.stdout) if done.stdout.startswith("{") else {"holds": False, "error": done.stderr[-500:]}
    held = done.returncode == 0 and report["holds"]
    detail = f"{report.get('events')} events" if held else json.dumps(report)
    story.report.append({"step": "journal_holds", "held": held, "detail": detail})
    preparing.say(f"{'held ' if held else 'FAILED'} journal_holds: {detail}")
    if artifacts is not None:
        artifacts.mkdir(parents=True, exist_ok=True)
        subprocess.run([*command, "export", "--output", str(artifacts / "audit.jsonl")], check=True)
    return held
