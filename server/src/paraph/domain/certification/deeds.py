# SPDX-License-Identifier: Apache-2.0
"""What two people agreed on is done: from an approval to the deed that it allows."""

from datetime import datetime

from paraph.domain.certification import authorities, policy, queries, services
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed

# A waiver is no deed: it is in force from its approval on.
DEEDS = (policy.CREATE_AUTHORITY, policy.REVOKE_AUTHORITY, policy.DECLARE_DEVICE, policy.ISSUE_BY_HAND,
         policy.PUT_IN_FORCE, policy.TAKE_OUT_OF_FORCE)


def perform(*, approval_id: object, names: authorities.TreeNames, pki_url: str, caller: Caller) -> object:
    """The approved deed is done, once, exactly as it was approved. Returns what came of it.

    `names` and `pki_url` are the operator profile's, for a new authority. Refuses: NotFound, NotAllowed (not a deed),
    NotApproved, Forbidden, and whatever the deed refuses.
    """
    approval = queries.approval(approval_id)
    content = approval.content
    match approval.action:
        case policy.CREATE_AUTHORITY:
            return authorities.add_authority(**content, pki_url=pki_url, names=names, caller=caller)
        case policy.REVOKE_AUTHORITY:
            name = queries.authority_certified_by(content["serial"]).name
            return authorities.revoke_authority(name=name, reason=content["cause"], caller=caller)
        case policy.DECLARE_DEVICE:
            return services.declare_device(
                name=content["name"], reference=content["reference"], ends_at=datetime.fromisoformat(content["ends_at"]),
                caller=caller)
        case policy.ISSUE_BY_HAND:
            return services.issue_by_hand(approval_id=approval.id, caller=caller)
        case policy.PUT_IN_FORCE:
            return services.put_in_force(profile=content["profile"], version=content["version"], caller=caller)
        case policy.TAKE_OUT_OF_FORCE:
            return services.take_out_of_force(profile=content["profile"], caller=caller)
    raise NotAllowed(record="approval", state=str(approval.state), move="perform")
