# SPDX-License-Identifier: Apache-2.0
"""The steps of `bench.crl`, each in a process of its own so that its memory and processor time are its own."""

import hashlib
import json
import os
import resource
import sys
import time
from datetime import timedelta
from pathlib import Path

BATCH = 5000


def main(step: str, data: Path, count: int) -> None:
    os.environ["PARAPH_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "paraph.config.settings"
    import django

    django.setup(set_prefix=False)
    print(json.dumps({"fill": fill, "publish": publish, "change": change, "hash": hash_alone}[step](data, count)))


def fill(data: Path, count: int) -> dict:
    """An authority with `count` revoked certificates, of which only the rows exist."""
    from bench import rows
    from paraph.domain.certification.lifecycle import State
    from paraph.domain.certification.models import Certificate
    from paraph.kernel import tokens
    from paraph.pki import crl

    first, now = rows.authority_and_certificate(data)
    since = (now - timedelta(hours=1)).replace(microsecond=0)
    reason = crl.Reason.CESSATION_OF_OPERATION
    for start in range(0, count, BATCH):
        copies = []
        for number in range(start, min(start + BATCH, count)):
            serial = tokens.certificate_serial()
            copies.append(rows.copy(
                first, number, serial, State.REVOKED, since, reason, crl.revoked_entry(serial, since, reason)))
        Certificate.objects.bulk_create(copies)
    # What the list is measured with, not against: active certificates to be suspended.
    Certificate.objects.bulk_create(
        rows.copy(first, f"active-{number}", tokens.certificate_serial(), State.ACTIVE, since)
        for number in range(1000))
    return {}


def publish(data: Path, count: int) -> dict:
    from bench import rows
    from paraph.domain.certification.models import Authority
    from paraph.domain.certification.publication import crl
    from paraph.kernel import clock
    from paraph.signer import client

    core = rows.signer(data)
    authority = Authority.objects.get(name="issuing")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun, processor = time.monotonic(), time.process_time()
    made = crl.publish(authority, clock.SystemClock().now(), client.bound())
    measured = {"seconds": time.monotonic() - begun, "processor": time.process_time() - processor,
                "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "started": before / 1024,
                "octets": made.octets, "entries": made.entries}
    with (data / "list.crl").open("wb") as file:
        file.writelines(crl.content(made))
    core.close()
    return measured


def change(data: Path, count: int) -> dict:
    """A hundred certificates more are suspended."""
    from paraph.domain.certification import services
    from paraph.domain.certification.models import Certificate
    from paraph.kernel import clock
    from paraph.kernel.caller import Caller

    caller = Caller.system(at=clock.SystemClock().now(), name="cli:bench")
    waiting = Certificate.objects.filter(state="active", generation__startswith="bench-active").order_by("serial")
    for certificate in waiting[:100]:
        services.suspend(generation=certificate.generation, reason="lost", caller=caller)
    return {}


def hash_alone(data: Path, count: int) -> dict:
    content = (data / "list.crl").read_bytes()
    processor = time.process_time()
    hashlib.sha256(content).digest()
    return {"processor": time.process_time() - processor}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
