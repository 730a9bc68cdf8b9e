# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit import events as audit


class Event(audit.Code):
    KEY_RESERVED = "keys.key.reserved"
    KEY_MADE = "keys.key.made"
    KEY_RETIRED = "keys.key.retired"
