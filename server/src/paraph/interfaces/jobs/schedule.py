# SPDX-License-Identifier: Apache-2.0
"""Which jobs there are and how often each looks for work."""

from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session

from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.certification import authorities, publication
from paraph.domain.certification import services as certification
from paraph.domain.devices import services as devices
from paraph.domain.identity_provider import services as identity_provider
from paraph.domain.keys import queries as keys
from paraph.domain.keys import services as key_services
from paraph.domain.limits import services as limits
from paraph.domain.registration import services as registration
from paraph.domain.signing import services as signing
from paraph.domain.staff import services as staff
from paraph.domain.timestamping import services as timestamping
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.interfaces.jobs import alarms, carrying, partners, probing, renewal, warning
from paraph.interfaces.jobs.worker import Job
from paraph.kernel import clock
from paraph.kernel.caller import Caller
from paraph.signer import client


def jobs() -> list[Job]:
    """One set per worker: the source of time trust remembers where the clock stood when it began.

    It watches the machine's clock, also where a demonstration's clock is shifted from it on purpose.
    """
    source = EvenRun(clock.SystemClock())
    return [
        Job("seal", 2, seal),
        Job("publish", 2, lambda caller: publication.publish_changes(caller.at, client.bound())),
        Job("deliver", 2, carrying.deliver, abroad=True),
        Job("receipts", 60, carrying.take_receipts, abroad=True),
        Job("codes", 1, lambda caller: authentication.send_codes(caller=caller)),
        Job("tell-logouts", 2, partners.tell_logouts, abroad=True),
        Job("blocked", 5, lambda caller: authentication.tell_blocked(caller=caller)),
        Job("warn-partners", 5, warning.warn_partners),
        Job("clock", 20, lambda caller: int(timestamping.renew_clock_trust(source=source, caller=caller))),
        Job("settle-keys", 30, lambda caller: key_services.settle_reserved(caller=caller)),
        Job("settle-certificates", 30, lambda caller: certification.settle(caller=caller)),
        Job("settle-activations", 30, lambda caller: registration.settle(caller=caller)),
        Job("settle-signatures", 30, lambda caller: signing.settle(clock=clock.bound())),
        Job("settle-confirmations", 30, lambda caller: authentication.settle_confirmations(caller=caller)),
        Job("lapse-confirmations", 10, lambda caller: authentication.lapse_confirmations(caller=caller)),
        Job("suspensions", 60, lambda caller: registration.enforce_suspension_deadlines(caller=caller)),
        Job("reminders", 600, lambda caller: registration.remind(caller=caller)),
        Job("forget-approvals", 3600, lambda caller: registration.forget_approvals(caller=caller)),
        Job("destroy-keys", 60, lambda caller: registration.destroy_keys(caller=caller)),
        Job("staff", 60, lambda caller: staff.lapse_due(caller=caller)),
        Job("lapses", 60, lambda caller: registration.lapse_due(caller=caller)),
        Job("watch-signer", 60, lambda caller: certification.watch_signer(caller=caller)),
        Job("refresh", 60, lambda caller: publication.refresh(caller.at, client.bound())),
        Job("probe", 10, probing.probe),
        Job("late-status", 60, lambda caller: certification.tell_late(caller=caller)),
        Job("alarms", 60, alarms.tell_alarms),
        Job("compare-status", 3600, lambda caller: certification.compare_all(caller=caller)),
        Job("renew-services", 3600, renewal.renew_services),
        Job("forget-sessions", 3600, forget_web_sessions),
        Job("forget-enrolments", 3600, lambda caller: devices.forget_enrolments(caller=caller)),
        Job("forget-allowances", 3600, lambda caller: limits.forget_allowances(caller=caller)),
        Job("forget-logins", 3600, lambda caller: authentication.forget_logins(caller=caller)),
        Job("forget-requests", 3600, lambda caller: identity_provider.forget_requests(caller=caller)),
        Job("watch-authorities", 86400, lambda caller: authorities.watch_lives(caller=caller)),
        Job("lint", 86400, lambda caller: len(certification.recheck_issued(caller=caller))),
    ]


def seal(caller: Caller) -> int:
    return audit.seal_pending(clock=clock.bound(), signer=client.bound(), key_id=keys.active("audit").key_id,
                              witness=Path(settings.DATA) / "witness")


def forget_web_sessions(caller: Caller) -> int:
    """Cookies that expired are nobody's any more; without this, anonymous visits would fill a table."""
    return Session.objects.filter(expire_date__lt=caller.at).delete()[0]
