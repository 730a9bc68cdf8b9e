# SPDX-License-Identifier: Apache-2.0
"""What every write about staff begins with: nobody else changes roles meanwhile, and the caller is an operator now."""

from django.utils.translation import gettext_noop

from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.staff import policy
from paraph.domain.staff.policy import RoleProblem
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, Refusal


class LastOperator(Refusal):
    code = "last_operator"
    sentence = gettext_noop(
        "C’est le dernier opérateur. Sans lui, plus personne ne pourrait décider. Nommez-en d’abord un autre.")


class RolesNotPossible(Refusal):
    """Nobody holds these roles together, or there. `why` is a policy.RoleProblem."""

    code = "roles_not_possible"
    sentence = gettext_noop(
        "Ces rôles ne sont pas possibles ensemble, ou pas dans cette organisation : un auditeur n’a pas d’autre rôle ; "
        "opérateurs, auditeurs et agents travaillent chez l’exploitant, les autres dans un bureau ouvert. "
        "Il faut au moins un rôle."
    )
    status = 422

    def __init__(self, *, why: RoleProblem) -> None:
        super().__init__(why=why)
        self.why = why


def permit(caller: Caller) -> None:
    """The caller is an operator at this very instant, whatever he was when his page was asked for; until the transaction
    ends no one's role changes but by him. Refuses: Forbidden."""
    if caller.scope != "staff" or not caller.session or not caller.person:
        raise Forbidden()
    organisation_services.hold_roles()
    if not is_administrator(caller.person):
        raise Forbidden()


def is_administrator(person_id: str) -> bool:
    return policy.is_administrator(organisations.roles_of(person_id))


def check_roles(roles: frozenset[Role]) -> None:
    """Refuses: RolesNotPossible."""
    places = {str(row.id): row.roles for row in organisations.active()}
    if why := policy.role_problem(roles, places):
        raise RolesNotPossible(why=why)


def check_operators_without(person_id: object) -> None:
    """Refuses: LastOperator."""
    operators = {str(person) for person in organisations.holders_of(policy.ADMINISTRATOR)}
    if operators and not operators - {str(person_id)}:
        raise LastOperator()
