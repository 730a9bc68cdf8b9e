# SPDX-License-Identifier: Apache-2.0
from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.orders import policy, queries
from paraph.domain.orders.events import OF_MOVE
from paraph.domain.orders.lifecycle import FINAL, ORDER, OrderState
from paraph.domain.orders.models import Order
from paraph.domain.orders.services.records import locked, tell
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, Refusal


class ItIsYou(Refusal):
    """An officer can't serve himself (matricule, document, or names and birth date are his own)."""

    code = "own_order"
    sentence = gettext_noop("Cette commande est la vôtre. Un autre agent doit la traiter.")
    status = 403


class PapersMissing(Refusal):
    """Approval needs every paper of the checklist (R004, R023); `missing` names them."""

    code = "papers_missing"
    sentence = gettext_noop("Il manque encore des pièces. La commande n’est pas approuvée.")


class TooLate(Refusal):
    """The 60 days from the order are over (R089): final, for everybody."""

    code = "too_late"
    sentence = gettext_noop(
        "Le délai de cette commande est dépassé. Elle ne peut plus être utilisée ; une nouvelle est nécessaire.")


class NotYet(Refusal):
    """An order lapses only when its days are over."""

    code = "not_yet"
    sentence = gettext_noop("Le délai de cette commande court encore.")


def advance(
    *, order_id: object, move: str, person_id: object = None, identity_id: object = None, reason: str = "",
    caller: Caller,
) -> Order:
    """The order moves on after approval's, activation's or time's proof, which the caller of this function took.

    `person_id` and `identity_id` are who the order turned out to be about; `reason` a code for a rejection.
    Refuses: Forbidden, ItIsYou, TooLate, NotYet, PapersMissing, NotAllowed, Stale.
    """
    if move in ("place", "pay", "cancel"):
        raise NotAllowed(record="order", move=move)
    with transaction.atomic():
        order = locked(order_id)
        if not policy.may_move(move, caller, order.authority_id):
            raise Forbidden()
        if move in policy.OFFICER_MOVES and accounts.is_same_person(caller.person, order.claims):
            raise ItIsYou()
        over = caller.at >= order.activation_deadline
        if over and move not in ("lapse", "reject", "give_back"):
            raise TooLate()
        if move == "lapse" and not over:
            raise NotYet()
        if move == "approve" and (missing := queries.missing_papers(order)):
            raise PapersMissing(missing=missing)
        facts = {name: value for name, value in (("person_id", person_id), ("identity_id", identity_id)) if value}
        if move in ("approve", "reject"):
            facts["decided_by"] = caller.person
        if reason:
            facts["reason"] = reason
        # What must happen at a deadline is recorded at the deadline, however late the job runs.
        at = order.activation_deadline if move == "lapse" else caller.at
        _move(order, move, at=at, caller=caller, **facts)
        if move == "reject":
            tell(order, "order_rejected", caller, reason=reason)
    return order


def cancel(*, reference: str, follow_secret: str, caller: Caller) -> Order:
    """The customer takes back an order that is not paid yet. Refuses: NotFound, NotAllowed."""
    with transaction.atomic():
        order = locked(queries.by_reference(reference, follow_secret).pk)
        if order.state != OrderState.PLACED:
            raise NotAllowed(record="order", state=order.state, move="cancel")
        _move(order, "cancel", at=caller.at, caller=caller, reason="by_customer")
    return order


def _move(order: Order, move: str, *, at, caller: Caller, **facts: object) -> None:
    if ORDER.moves[move][1] in FINAL:
        # The activation code has nothing to open any more.
        facts["activation_code_hash"] = ""
    ORDER.advance(order, move, at=at, **facts)
    audit.record(OF_MOVE[move], about=("order", order.id), caller=caller,
                 facts={"state_since": at.isoformat(),
                        **{name: value for name, value in facts.items() if name != "activation_code_hash"}})
