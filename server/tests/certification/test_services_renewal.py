# SPDX-License-Identifier: Apache-2.0
"""Our own services get new keys and certificates in time, and the old ones go on until their end."""

from datetime import timedelta

import pytest
from cryptography import x509 as x509_reader
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as reader

from paraph.domain.certification import authorities, publication, queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Alarm, Certificate
from paraph.domain.certification.publication import facts, ocsp
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden
from paraph.pki import x509
from testkit import certification

pytestmark = pytest.mark.both_databases

def ocsp_question(certificate):
    builder = reader.OCSPRequestBuilder().add_certificate(
        x509_reader.load_der_x509_certificate(bytes(certificate.der)),
        x509_reader.load_der_x509_certificate(bytes(certificate.authority.certificate_der)), hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def responder_in(answer):
    return reader.load_der_ocsp_response(answer).certificates[0].public_bytes(Encoding.DER)


SECOND = timedelta(seconds=1)
# A responder's certificate lives 365 days here, a time-stamping key signs 731 (2028 is a leap year).
OCSP_DAYS, TSU_DAYS = 365 * 3 / 4, 731 * 3 / 4


def renew(clock, at):
    clock.set(at)
    return authorities.renew_services(caller=Caller.system(at=at, name="job:renew-services"))


def test_a_service_is_renewed_after_three_quarters_of_its_life(tree, clock, signer):
    begin = clock.now()
    assert renew(clock, begin + timedelta(days=OCSP_DAYS) - SECOND) == 0
    assert renew(clock, begin + timedelta(days=OCSP_DAYS)) == 1
    newest, oldest = queries.services("ocsp", clock.now())
    assert newest.key_id != oldest.key_id and newest.state == oldest.state == State.ACTIVE
    assert x509.subject_and_key(bytes(newest.der))[0] == x509.subject_and_key(bytes(oldest.der))[0]
    assert queries.findings(newest) == []
    assert renew(clock, clock.now()) == 0
    publication.refresh(clock.now(), signer)


def test_a_time_stamping_unit_is_renewed_before_its_key_stops_signing(tree, clock):
    begin = clock.now()
    renew(clock, begin + timedelta(days=TSU_DAYS) - SECOND)
    assert len(queries.services("tsu", clock.now())) == 1
    renew(clock, begin + timedelta(days=TSU_DAYS))
    assert len(queries.services("tsu", clock.now())) == 2


def test_a_service_whose_certificate_has_ended_is_renewed_too(tree, clock):
    assert renew(clock, clock.now() + timedelta(days=400)) == 1
    assert len(queries.services("ocsp", clock.now())) == 1


def test_a_revoked_responder_is_replaced_at_once_and_nothing_it_signed_is_served(tree, clock, signer, system, run):
    pair = certification.active_pair(system)
    publication.refresh(clock.now(), signer)
    question = ocsp_question(pair.signature)
    before = ocsp.answer(question, clock.now(), signer)
    old = queries.newest_service("ocsp")
    assert before.stored and responder_in(before.der) == bytes(old.der)
    clock.advance(minutes=5)
    services.revoke(generation=old.generation, reason="compromised", caller=system.at_instant(clock.now()))
    # Nobody answers with the key that others may have.
    with pytest.raises(facts.NoResponder):
        ocsp.answer(question, clock.now(), signer)
    assert renew(clock, clock.now()) == 1
    new = queries.newest_service("ocsp")
    assert new.key_id != old.key_id and new.state == State.ACTIVE
    publication.publish_changes(clock.now(), signer)
    after = ocsp.answer(question, clock.now(), signer)
    assert after.stored and responder_in(after.der) == bytes(new.der)
    assert renew(clock, clock.now()) == 0
    # By command it is one step.
    clock.advance(minutes=5)
    assert run("anna", "revoke", new.serial, "--cause", "compromised", "--json")[1]["state"] == "revoked"
    assert queries.newest_service("ocsp").key_id not in (old.key_id, new.key_id)


def test_a_revoked_time_stamping_unit_is_replaced(tree, clock, system):
    old = queries.newest_service("tsu")
    clock.advance(minutes=5)
    services.revoke(generation=old.generation, reason="compromised", caller=system.at_instant(clock.now()))
    assert queries.services("tsu", clock.now()) == []
    assert renew(clock, clock.now()) == 1
    (new,) = queries.services("tsu", clock.now())
    assert new.key_id != old.key_id and renew(clock, clock.now()) == 0


def test_an_authority_that_is_over_gets_no_new_responder(tree, clock, system):
    for certificate in Certificate.objects.filter(authority=tree[1]).exclude(usage="ca"):
        services.revoke(generation=certificate.generation, reason="compromised", caller=system)
    authorities.withdraw_authority(name="issuing", caller=system)
    assert renew(clock, clock.now() + timedelta(days=365 * 9)) == 0
    # Nobody issues a certificate for the time-stamping unit any more: somebody must know.
    assert Alarm.objects.get().code == "service_not_renewed"


def test_only_operators_and_jobs_renew(tree, clock, caller):
    clock.advance(days=400)
    with pytest.raises(Forbidden):
        authorities.renew_services(caller=caller.at_instant(clock.now()))


def test_nothing_is_renewed_before_the_ceremony(db, system):
    assert authorities.renew_services(caller=system) == 0
