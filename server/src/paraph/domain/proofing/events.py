# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("proofing", attempt id). Facts: method, subject, authority, reasons, digests. The officer is the caller."""

    ATTEMPT_ACCEPTED = "proofing.attempt.accepted"
    ATTEMPT_REFUSED = "proofing.attempt.refused"
