# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    CODES_SET = "authentication.credential.codes_set"
    CODES_REFUSED = "authentication.credential.codes_refused"
    ACTIVATED = "authentication.credential.activated"
    PASSWORD_CHANGED = "authentication.credential.password_changed"
    LOGIN_REFUSED = "authentication.login.refused"
    LOGIN_OPENED = "authentication.login.opened"
    LOGIN_CODE_REFUSED = "authentication.login.code_refused"
    LOGIN_ACCEPTED = "authentication.login.accepted"
    LOGIN_CANCELLED = "authentication.login.cancelled"
    BLOCKED = "authentication.account.blocked"
    SESSION_OPENED = "authentication.session.opened"
    SESSION_CLOSED = "authentication.session.closed"
