# SPDX-License-Identifier: Apache-2.0
"""Our own services get new keys and certificates in time, and the old ones go on until their end."""

from datetime import timedelta

import pytest

from paraph.domain.certification import authorities, publication, queries
from paraph.domain.certification.lifecycle import State
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden
from paraph.pki import x509

pytestmark = pytest.mark.both_databases
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


def test_only_operators_and_jobs_renew(tree, clock, caller):
    clock.advance(days=400)
    with pytest.raises(Forbidden):
        authorities.renew_services(caller=caller.at_instant(clock.now()))


def test_nothing_is_renewed_before_the_ceremony(db, system):
    assert authorities.renew_services(caller=system) == 0
