# SPDX-License-Identifier: Apache-2.0
"""Refusals: requests that should not have been made, each with a stable code and a sentence."""

from typing import ClassVar


class Refusal(Exception):
    """Nothing was changed, and the person can be told why.

    `code` is stable and stands in audit rows and API answers. `sentence` is the French sentence (a translation key);
    it may hold ``%(name)s`` for a fact. `status` is the HTTP status that an interface answers with, `retry_after` the
    seconds after which the same may be asked again, where that is known.
    A refusal never says which factor of a step was wrong, nor whether an account exists.
    """

    code: ClassVar[str] = "refused"
    sentence: ClassVar[str] = "Cette demande est refusée. Rien n’a été modifié."
    status: ClassVar[int] = 409
    retry_after: int | None = None

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts


class Forbidden(Refusal):
    """The caller has no right to this."""

    code = "forbidden"
    sentence = "Vous n’avez pas le droit de faire cela. Rien n’a été modifié."
    status = 403


class NotFound(Refusal):
    """There is no such record, or the caller may not know of it."""

    code = "not_found"
    sentence = "Cet élément est introuvable."
    status = 404


class NotAllowed(Refusal):
    """The record's lifecycle has no such move from where it stands."""

    code = "not_allowed"
    sentence = "Cette opération n’est pas possible dans l’état actuel. Rien n’a été modifié."

    def __init__(self, *, record: str = "", state: str = "", move: str = "", **facts: object) -> None:
        super().__init__(record=record, state=state, move=move, **facts)


class Stale(Refusal):
    """Somebody else moved the record in the meantime."""

    code = "stale"
    sentence = "Entre-temps, cet élément a été modifié. Rechargez la page et recommencez."
