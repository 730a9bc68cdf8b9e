# SPDX-License-Identifier: Apache-2.0
"""Every public function of every services module that gets a caller leads to an audit row, or says here why not."""

import ast
from pathlib import Path

DOMAIN = Path(__file__).resolve().parents[2] / "src" / "paraph" / "domain"

# What writes no row of its own, and why that is right.
WITHOUT = {
    "authentication.ask_code": "anybody can ask for any UserID; the code that leaves is recorded",
    "authentication.forget_logins": "deletes half-finished logins; their refusals stand in the log",
    "authentication.give_back": "a counter of a limit",
    "authentication.remember_browser": "the finished login that it belongs to is recorded",
    "authentication.spend": "a counter of a limit; whoever tries in vain would fill the log",
    "certification.begin_interval": "called by the moves, which record themselves",
    "certification.tell_alarms": "marks whose turn it is; each message that tells of it records itself",
    "certification.seen": "keeps when an outside reader saw a change; the change itself stands in the log",
    "limits.forget_allowances": "deletes rows that say nothing any more",
    "limits.give_back": "a counter of a limit",
    "limits.refuse_spent": "reads the counter of a limit",
    "limits.spend": "a counter of a limit; whoever tries in vain would fill the log",
    "devices.forget_enrolments": "deletes challenges that nobody answered; what was refused stands in the log",
    "devices.assignable": "locks and decides; the assignment or the grant that follows records itself",
    "identity_provider.ask": "anybody can ask as often as he likes, and nothing has happened to anybody yet",
    "identity_provider.push": "nothing has happened to anybody yet; the client proved who it is",
    "identity_provider.take_pushed": "what is asked then is not told either: see ask",
    "identity_provider.forget_requests": "deletes requests that lapsed unanswered",
    "registration.accept_content": "a step inside an activation; the finished activation tells what was accepted",
    "registration.ask_to_destroy": "queues keys; each destruction records itself",
    "registration.choose_image": "a step inside an activation, which records itself at its end",
    "registration.choose_own_picture": "a step inside an activation, which records itself at its end",
    "registration.choose_password": "a step inside an activation, which records itself at its end",
    "registration.forget_approvals": "deletes choices that nobody approved; that they were shown stands in the log",
    "registration.say_shown": "asks the signer, which keeps its record; the approval or the refused code records itself",
    "registration.say_who": "asks the signer, which keeps its record; the approval or the refused code records itself",
    "registration.show_who": "asks the signer for an image; that it was shown is recorded with the choice",
}


def calls(node: ast.AST) -> set[str]:
    """Names called inside, the last part of dotted ones too (`audit.record` gives both)."""
    found = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            function = part.func
            if isinstance(function, ast.Attribute):
                found.add(function.attr)
                if isinstance(function.value, ast.Name):
                    found.add(f"{function.value.id}.{function.attr}")
            elif isinstance(function, ast.Name):
                found.add(function.id)
    return found


def app_functions(app: Path) -> dict[str, ast.FunctionDef]:
    functions = {}
    for path in app.rglob("*.py"):
        if "migrations" in path.parts:
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                functions[node.name] = node
    return functions


def public_writes(app: Path) -> set[str]:
    paths = [app / "services.py"] if (app / "services.py").exists() else sorted((app / "services").glob("*.py"))
    return {node.name for path in paths for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
            and "caller" in {argument.arg for argument in node.args.kwonlyargs}}


def every_app_functions() -> dict[str, dict[str, ast.FunctionDef]]:
    return {app.name: app_functions(app) for app in sorted(DOMAIN.iterdir()) if (app / "apps.py").exists()}


def leads_to_a_row(app: str, name: str, functions: dict[str, dict[str, ast.FunctionDef]], seen: set) -> bool:
    if (app, name) in seen or name not in functions[app]:
        return False
    seen.add((app, name))
    called = calls(functions[app][name])
    if "audit.record" in called or "audit_services.record" in called:
        return True
    for inner in called:
        short = inner.split(".")[-1]
        if leads_to_a_row(app, short, functions, seen):
            return True
        # A call into another app (`accounts.create_person`): that function's own rule applies.
        if "." in inner:
            for other, theirs in functions.items():
                if other != app and short in theirs and leads_to_a_row(other, short, functions, seen):
                    return True
    return False


def test_every_write_leads_to_an_audit_row():
    functions = every_app_functions()
    silent = {f"{app}.{name}" for app in functions if app != "audit" for name in public_writes(DOMAIN / app)
              if not leads_to_a_row(app, name, functions, set())}
    assert silent - set(WITHOUT) == set(), "these writes leave no audit row"
    assert set(WITHOUT) - silent == set(), "these do leave a row, or are gone: take them out of the list"


def test_the_walk_can_tell_a_silent_write():
    """The rule itself is tried on a function that records nothing."""
    tree = ast.parse("def quiet(*, caller):\n    Row.objects.create()\ndef loud(*, caller):\n    audit.record(1)\n")
    functions = {"x": {node.name: node for node in tree.body}}
    assert not leads_to_a_row("x", "quiet", functions, set())
    assert leads_to_a_row("x", "loud", functions, set())
