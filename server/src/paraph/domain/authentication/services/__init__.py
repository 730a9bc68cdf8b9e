# SPDX-License-Identifier: Apache-2.0
"""What changes: codes and password, the two steps of the door, sessions."""

from paraph.domain.authentication.services.codes import (
    CodeOutcome,
    PasswordRefused,
    UnknownImage,
    check_challenge,
    check_initial_codes,
    complete_activation,
    password_problems,
    set_initial,
)
from paraph.domain.authentication.services.sessions import close_session, close_sessions, open_session, touch_session

__all__ = [
    "CodeOutcome",
    "PasswordRefused",
    "UnknownImage",
    "check_challenge",
    "check_initial_codes",
    "close_session",
    "close_sessions",
    "complete_activation",
    "open_session",
    "password_problems",
    "set_initial",
    "touch_session",
]
