# SPDX-License-Identifier: Apache-2.0
from django.db import transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.orders import policy
from paraph.domain.orders.events import Event
from paraph.domain.orders.lifecycle import ORDER
from paraph.domain.orders.models import Paper
from paraph.domain.orders.policy.papers import FormCheck, PaperCode, form_defects
from paraph.domain.orders.services.moving import ItIsYou
from paraph.domain.orders.services.records import locked
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound, Refusal


class FormIncomplete(Refusal):
    """The order form can't be taken as it is; `defects` names everything that is missing (R003)."""

    code = "form_incomplete"
    sentence = gettext_noop("Le bon de commande n’est pas complet. Il n’a pas été enregistré comme reçu.")
    status = 422


def record_paper(
    *, order_id: object, paper: str, received: bool, form: FormCheck | None = None, caller: Caller
) -> Paper:
    """An officer of the order's authority ticks a paper as received, or takes the tick back.

    The order form needs `form`, what he saw on it. Refuses: Forbidden, ItIsYou, NotFound, NotAllowed (the order is
    decided), FormIncomplete (naming each missing item).
    """
    with transaction.atomic():
        order = locked(order_id)
        if not caller.has_role(policy.OFFICER, str(order.authority_id)):
            raise Forbidden()
        if accounts.is_same_person(caller.person, order.claims):
            raise ItIsYou()
        if not (ORDER.allows(order.state, "reject")):
            raise NotAllowed(record="order", state=order.state, move="papers")
        row = Paper.objects.select_for_update().filter(order=order, code=paper).first()
        if row is None:
            raise NotFound()
        if received and paper == PaperCode.ORDER_FORM:
            defects = form_defects(form, clock.local_date(caller.at))
            if defects:
                raise FormIncomplete(defects=[str(defect) for defect in defects])
        row.received_at = caller.at if received else None
        row.received_by = caller.person if received else ""
        row.save(update_fields=["received_at", "received_by"])
        facts = {"paper": paper, "received": received}
        if received and form is not None:
            facts["signed_on"] = form.signed_on
        audit.record(Event.PAPER_RECORDED, about=("order", order.id), caller=caller, facts=facts)
    return row
