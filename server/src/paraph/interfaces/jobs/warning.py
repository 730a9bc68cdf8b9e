# SPDX-License-Identifier: Apache-2.0
"""A victim of phishing agreed that the partners who know him are told (R285): each gets a mail in its own name for him."""

from paraph.domain.identity_provider import queries as identity_provider
from paraph.domain.support import queries as support
from paraph.domain.support import services
from paraph.domain.support.policy import Link
from paraph.kernel.caller import Caller


def warn_partners(caller: Caller) -> int:
    """Returns how many reports were passed on."""
    waiting = support.partners_to_tell()
    for case in waiting:
        links = [Link(partner=str(row.partner_id), address=row.partner.fraud_contact, subject=row.value)
                 for row in identity_provider.subjects_of(case.identity.person_id)]
        services.tell_partners(case_id=case.id, links=links, caller=caller)
    return len(waiting)
