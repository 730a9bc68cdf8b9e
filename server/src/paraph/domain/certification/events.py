# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """Audit codes. Each is about ("certificate" | "authority" | "approval" | "alarm" | "key" | "profile", id).

    Facts: serial, profile, reason, hashes, instants.
    """

    AUTHORITY_CREATED = "certification.authority.created"
    CERTIFICATE_REFUSED = "certification.certificate.refused"
    CERTIFICATE_RESERVED = "certification.certificate.reserved"
    CERTIFICATE_ISSUED = "certification.certificate.issued"
    CERTIFICATE_ABANDONED = "certification.certificate.abandoned"
    CERTIFICATE_ACTIVATED = "certification.certificate.activated"
    CERTIFICATE_SUSPENDED = "certification.certificate.suspended"
    CERTIFICATE_RESUMED = "certification.certificate.resumed"
    CERTIFICATE_REVOKED = "certification.certificate.revoked"
    CERTIFICATE_COMPROMISED = "certification.certificate.compromised"
    CERTIFICATE_SUCCEEDED = "certification.certificate.succeeded"
    CERTIFICATE_FAILS_TODAYS_RULES = "certification.certificate.fails_todays_rules"
    AUTHORITY_WITHDRAWN = "certification.authority.withdrawn"
    AUTHORITY_REVOKED = "certification.authority.revoked"
    DEVICE_DECLARED = "certification.device.declared"
    KEY_BLOCKED = "certification.key.blocked"
    APPROVAL_ASKED = "certification.approval.asked"
    APPROVAL_GIVEN = "certification.approval.given"
    APPROVAL_REFUSED = "certification.approval.refused"
    APPROVAL_WITHDRAWN = "certification.approval.withdrawn"
    APPROVAL_USED = "certification.approval.used"
    PROFILE_IN_FORCE = "certification.profile.in_force"
    PROFILE_OUT_OF_FORCE = "certification.profile.out_of_force"
    ALARM_RAISED = "certification.alarm.raised"
    ALARM_TAKEN = "certification.alarm.taken"
    ALARM_CLOSED = "certification.alarm.closed"
    LIST_PUBLISHED = "certification.list.published"
    UNKNOWN_SERIALS = "certification.authority.unknown_serials"
    LISTS_ARRANGED = "certification.authority.lists_arranged"
