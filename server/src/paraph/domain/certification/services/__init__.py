# SPDX-License-Identifier: Apache-2.0
"""What certification does, a verb each.

`issuing` makes certificates, `moving` leads their life, `checking` looks back, `approving` is four eyes, `alarming` calls
whoever is on duty.
"""

from paraph.domain.certification.services.alarming import close_alarm, raise_alarm
from paraph.domain.certification.services.approving import (
    ApprovalEnded,
    NotApproved,
    OtherContent,
    ReasonMissing,
    SameEyes,
    approve,
    ask_approval,
    content_hash,
    refuse,
    use_approval,
    withdraw,
)
from paraph.domain.certification.services.checking import recheck_issued
from paraph.domain.certification.services.issuing import (
    AttemptReused,
    CertificateRefused,
    IssuanceAbandoned,
    KeyAlreadyCertified,
    KeyRefused,
    issue,
    settle,
)
from paraph.domain.certification.services.moving import activate, report_compromise, resume, revoke, succeed, suspend

__all__ = [
    "ApprovalEnded", "AttemptReused", "CertificateRefused", "IssuanceAbandoned", "KeyAlreadyCertified", "KeyRefused",
    "NotApproved", "OtherContent", "ReasonMissing", "SameEyes", "activate", "approve", "ask_approval", "close_alarm",
    "content_hash", "issue", "raise_alarm", "recheck_issued", "refuse", "report_compromise", "resume", "revoke", "settle",
    "succeed", "suspend", "use_approval", "withdraw",
]  # fmt: skip
