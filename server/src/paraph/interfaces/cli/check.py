# SPDX-License-Identifier: Apache-2.0
"""paraph check: what must hold before people use an installation."""

import argparse
import json

from django.conf import settings
from django.core.checks import ERROR, INFO, WARNING, CheckMessage, run_checks


def register(commands: argparse._SubParsersAction) -> None:
    check = commands.add_parser("check", help="check settings and records; status 1 when something is wrong")
    check.add_argument("--deploy", action="store_true", help="refuse what only a demonstration may have")
    check.add_argument("--settings", action="store_true", help="list every setting")
    check.add_argument("--json", action="store_true")
    check.set_defaults(handler=run_check)


def problems(deploy: bool) -> list[tuple[str, str]]:
    """(code, sentence) of each thing that must be mended."""
    found = [_told(message) for message in run_checks() if message.level >= (WARNING if deploy else ERROR)]
    if deploy:
        found += [(code, sentence) for unsafe, code, sentence in (
            (settings.DEMO, "demo", "PARAPH_DEMO is on: the outbox page and the simulators would be public."),
            (bool(settings.TEST_CLOCK), "test_clock", "PARAPH_TEST_CLOCK is set: time could be shifted."),
            (not settings.SECURE, "http", "PARAPH_URL is not https: passwords would travel in clear text."),
            (settings.OPERATOR.demonstration, "profile", "the operator profile is a demonstration's."),
            (settings.DATABASES["default"]["ENGINE"] != "paraph.config.postgresql", "database",
             "the database is not PostgreSQL."),
        ) if unsafe]
    return found


def remarks(deploy: bool) -> list[tuple[str, str]]:
    """(code, sentence) of what a demonstration may lack; with --deploy these are problems, and it is said what was judged."""
    return [_told(message) for message in run_checks() if message.level == (INFO if deploy else WARNING)]


def _told(message: CheckMessage) -> tuple[str, str]:
    return message.id or "check", str(message.msg)


def run_check(parsed: argparse.Namespace) -> int:
    if parsed.settings:
        for setting in settings.ENVIRONMENT.values():
            default = "(secret)" if setting.secret and setting.default else setting.default or "-"
            print(f"PARAPH_{setting.name:22} {default:24} {setting.meaning}")
        return 0
    found = problems(parsed.deploy)
    if parsed.json:
        print(json.dumps([{"code": code, "sentence": sentence} for code, sentence in found]))
    else:
        for code, sentence in found:
            print(f"{code}: {sentence}")
        for code, sentence in remarks(parsed.deploy):
            print(f"remark: {code}: {sentence}")
        print(f"{len(found)} problems." if found else "No problem found.")
    return 1 if found else 0
