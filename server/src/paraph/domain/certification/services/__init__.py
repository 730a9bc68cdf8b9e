# SPDX-License-Identifier: Apache-2.0
"""What certification does, a verb each: `issuing` makes certificates, `moving` leads their life, `checking` looks back."""

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
from paraph.domain.certification.services.moving import activate, resume, revoke, suspend

__all__ = [
    "AttemptReused", "CertificateRefused", "IssuanceAbandoned", "KeyAlreadyCertified", "KeyRefused", "activate", "issue",
    "recheck_issued", "resume", "revoke", "settle", "suspend",
]  # fmt: skip
