# SPDX-License-Identifier: Apache-2.0
"""Every number and time limit of the requirements (annex 3), in one place, with its rows."""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Rules:
    """`config` binds the operator profile's values once at start. A number stands here when something obeys it."""

    otp_digits: int = 6  # R107
    scan_digits: int = 8
    otp_life_seconds: int = 180  # R114
    otp_steps_ahead: int = 1
    hotp_look_ahead: int = 20
    otp_drift_seconds: int = 600  # the most that a Token's clock may be off, either way
    hotp_resync_ahead: int = 1000  # RFC 4226 section 7.4
    device_grant_days: int = 60  # a new device joins within the time that a new order is activated in
    own_replacement_days: int = 3  # before them no device of the holder lets a new one in: his time to say that it was not him
    signer_failures_limit: int = 10
    signer_failures_hours: int = 12
    signer_stop_failures: int = 100  # wrong codes since the last right one: the device answers no more
    signer_alarm_failures: int = 100  # wrong codes of all devices together …
    signer_alarm_minutes: int = 60  # … within this time raise an alarm
    signer_clock_seconds: int = 300  # how far from the signer's clock an instant may be that it signs
    signer_timestamp_seconds: int = 10  # the same for the time of a time-stamp
    signer_settle_hours: int = 48  # a certificate that was prepared before the service went down is signed until then
    signer_ceremony_minutes: int = 60
    signer_allowed_days: int = 7  # a key from elsewhere is certified within this time of its permission
    signer_keep_days: int = 7  # sessions and answers of the signer
    signature_session_seconds: int = 180  # from opening a session at the signer to its use: signature and login
    activation_session_minutes: int = 30
    names_by_scan_only: bool = False  # a Scan alone names new holders, for it shows the name: the operator's choice
    lockout_failures: int = 5  # R150
    lockout_hours: int = 12  # R151
    lockout_lanes: bool = False  # a counter apart for known browsers: the operator's choice
    code_tries: int = 5  # initial password, Challenge, activation code
    password_minimum: int = 6  # R136
    password_maximum: int = 10  # R136
    password_kinds: bool = True  # R136: lower and upper case and digits; where passphrases are long, length is enough
    passcode_minimum: int = 6  # R137: of the app
    passcode_maximum: int = 10  # R137
    activation_code_length: int = 5  # R014, R092
    applicant_least_age: int = 18  # R038, R219, Q03: from the birthday itself
    activation_days: int = 60  # R089
    suspension_days: int = 30  # R157, R158
    certificate_years: int = 3  # R072, R172
    qualified_since: datetime = datetime(2019, 7, 6, 22, 0, tzinfo=UTC)  # R266: 7 July 2019, 00:00 in Luxembourg
    approval_hours: int = 24  # four eyes: an approval that is not used by then allows nothing
    staff_decision_days: int = 7  # a request about staff that nobody decided by then is over
    staff_link_hours: int = 72
    staff_resend_days: int = 30  # an approved invitation is sent again within this time
    security_code_minutes: int = 30  # R135
    sms_code_minutes: int = 3  # R114: a one-time password like those of devices
    sms_codes_an_hour: int = 5
    caller_checks_a_day: int = 5
    caller_check_minutes: int = 30
    session_idle_minutes: int = 5
    session_hours: int = 8
    fresh_login_minutes: int = 10  # a login that lets a holder add a passkey
    authorisation_code_seconds: int = 60
    confirmation_minutes: int = 5  # how long what a partner asks waits for its holder
    confirmations_at_once: int = 3  # so many of one partner wait for one holder
    login_transaction_minutes: int = 15
    ocsp_life_seconds: int = 3600
    ocsp_refresh_seconds: int = 1800
    ocsp_cache_seconds: int = 300
    crl_life_seconds: int = 86400
    crl_refresh_seconds: int = 43200
    clock_trust_seconds: int = 60
    clock_drift_milliseconds: int = 500
    timestamp_accuracy_milliseconds: int = 1000
    status_target_minutes: int = 60
    status_limit_hours: int = 24
    alarm_repeat_hours: int = 24  # an alarm that stays open is told again
    unknown_serials_per_hour: int = 100  # more of them within an hour raise an alarm
    document_megabytes: int = 20
    document_pages: int = 500


_rules = Rules()


def use(rules: Rules) -> None:
    global _rules
    _rules = rules


def current() -> Rules:
    return _rules


def from_mapping(values: dict[str, Any]) -> Rules:
    """Rules with the given values in place of the defaults. Refuses names that do not exist."""
    known = {field.name for field in fields(Rules)}
    unknown = set(values) - known
    if unknown:
        raise ValueError(f"unknown rules: {', '.join(sorted(unknown))}")
    return Rules(**values)
