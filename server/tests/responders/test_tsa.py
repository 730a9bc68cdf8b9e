# SPDX-License-Identifier: Apache-2.0
import hashlib
import logging

import pytest
from asn1crypto import tsp

from paraph.domain.certification import queries as certification
from paraph.domain.timestamping import services
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.pki import der, oids
from paraph.signer import client

pytestmark = pytest.mark.both_databases

DIGEST = hashlib.sha256(b"a document").digest()
REQUEST = der.sequence(
    der.integer(1), der.sequence(der.sequence(der.object_identifier(oids.SHA256)), der.octet_string(DIGEST)),
    der.boolean(True))


@pytest.fixture
def unit(tree, system, clock):
    (certificate,) = certification.services("tsu", clock.now())
    services.renew_clock_trust(source=EvenRun(clock, lambda: 0.0), caller=system)
    return services.install_unit(
        name="tsu", key_id=certificate.key_id, certificate=bytes(certificate.der),
        chain=certification.chain(certificate), policy=oids.EXAMPLE_TIMESTAMP_POLICY, caller=system)


def failure(body):
    (status,) = der.read(body).children()
    return tsp.PKIStatusInfo.load(status.encoding)["fail_info"].native


@pytest.mark.requirement("RFC 3161 3.4")
def test_a_token_with_its_chain(unit, web, tree):
    body, status, headers = web("POST", "/pki/tsa", REQUEST)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (
        "200 OK", "application/timestamp-reply", "no-store")
    assert headers["X-Content-Type-Options"] == "nosniff"
    content = tsp.TimeStampResp.load(body)["time_stamp_token"]["content"]
    sent = {one.chosen.dump() for one in content["certificates"]}
    assert sent == {bytes(unit.certificate_der), *(bytes(authority.certificate_der) for authority in tree)}
    assert len(content["certificates"]) == 3


def test_refusals(unit, web, clock):
    assert failure(web("POST", "/pki/tsa", b"SECRET")[0]) == {"bad_request"}
    assert web("GET", "/pki/tsa")[1].startswith("405")
    assert web("POST", "/pki/tsa", b"x" * 4097)[1].startswith("413")
    assert web("POST", "/pki/tsa", b"")[1].startswith("411")
    clock.advance(hours=1)
    assert failure(web("POST", "/pki/tsa", REQUEST)[0]) == {"time_not_available"}


def test_nothing_sent_is_logged(unit, web, caplog):
    caplog.set_level(logging.DEBUG)
    web("POST", "/pki/tsa", b"SECRET")

    class Broken:
        def sign(self, **given):
            raise client.SignerUnavailable()

    client.bind(Broken())
    assert failure(web("POST", "/pki/tsa", REQUEST)[0]) == {"system_failure"}
    assert "SECRET" not in caplog.text and DIGEST.hex() not in caplog.text
