# SPDX-License-Identifier: Apache-2.0
from paraph.domain.audit.events import Code


class Event(Code):
    """About ("case", id); a search about ("person", agent). Facts: kind, channel, identity, the questions asked and
    passed, the outcome; never an answer."""

    CASE_OPENED = "support.case.opened"
    CALLER_CHECKED = "support.case.caller_checked"
    PARTNERS_TOLD = "support.case.partners_told"
    CASE_CLOSED = "support.case.closed"
    HOLDER_SOUGHT = "support.holder.sought"
