# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    CODES_SET = "authentication.credential.codes_set"
    CODES_REFUSED = "authentication.credential.codes_refused"
    RECOVERY_SHOWN = "authentication.credential.recovery_shown"
    CODES_RENEWED = "authentication.credential.codes_renewed"
    ACTIVATED = "authentication.credential.activated"
    PASSWORD_CHANGED = "authentication.credential.password_changed"
    PASSWORD_RESET = "authentication.credential.password_reset"
    IMAGE_CHANGED = "authentication.credential.image_changed"
    SMS_CODE_SENT = "authentication.code.sent"
    SECURITY_CODE_GIVEN = "authentication.code.given"
    SECURITY_CODE_USED = "authentication.code.used"
    LOGIN_REFUSED = "authentication.login.refused"
    LOGIN_OPENED = "authentication.login.opened"
    LOGIN_SHOWN = "authentication.login.shown"
    LOGIN_CODE_REFUSED = "authentication.login.code_refused"
    LOGIN_ACCEPTED = "authentication.login.accepted"
    LOGIN_CANCELLED = "authentication.login.cancelled"
    BLOCKED = "authentication.account.blocked"
    UNBLOCKED = "authentication.account.unblocked"
    SESSION_OPENED = "authentication.session.opened"
    SESSION_CLOSED = "authentication.session.closed"
