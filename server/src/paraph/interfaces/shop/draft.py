# SPDX-License-Identifier: Apache-2.0
"""An order before it is placed: kept in the web session, sealed, so that going back or erring loses nothing."""

import base64
import json
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.http import HttpRequest

from paraph.domain.orders.policy import Applicant, Document
from paraph.kernel import sealing, tokens

KEY = "order_draft"
CONTEXT = b"shop.draft"


@dataclass
class Draft:
    """Answers by step. `attempt` makes placing idempotent."""

    attempt: str
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def get(self, step: str) -> dict[str, Any]:
        """The answers of a step as a form takes them: dates as dates."""
        return {name: date.fromisoformat(value) if value and name.endswith(("_on", "_date")) else value
                for name, value in self.answers.get(step, {}).items()}

    def put(self, step: str, cleaned: dict[str, Any]) -> None:
        self.answers[step] = {name: value.isoformat() if isinstance(value, date) else value
                              for name, value in cleaned.items()}

    def document(self) -> Document:
        return Document(**self.get("document"))

    def applicant(self) -> Applicant:
        return Applicant(**self.get("applicant"), **self.get("birth"), **self.get("contact"))


def read(request: HttpRequest) -> Draft:
    """The draft of this browser, or a new one that is not kept yet."""
    stored = request.session.get(KEY)
    if not stored:
        return Draft(attempt=str(tokens.uuid7()))
    try:
        content = json.loads(sealing.unseal(base64.b64decode(stored), CONTEXT))
    except sealing.CannotOpen:
        return Draft(attempt=str(tokens.uuid7()))
    return Draft(attempt=content["attempt"], answers=content["answers"])


def keep(request: HttpRequest, draft: Draft) -> None:
    content = json.dumps({"attempt": draft.attempt, "answers": draft.answers}, ensure_ascii=False).encode()
    request.session[KEY] = base64.b64encode(sealing.seal(content, CONTEXT)).decode()


def forget(request: HttpRequest) -> None:
    request.session.pop(KEY, None)
