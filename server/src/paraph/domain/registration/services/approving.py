# SPDX-License-Identifier: Apache-2.0
"""An officer approves with his Scan: he chooses on the page, reads on his own device whom he names, and types its code.

The signer has the name from here and shows it itself, so pages that lie show another name than the Scan, and its code approves
what the Scan has shown or nothing.
"""

from datetime import timedelta

from django.db import transaction

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.registration import queries
from paraph.domain.registration.events import Event
from paraph.domain.registration.models import ShownApproval
from paraph.domain.registration.services.desk import ContactsNotReadBack, rehearse, settle_approval
from paraph.domain.registration.services.naming import Name, say_shown, show_who
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound, Refusal
from paraph.signer.client import Outcome

KEPT = timedelta(days=1)


class ImageOver(Refusal):
    """The image's time is over, or the choice was made anew elsewhere."""

    code = "approval_image_over"
    sentence = "Le temps de cette image est passé. Demandez une nouvelle image. Rien n’est approuvé."


def show_approval(
    *, order_id: object, match: object | None, token_serial: str, contacts_read_back: bool, caller: Caller
) -> ShownApproval:
    """The image for the officer's Scan, with whom this approval would name, in place of an earlier one of this order.

    Refuses: what services.approve refuses, before anything is typed.
    """
    if not contacts_read_back:
        raise ContactsNotReadBack()
    drawn = {"identity_id": tokens.uuid7(), "ssn": tokens.ssn()}
    return _show(order_id, {"match": str(match or ""), "token_serial": token_serial, **drawn}, caller)


def show_again(*, order_id: object, caller: Caller) -> ShownApproval:
    """A fresh image of the same choice; the code of the one before is worth nothing. Refuses: NotFound (nothing was chosen),
    and as show_approval."""
    shown = _own(order_id, caller)
    return _show(order_id, {name: getattr(shown, name) for name in ("match", "token_serial", "identity_id", "ssn")}, caller)


def approve_shown(*, order_id: object, code: str, caller: Caller) -> Identity | Outcome:
    """The code of the officer's Scan for this order's latest image: the order is approved as it was shown. A wrong code is a
    result. Refuses: NotFound, ImageOver, NameHasChanged, and as services.approve."""
    shown = _own(order_id, caller)
    if caller.at > shown.image_until:
        raise ImageOver()

    def say(name: Name) -> Outcome:
        return say_shown(name=name, serial=shown.device_serial, session=shown.signer_session, code=code, caller=caller)

    with transaction.atomic():
        done = settle_approval(order_id=order_id, match=shown.match or None, token_serial=shown.token_serial, say=say,
                               drawn={"identity_id": shown.identity_id, "ssn": shown.ssn}, caller=caller)
        if isinstance(done, Identity):
            ShownApproval.objects.filter(order_id=order_id).delete()
    return done


def _show(order_id: object, chosen: dict, caller: Caller) -> ShownApproval:
    name = rehearse(order_id=order_id, match=chosen["match"] or None, token_serial=chosen["token_serial"], caller=caller,
                    drawn={part: chosen[part] for part in ("identity_id", "ssn")})
    serial, session, image = show_who(name=name, caller=caller)
    with transaction.atomic():
        shown, _ = ShownApproval.objects.update_or_create(order_id=order_id, defaults={
            **chosen, "officer": caller.identity, "device_serial": serial, "signer_session": session,
            "image": image.payload, "image_until": image.expires_at, "made_at": caller.at})
        audit.record(Event.APPROVAL_SHOWN, about=("order", order_id), caller=caller,
                     facts={"identity": shown.identity_id, "device": serial, "signer_session": session})
    return shown


def _own(order_id: object, caller: Caller) -> ShownApproval:
    """What this very officer is looking at."""
    shown = queries.shown_approval(order_id, caller.identity)
    if shown is None:
        raise NotFound()
    return shown


def forget_approvals(*, caller: Caller) -> int:
    """Choices that nobody approved within the day go, numbers and all. Returns how many."""
    return ShownApproval.objects.filter(made_at__lt=caller.at - KEPT).delete()[0]
