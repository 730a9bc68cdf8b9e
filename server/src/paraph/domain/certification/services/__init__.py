# SPDX-License-Identifier: Apache-2.0
"""What certification does, a verb each.

`issuing` makes certificates, `moving` leads their life, `checking` looks back, `approving` is four eyes, `declaring` says
what keys may and may not be, `alarming` calls whoever is on duty.
"""

from paraph.domain.certification.services.alarming import close_alarm, raise_alarm
from paraph.domain.certification.services.approving import (
    ApprovalEnded,
    NotApproved,
    NotWaivable,
    OtherContent,
    ReasonMissing,
    SameEyes,
    approve,
    ask_approval,
    ask_waiver,
    refuse,
    use_approval,
    withdraw,
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
)
from paraph.domain.certification.services.lists import ShardsOnlyGrow, arrange_lists
from paraph.domain.certification.services.moving import activate, report_compromise, resume, revoke, succeed, suspend
from paraph.domain.certification.services.visibility import (
    awaited,
    compare_all,
    count_unknown,
    instants,
    seen,
    tell_late,
)

__all__ = [
    "ApprovalEnded", "AttemptReused", "CertificateRefused", "IssuanceAbandoned", "KeyAlreadyCertified", "KeyRefused",
    "NotApproved", "NotWaivable", "OtherContent", "ReasonMissing", "SameEyes", "ShardsOnlyGrow", "activate",
    "approve", "arrange_lists", "ask_approval", "ask_waiver", "awaited", "block_key", "check_key", "close_alarm",
    "compare_all", "count_unknown", "declare_device", "instants", "issue", "raise_alarm", "recheck_issued", "refuse",
    "report_compromise", "resume", "revoke", "seen", "settle", "succeed", "suspend", "tell_late", "use_approval",
    "withdraw",
]  # fmt: skip
