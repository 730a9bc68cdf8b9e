# SPDX-License-Identifier: Apache-2.0
import hashlib
from datetime import timedelta

import pytest
from asn1crypto import tsp
from cryptography.x509 import ExtendedKeyUsageOID as Purpose
from django.db import DatabaseError, transaction

from paraph.domain.audit import queries as audit
from paraph.domain.timestamping import queries, services
from paraph.domain.timestamping.models import Token
from paraph.kernel.errors import NotFound
from paraph.pki import der, oids
from paraph.pki.timestamps import Failure, TimestampError

pytestmark = pytest.mark.both_databases

DIGEST = hashlib.sha256(b"a document").digest()
SECOND = timedelta(seconds=1)


def ask(imprint=DIGEST, algorithm=oids.SHA256, policy="", nonce=5):
    return der.sequence(
        der.integer(1), der.sequence(der.sequence(der.object_identifier(algorithm)), der.octet_string(imprint)),
        der.object_identifier(policy) if policy else b"", der.integer(nonce), der.boolean(True))


@pytest.fixture
def stamp(clock, signer):
    def stamp(request=None):
        return services.stamp(request_der=request or ask(), clock=clock, signer=signer)
    return stamp


def information(response):
    loaded = tsp.TimeStampResp.load(response)
    assert loaded["status"]["status"].native == "granted"
    return loaded["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed


def failure(response):
    (status,) = der.read(response).children()
    return tsp.PKIStatusInfo.load(status.encoding)["fail_info"].native


def test_a_token_says_when_and_stands_in_the_log(unit, check_clock, stamp, clock):
    check_clock()
    found = information(stamp())
    serial = f"{found['serial_number'].native:x}"
    line = queries.token_by_serial(serial)
    assert found["gen_time"].native == clock.now() == line.generated_at
    assert found["policy"].dotted == oids.EXAMPLE_TIMESTAMP_POLICY
    assert found["accuracy"]["seconds"].native == 1
    assert found["nonce"].native == 5
    assert (line.unit, line.imprint) == (unit, DIGEST.hex())
    assert [event.code for event in audit.about("timestamp", serial)] == ["timestamping.token.issued"]


@pytest.mark.requirement("EN 319 421 7.12")
def test_the_log_identifies_each_token_and_its_bytes(unit, check_clock, clock, signer):
    check_clock()
    tokens = [services.stamp_imprint(imprint=DIGEST, clock=clock, signer=signer) for _ in range(3)]
    lines = Token.objects.all()
    assert {line.token_digest for line in lines} == {hashlib.sha256(token).hexdigest() for token in tokens}
    assert len({line.serial for line in lines}) == 3


def test_the_log_can_not_be_rewritten(unit, check_clock, stamp):
    check_clock()
    stamp()
    for change in (lambda: Token.objects.update(imprint="00"), lambda: Token.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Token.objects.get().imprint == DIGEST.hex()


@pytest.mark.parametrize(("request_der", "expected"), [
    (ask(b"x" * 20, oids.SHA1), {"bad_alg"}),
    (ask(policy="2.999.77"), {"unaccepted_policy"}),
    (b"nothing", {"bad_request"}),
])
def test_rejections_issue_nothing(unit, check_clock, stamp, request_der, expected):
    check_clock()
    assert failure(stamp(request_der)) == expected
    assert not Token.objects.exists()


def test_the_own_policy_may_be_asked_for(unit, check_clock, stamp):
    check_clock()
    assert information(stamp(ask(policy=oids.EXAMPLE_TIMESTAMP_POLICY)))


def test_own_imprints_are_checked_too(unit, check_clock, clock, signer):
    check_clock()
    with pytest.raises(TimestampError) as refused:
        services.stamp_imprint(imprint=b"short", clock=clock, signer=signer)
    assert refused.value.failure is Failure.BAD_DATA_FORMAT


def test_no_token_without_a_unit(db, check_clock, stamp):
    check_clock()
    assert failure(stamp()) == {"system_failure"}


@pytest.mark.requirement("EN 319 421 TIS-7.7.1-09")
def test_the_time_of_the_key_ends_before_the_certificate(unit, check_clock, stamp, clock):
    clock.set(unit.key_not_after - SECOND)
    check_clock()
    assert information(stamp())
    clock.set(unit.key_not_after)
    check_clock()
    assert unit.not_after > clock.now()
    assert failure(stamp()) == {"system_failure"}


def test_a_key_without_own_period_ends_with_the_certificate(root, key, system, check_clock, stamp, clock):
    unit = services.install_unit(
        name="unit", key_id=key.key_id, certificate=root.certify(key.public_key_der, key_life=None), chain=[],
        policy=oids.EXAMPLE_TIMESTAMP_POLICY, caller=system)
    clock.set(unit.not_after - SECOND)
    check_clock()
    assert information(stamp())
    clock.set(unit.not_after)
    check_clock()
    assert failure(stamp()) == {"system_failure"}


def test_a_withdrawn_unit_stamps_no_more(unit, check_clock, stamp, system):
    check_clock()
    services.withdraw_unit(unit_id=unit.id, caller=system)
    services.withdraw_unit(unit_id=unit.id, caller=system)
    assert failure(stamp()) == {"system_failure"}
    assert [event.code for event in audit.about("unit", unit.id)] == [
        "timestamping.unit.installed", "timestamping.unit.withdrawn"]
    with pytest.raises(NotFound):
        services.withdraw_unit(unit_id="01890000-0000-7000-8000-000000000000", caller=system)


def test_installing_twice_is_one_unit(unit, root, key, system):
    again = services.install_unit(
        name="other", key_id=key.key_id, certificate=root.certificate, chain=[], policy="2.999.1", caller=system)
    assert again == unit


@pytest.mark.parametrize("changes", [
    {"purposes": ()}, {"critical": False}, {"purposes": (Purpose.TIME_STAMPING, Purpose.CODE_SIGNING)},
])
def test_other_certificates_make_no_unit(db, root, key, system, changes):
    with pytest.raises(services.UnsuitableUnit):
        services.install_unit(name="unit", key_id=key.key_id, certificate=root.certify(key.public_key_der, **changes),
                              chain=[], policy="2.999.1", caller=system)


def test_what_is_no_certificate_makes_no_unit(db, key, system):
    with pytest.raises(services.UnsuitableUnit):
        services.install_unit(
            name="unit", key_id=key.key_id, certificate=b"\x30\x00", chain=[], policy="2.999.1", caller=system)
