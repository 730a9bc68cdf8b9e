# SPDX-License-Identifier: Apache-2.0
"""The daily look back at what was issued."""

from django.db import transaction

from paraph.domain.certification import queries
from paraph.domain.certification.events import Event
from paraph.domain.certification.models import Certificate
from paraph.domain.certification.services.alarming import raise_alarm
from paraph.domain.certification.services.status import record
from paraph.kernel.caller import Caller


def recheck_issued(*, caller: Caller) -> list[Certificate]:
    """Each living certificate that today's rules refuse stands in the audit log, with an alarm. Returns them."""
    failing = []
    for certificate, found in queries.lint_issued(caller.at):
        if found:
            failing.append(certificate)
            with transaction.atomic():
                codes = sorted({finding.code for finding in found})
                record(Event.CERTIFICATE_FAILS_TODAYS_RULES, certificate, caller, findings=codes)
                raise_alarm(
                    code="certificate_fails_todays_rules", about=certificate.serial, caller=caller,
                    facts={"profile": certificate.profile, "findings": codes},
                )
    return failing
