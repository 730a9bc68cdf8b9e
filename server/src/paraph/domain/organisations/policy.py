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


def may_manage(caller: Caller) -> bool:
    """The operator's administrators, and his machine."""
    return caller.channel.startswith("cli:") or caller.has_role(MemberRole.OPERATOR_ADMIN)


def may_appoint(caller: Caller, under: object) -> bool:
    """Who gets or loses a role: two people decided it (`under` is their request in staff), or it is the operator's machine."""
    return under is not None or caller.channel.startswith("cli:")
