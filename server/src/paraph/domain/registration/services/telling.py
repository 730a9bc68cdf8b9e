# SPDX-License-Identifier: Apache-2.0
"""Where a holder's messages go."""

from paraph.domain.accounts import queries as accounts
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.registration import policy
from paraph.kernel.caller import Caller


def recipient(identity_id: object) -> tuple[str, Recipient]:
    """The holder's name, and how he is reached: only by contacts that an officer read back."""
    contact = accounts.contact(identity_id)
    return contact.name, Recipient(
        person_id=contact.person_id, language=contact.language, email=contact.email, mobile=contact.mobile,
        postal=policy.postal_lines(contact.postal, contact.language))


def tell(template: str, *, identity_id: object, caller: Caller, **data: object) -> None:
    """In his language, by those of his contacts that the message has a text for."""
    name, to = recipient(identity_id)
    notifications.enqueue(template=template, to=to, data={"name": name, **data}, caller=caller)
