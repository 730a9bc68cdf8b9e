# SPDX-License-Identifier: Apache-2.0
"""What two operators agreed on is done, from the command line or the console, and the world is told at once."""

from django.conf import settings

from paraph.domain.certification import deeds, publication, queries
from paraph.domain.certification.models import Approval
from paraph.domain.registration import services as registration
from paraph.interfaces.jobs import renewal
from paraph.interfaces.tree import tree_names
from paraph.kernel.caller import Caller
from paraph.signer import client

DEEDS = (*deeds.DEEDS, registration.REISSUE)


def perform(approval_id: object, caller: Caller) -> object:
    """Refuses: NotFound, NotAllowed, NotApproved, Forbidden, and whatever the deed refuses."""
    if queries.approval(approval_id).action == registration.REISSUE:
        came = registration.reissue(approval_id=approval_id, caller=caller)
    else:
        came = deeds.perform(approval_id=approval_id, names=tree_names(), pki_url=settings.PKI_URL, caller=caller)
    publish(caller)
    return came


def publish(caller: Caller) -> None:
    """Services whose certificate was revoked go on with another key, and every change stands in lists and answers."""
    renewal.renew_services(caller)
    publication.publish_changes(caller.at, client.bound())
    publication.refresh(caller.at, client.bound())


def waits(approval: Approval, caller: Caller) -> bool:
    """Whether somebody may do now what was approved."""
    return approval.action in DEEDS and approval.state == "approved" and caller.at < approval.ends_at
