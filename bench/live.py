# SPDX-License-Identifier: Apache-2.0
"""Answers to nonces, signed at once by a signer in the same process, which records uses by the second.

`application` is served by `bench.ocsp`; run as a module it measures building and signing the same answers without a server.
"""

import json
import os
import sys
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "paraph.config.settings")
django.setup(set_prefix=False)

from bench import rows  # noqa: E402
from paraph.domain.certification import policy  # noqa: E402
from paraph.domain.certification.models import Certificate  # noqa: E402
from paraph.domain.certification.publication import facts, ocsp  # noqa: E402
from paraph.interfaces.responders import application as responders  # noqa: E402
from paraph.kernel import clock  # noqa: E402
from paraph.pki import ocsp as encoding  # noqa: E402
from paraph.pki.keys import SoftwareKey  # noqa: E402
from paraph.signer import client  # noqa: E402

rows.signer(Path(os.environ["PARAPH_DATA"]))
application = responders(lambda environ, start_response: [])


class KeyAlone:
    """A key in memory: no check of the signature, no record."""

    def __init__(self) -> None:
        self._key = SoftwareKey.generate("P-256")

    def sign(self, *, attempt: str, key_id: str, purpose: str, data: bytes) -> bytes:
        return self._key.sign(data)


def main(seconds: float) -> dict[str, float]:
    """Answers per second of processor time, with the signer and with a key alone."""
    certificate = Certificate.objects.select_related("authority").filter(usage="signature", state="active").first()
    authority, now = certificate.authority, clock.bound().now()
    statement = ocsp.Statement(
        authority.pk, facts.responder_of(authority.pk, now), policy.published(certificate), facts.beginning_of(authority))
    asked = encoding.CertificateId("", b"", b"", certificate.serial, facts.issuer_of(authority).certificate_id(
        encoding.HASHES[1], certificate.serial))
    found = {}
    for name, signer in (("signer", client.bound()), ("key", KeyAlone())):
        end, count, processor = time.monotonic() + seconds, 0, time.process_time()
        while time.monotonic() < end:
            ocsp.answer_from(statement, asked, os.urandom(32), now, now, signer)
            count += 1
        found[name] = count / (time.process_time() - processor)
    return found


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))
