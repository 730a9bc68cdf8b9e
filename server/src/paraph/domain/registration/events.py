# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("order", id), ("identity", id) or ("activation", id). Facts: ids, reasons, instants, channels."""

    ORDER_APPROVED = "registration.order.approved"
    APPROVAL_SHOWN = "registration.order.approval_shown"
    APPROVAL_CODE_REFUSED = "registration.order.approval_code_refused"
    ORDER_REFUSED = "registration.order.refused"
    ORDER_LAPSED = "registration.order.lapsed"
    REMINDER_SENT = "registration.order.reminded"
    ACTIVATION_OPENED = "registration.activation.opened"
    ACTIVATION_SHOWN = "registration.activation.shown"
    ACTIVATION_READ = "registration.activation.read"
    ACTIVATION_PROVEN = "registration.activation.proven"
    ACTIVATION_BEGUN = "registration.activation.begun"
    ACTIVATION_FINISHED = "registration.activation.finished"
    ACTIVATION_ABANDONED = "registration.activation.abandoned"
    SUSPENDED = "registration.identity.suspended"
    RESUMED = "registration.identity.resumed"
    REVOKED = "registration.identity.revoked"
    REVOKED_AT_DEADLINE = "registration.identity.revoked_at_deadline"
    REISSUED = "registration.identity.reissued"
    KEY_DESTROYED = "registration.key.destroyed"
    PRODUCT_REPLACED = "registration.helpdesk.product_replaced"
    PRODUCT_SENT = "registration.helpdesk.product_sent"
    REPLACEMENT_DENIED = "registration.identity.replacement_denied"
    PRODUCT_ASSIGNED = "registration.helpdesk.product_assigned"
    PRODUCT_DISABLED = "registration.helpdesk.product_disabled"
    SECURITY_CODE_GIVEN = "registration.helpdesk.security_code_given"
    CODES_REISSUED = "registration.helpdesk.codes_reissued"
