# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit import events as audit


class Event(audit.Code):
    ORGANISATION_CREATED = "organisations.organisation.created"
    ORGANISATION_DEACTIVATED = "organisations.organisation.deactivated"
    ORGANISATION_ACTIVATED = "organisations.organisation.activated"
    MEMBERSHIP_BEGUN = "organisations.membership.begun"
    MEMBERSHIP_ENDED = "organisations.membership.ended"
    MEMBERSHIP_SUSPENDED = "organisations.membership.suspended"
    MEMBERSHIP_RESUMED = "organisations.membership.resumed"
