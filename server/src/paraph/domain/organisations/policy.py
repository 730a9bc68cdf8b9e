# SPDX-License-Identifier: Apache-2.0
"""What organisations and their members may be, and who may change it."""

from enum import StrEnum

from paraph.kernel.caller import Caller


class OrganisationRole(StrEnum):
    """What an organisation is to the operator; it may be several."""

    OPERATOR = "operator"
    REGISTRATION_AUTHORITY = "registration_authority"
    BANK = "bank"
    EMPLOYER = "employer"
    BODY = "body"


class MemberRole(StrEnum):
    """What a person does in an organisation. Stored in memberships and named in permissions."""

    REGISTRATION_OFFICER = "registration_officer"
    REGISTRATION_MANAGER = "registration_manager"
    HELPDESK_AGENT = "helpdesk_agent"
    OPERATOR_ADMIN = "operator_admin"
    AUDITOR = "auditor"


def may_manage(caller: Caller, organisation_id: object = None) -> bool:
    """The operator's administrators everywhere, a registration manager in his own organisation, the operator's CLI."""
    return (
        caller.channel.startswith("cli:")
        or caller.has_role(MemberRole.OPERATOR_ADMIN)
        or (organisation_id is not None and caller.has_role(MemberRole.REGISTRATION_MANAGER, str(organisation_id)))
    )
