# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("device", id), replacements, joinings and resynchronisations done about ("identity", id). Facts: type, serial,
    identity, organisation, reason, ids."""

    DEVICE_STOCKED = "devices.device.stocked"
    DEVICE_ASSIGNED = "devices.device.assigned"
    DEVICE_ACTIVATED = "devices.device.activated"
    DEVICE_DISABLED = "devices.device.disabled"
    DEVICE_ENABLED = "devices.device.enabled"
    DEVICE_RETIRED = "devices.device.retired"
    DEVICE_RESYNCHRONISED = "devices.device.resynchronised"
    RESYNCHRONISATION_REFUSED = "devices.device.resynchronisation_refused"
    JOINING_ASKED = "devices.joining.asked"
    JOINING_ALLOWED = "devices.joining.allowed"
    JOINING_READ = "devices.joining.read"
    JOINING_REFUSED = "devices.joining.refused"
    JOINING_SHOWN = "devices.joining.shown"
    JOINING_ABANDONED = "devices.joining.abandoned"
    DEVICE_JOINED = "devices.device.joined"
    PASSKEY_ASKED = "devices.passkey.asked"
    PASSKEY_REFUSED = "devices.passkey.refused"
    PASSKEY_ADDED = "devices.passkey.added"
    PASSKEY_RENAMED = "devices.passkey.renamed"
    PASSKEY_REMOVED = "devices.passkey.removed"
    PASSKEY_CLONED = "devices.passkey.cloned"
    REPLACEMENT_ASKED = "devices.replacement.asked"
    REPLACEMENT_GRANTED = "devices.replacement.granted"
    REPLACEMENT_REFUSED = "devices.replacement.refused"
    REPLACEMENT_ALLOWED = "devices.replacement.allowed"
    REPLACEMENT_WISHED = "devices.replacement.wished"
    REPLACEMENT_SENT = "devices.replacement.sent"
    REPLACEMENT_MISSED = "devices.replacement.missed"
    REPLACEMENT_EXCHANGED = "devices.replacement.exchanged"
    REPLACEMENT_DENIED = "devices.replacement.denied"
    REPLACEMENT_FINISHED = "devices.replacement.finished"
    REPLACEMENT_CANCELLED = "devices.replacement.cancelled"


OF_MOVE = {
    "assign": Event.DEVICE_ASSIGNED,
    "activate": Event.DEVICE_ACTIVATED,
    "disable": Event.DEVICE_DISABLED,
    "enable": Event.DEVICE_ENABLED,
    "retire": Event.DEVICE_RETIRED,
}
