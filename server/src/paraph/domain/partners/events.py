# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit import events as audit


class Event(audit.Code):
    PARTNER_REGISTERED = "partners.partner.registered"
    PARTNER_CHANGED = "partners.partner.changed"
