# SPDX-License-Identifier: Apache-2.0
"""What an auditor takes away as CSV: who holds or held which role, and who asked and decided what about the staff. UTC, ISO 8601;
columns, kinds, states and role names are those of the log, in no language."""

import csv
import re
from collections.abc import Iterable
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from paraph.domain.staff import policy, queries
from paraph.domain.staff.models import StaffRequest
from paraph.interfaces.callers import role_required
from paraph.interfaces.operations.console import ADMIN, AUDITOR
from paraph.interfaces.operations.staff_rows import Names, acted, decided
from paraph.kernel.caller import Role

ROLES = ("person", "name", "organisation", "role", "since", "asked_by", "allowed_by", "suspended_since", "until",
         "ended_asked_by", "ended_allowed_by")
REQUESTS = ("request", "kind", "about", "person", "roles", "roles_begun", "roles_ended", "email", "lost", "device", "reason",
            "asked_by", "asked_at", "decide_until", "state", "decided_by", "decided_at", "state_since", "link_state",
            "link_sent_at", "link_state_since", "content_hash")

# Where such a program may see a cell begin, and the signs, narrow and wide, with which a formula does.
_FORMULA = re.compile(r"(?:^(?=[\t\r\n])|(?:^|(?<=[;|\t\r\n]))(?=\s*[=+@\-＝＋＠－]))")  # noqa: RUF001


@require_safe
@role_required(ADMIN, AUDITOR)
def roles_csv(request: HttpRequest) -> HttpResponse:
    """Every role that anybody holds or held."""
    lines = queries.history()
    names = Names.of(decided(lines))
    return _file(f"roles-{request.caller.at:%Y-%m-%d}", ROLES, (
        (row.person_id, line.person.full_name, row.organisation.name, row.role, _written(row.since), names.who(line.asked_by),
         names.who(line.allowed_by), _written(row.suspended_at), _written(row.ended_at), names.who(line.ended_asked_by),
         names.who(line.ended_allowed_by))
        for line in lines for row in (line.membership,)))


@require_safe
@role_required(ADMIN, AUDITOR)
def requests_csv(request: HttpRequest) -> HttpResponse:
    """Every request about the staff: who asked for what and why, who decided it and when, what became of the link that left."""
    rows = queries.book(request.caller)
    names = Names.of(acted(rows))
    return _file(f"staff-requests-{request.caller.at:%Y-%m-%d}", REQUESTS, (_request(row, names) for row in rows))


def _request(row: StaffRequest, names: Names) -> tuple[object, ...]:
    content, link = row.content, getattr(row, "invitation", None)
    lost = [*(["password"] if content.get("password") else []), *content.get("lost", [])]
    return (
        row.id, row.kind, queries.name_of(row), row.member.person_id if row.member else "",
        *(_roles(content, name, names) for name in ("roles", "begin", "end")), content.get("email", ""), " ".join(lost),
        content.get("token", "") or content.get("device", ""), row.reason, names.who(row.asked_by), _written(row.asked_at),
        _written(row.decide_until), row.state, names.who(row.decided_by), _written(row.decided_at), _written(row.state_since),
        *((link.state, _written(link.sent_at), _written(link.state_since)) if link else ("", "", "")), row.content_hash)


def _roles(content: dict, name: str, names: Names) -> str:
    """Such as “helpdesk_agent at Paraph S.A.; …”."""
    held: frozenset[Role] = policy.roles_of(content, name) if name in content else frozenset()
    return "; ".join(sorted(f"{role.name} at {names.organisations[role.organisation]}" for role in held))


def _file(name: str, columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers={
        "Content-Disposition": f'attachment; filename="{name}.csv"'})
    writer = csv.writer(response)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return response


def _written(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _cell(value: object) -> str:
    """Text of which a table program takes no part for a formula, also one that reads the file with its own country's separator,
    as it does where the comma stands in numbers."""
    return _FORMULA.sub("'", str(value))
