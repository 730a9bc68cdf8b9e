# SPDX-License-Identifier: Apache-2.0
"""What certification does, a verb each.

`issuing` makes certificates, `moving` leads their life, `checking` looks back, `approving` is four eyes, `declaring` says
what keys may and may not be, `standing` which profiles are in force, `by_hand` issues without an order, `alarming`
calls whoever is on duty.
"""

from paraph.domain.certification.services.alarming import close_alarm, raise_alarm, take_alarm, tell_alarms
from paraph.domain.certification.services.approving import (
    ApprovalEnded,
    NotApproved,
    NotWaivable,
    OtherContent,
    OtherDirectory,
    ReasonMissing,
    SameEyes,
    approve,
    ask_approval,
    ask_waiver,
    begin_deed,
    refuse,
    use_approval,
    withdraw,
)
from paraph.domain.certification.services.by_hand import (
    EvidenceMissing,
    PersonsCertificate,
    RequestRefused,
    ask_issuance,
    draft_issuance,
    issue_by_hand,
    key_to_certify,
    move_by_hand,
)
from paraph.domain.certification.services.checking import recheck_issued
from paraph.domain.certification.services.declaring import block_key, declare_device
from paraph.domain.certification.services.issuing import (
    AttemptReused,
    CertificateRefused,
    IssuanceAbandoned,
    KeyAlreadyCertified,
    KeyRefused,
    check_key,
    issue,
    settle,
    would_issue,
)
from paraph.domain.certification.services.lists import ShardsOnlyGrow, arrange_lists
from paraph.domain.certification.services.moving import activate, report_compromise, resume, revoke, succeed, suspend
from paraph.domain.certification.services.standing import (
    AlwaysInForce,
    StandsAlready,
    UnknownVersion,
    ask_standing,
    put_catalogue_in_force,
    put_in_force,
    take_out_of_force,
)
from paraph.domain.certification.services.visibility import (
    awaited,
    compare_all,
    count_unknown,
    instants,
    seen,
    tell_late,
)
from paraph.domain.certification.services.watching import watch_signer

__all__ = [
    "AlwaysInForce", "ApprovalEnded", "AttemptReused", "CertificateRefused", "EvidenceMissing", "IssuanceAbandoned",
    "KeyAlreadyCertified", "KeyRefused", "NotApproved", "NotWaivable", "OtherContent", "OtherDirectory",
    "PersonsCertificate", "ReasonMissing", "RequestRefused", "SameEyes", "ShardsOnlyGrow", "StandsAlready",
    "UnknownVersion", "activate", "approve", "arrange_lists", "ask_approval", "ask_issuance", "ask_standing",
    "ask_waiver", "awaited", "begin_deed", "block_key", "check_key", "close_alarm", "compare_all", "count_unknown",
    "declare_device", "draft_issuance", "instants", "issue", "issue_by_hand", "key_to_certify", "move_by_hand",
    "put_catalogue_in_force", "put_in_force", "raise_alarm", "recheck_issued", "refuse", "report_compromise", "resume", "revoke",
    "seen", "settle", "succeed", "suspend", "take_alarm", "take_out_of_force", "tell_alarms", "tell_late", "use_approval",
    "watch_signer", "withdraw", "would_issue",
]  # fmt: skip
