# SPDX-License-Identifier: Apache-2.0
"""What changes: codes and password, the two steps of the door, sessions."""

from paraph.domain.authentication.services.browsers import remember_browser
from paraph.domain.authentication.services.codes import (
    CodeOutcome,
    PasswordRefused,
    UnknownImage,
    check_challenge,
    check_initial_codes,
    complete_activation,
    hash_new_password,
    password_problems,
    renew_initial,
    set_initial,
)
from paraph.domain.authentication.services.confirmations import (
    ConfirmationBusy,
    ConfirmationOver,
    TooManyConfirmations,
    lapse_confirmations,
)
from paraph.domain.authentication.services.confirmations import ask as ask_confirmation
from paraph.domain.authentication.services.confirmations import cancel as cancel_confirmation
from paraph.domain.authentication.services.confirmations import report as report_confirmation
from paraph.domain.authentication.services.confirmations import show as show_confirmation
from paraph.domain.authentication.services.confirming import (
    ConfirmOutcome,
    confirm,
    confirm_with_passkey,
    settle_confirmations,
)
from paraph.domain.authentication.services.first_password import (
    begin_anew,
    begin_with_password,
    hash_first_password,
)
from paraph.domain.authentication.services.first_step import (
    DeviceNotAccepted,
    FirstStep,
    check_first_step,
)
from paraph.domain.authentication.services.housekeeping import forget_logins, tell_blocked
from paraph.domain.authentication.services.images import (
    PicturesBusy,
    UnusablePicture,
    change_image,
    drawn_anew,
    use_own_picture,
)
from paraph.domain.authentication.services.one_time import AGAIN_AFTER, ask_code, make_security_code, send_codes
from paraph.domain.authentication.services.passkeys import check_passkey
from paraph.domain.authentication.services.passwords import change_password
from paraph.domain.authentication.services.recovery import Received, RecoveryOutcome, reset_password, unblock
from paraph.domain.authentication.services.recovery_by_scan import Begun, begin_recovery, finish_recovery
from paraph.domain.authentication.services.replacement_login import SCOPE as REPLACEMENT_SCOPE
from paraph.domain.authentication.services.replacement_login import log_in_for_replacement
from paraph.domain.authentication.services.second_step import (
    LoginOver,
    SecondStep,
    SecondStepOutcome,
    cancel_login,
    check_code,
    renew_image,
    replace_initial_password,
)
from paraph.domain.authentication.services.security_code import log_in_with_security_code
from paraph.domain.authentication.services.sessions import (
    close_session,
    close_sessions,
    end_device,
    end_identity,
    end_other_sessions,
    end_session,
    open_session,
    touch_session,
)
from paraph.domain.authentication.services.setting_up import as_owner

__all__ = [
    "AGAIN_AFTER",
    "Begun",
    "CodeOutcome",
    "ConfirmOutcome",
    "ConfirmationBusy",
    "ConfirmationOver",
    "DeviceNotAccepted",
    "FirstStep",
    "LoginOver",
    "PasswordRefused",
    "PicturesBusy",
    "REPLACEMENT_SCOPE",
    "Received",
    "RecoveryOutcome",
    "SecondStep",
    "SecondStepOutcome",
    "TooManyConfirmations",
    "UnknownImage",
    "UnusablePicture",
    "as_owner",
    "ask_code",
    "ask_confirmation",
    "begin_recovery",
    "begin_anew",
    "begin_with_password",
    "cancel_confirmation",
    "cancel_login",
    "change_image",
    "change_password",
    "check_challenge",
    "check_code",
    "check_first_step",
    "check_initial_codes",
    "check_passkey",
    "close_session",
    "close_sessions",
    "complete_activation",
    "confirm",
    "confirm_with_passkey",
    "drawn_anew",
    "end_device",
    "end_identity",
    "end_other_sessions",
    "end_session",
    "hash_first_password",
    "hash_new_password",
    "finish_recovery",
    "forget_logins",
    "lapse_confirmations",
    "log_in_for_replacement",
    "log_in_with_security_code",
    "make_security_code",
    "open_session",
    "password_problems",
    "remember_browser",
    "renew_image",
    "renew_initial",
    "replace_initial_password",
    "report_confirmation",
    "reset_password",
    "send_codes",
    "set_initial",
    "settle_confirmations",
    "show_confirmation",
    "tell_blocked",
    "touch_session",
    "unblock",
    "use_own_picture",
]
