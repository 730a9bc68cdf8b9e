# SPDX-License-Identifier: Apache-2.0
"""The daily look back at what was issued."""

from django.db import transaction

from paraph.domain.certification import queries
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Certificate
from paraph.domain.certification.services.status import record
from paraph.kernel.caller import Caller


def recheck_issued(*, caller: Caller) -> list[Certificate]:
    """Each living certificate that today's rules refuse stands in the audit log. Returns them, for who is on duty."""
    failing = []
    for certificate, found in queries.lint_issued(caller.at):
        if found:
            failing.append(certificate)
            with transaction.atomic():
                codes = sorted({finding.code for finding in found})
                record(Event.CERTIFICATE_FAILS_TODAYS_RULES, certificate, caller, findings=codes)
    return failing
