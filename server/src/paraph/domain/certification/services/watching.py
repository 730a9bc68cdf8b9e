# SPDX-License-Identifier: Apache-2.0
"""What the signer noticed and a person on duty must know becomes an alarm."""

from paraph.domain.certification.models import Alarm
from paraph.domain.certification.services.alarming import raise_alarm
from paraph.kernel.caller import Caller
from paraph.signer import client

# By the signer's word for it (`signer.record.Event`).
ALARMS = {
    "alarm.device_stopped": "signer_device_stopped",
    "alarm.many_wrong_codes": "signer_many_wrong_codes",
    "alarm.content_refused": "signer_content_refused",
}


def watch_signer(*, caller: Caller) -> int:
    """Each line of the signer's record that is an alarm there is one here. Returns how many were new.

    How far was read is known by the alarms themselves, which nobody deletes. Refuses: SignerUnavailable.
    """
    told = Alarm.objects.filter(code__in=ALARMS.values()).values_list("facts__sequence", flat=True)
    after, count = max(told, default=0), 0
    while lines := client.bound().alarms(after=after):
        for line in lines:
            about = str(line.facts.get("device") or line.facts.get("key") or "signer")
            raise_alarm(code=ALARMS[line.event], about=about, caller=caller,
                        facts={**line.facts, "sequence": line.sequence, "at": line.at.isoformat()})
        after, count = lines[-1].sequence, count + len(lines)
    return count
