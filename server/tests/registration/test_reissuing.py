# SPDX-License-Identifier: Apache-2.0
"""The same holder, keys and device, other certificates: agreed on by two operators, in use at one instant."""

from dataclasses import replace
from datetime import timedelta

import pytest

from paraph.domain.certification import policy, publication
from paraph.domain.certification import queries as certificates
from paraph.domain.certification import services as certification_services
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.devices import queries as devices
from paraph.domain.notifications.models import Message
from paraph.domain.registration import services
from paraph.interfaces import deeds
from paraph.kernel.errors import NotAllowed
from paraph.pki import x509
from testkit import certification
from testkit.tree import DISCLOSURES

QUALIFIED = {"signature": "natural-signature-qcp-n-qscd"}


@pytest.fixture
def holder(prepared, caller):
    """Somebody who has activated: her identity's id."""
    Authority.objects.update(disclosures=[list(pair) for pair in DISCLOSURES])
    return str(prepared.activate(caller).identity_id)


@pytest.fixture
def agree(caller, holder):
    """Anna asks for a replacement and Ben allows it; gives the approval."""

    def agree(profiles=None, device=""):
        asked = services.ask_reissue(identity_id=holder, profiles=profiles or {}, device=device, reason="Campaign",
                                     caller=certification.operator(caller, "anna"))
        ben = certification.operator(caller, "ben")
        return certification_services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)

    return agree


@pytest.mark.requirement("R267", part="here: the upgrade itself; the campaign's pages later")
@pytest.mark.requirement("R178", part="here: by operators; the holder's own renewal later")
@pytest.mark.requirement("R174", part="here: SSN and key; the login in its own app")
def test_advanced_becomes_qualified_at_an_instant_with_the_same_device_and_key(
    holder, agree, caller, clock, signer
):
    before = certificates.active_pair(holder, caller.at)
    serials = [device.serial for device in devices.active_for(holder, caller.at)]
    approval = agree(QUALIFIED, certification.declare_device(caller))
    clock.advance(minutes=10)
    anna = certification.operator(caller.at_instant(clock.now()), "anna")
    succession = deeds.perform(approval.id, anna)
    after = certificates.active_pair(holder, clock.now())
    assert (succession.kind, after.signature.level, after.authentication.profile) == (
        "modification", "qcp-n-qscd", before.authentication.profile)
    for usage in ("authentication", "signature"):
        old, new = getattr(before, usage), getattr(after, usage)
        assert x509.subject_and_key(bytes(old.der)) == x509.subject_and_key(bytes(new.der))
        assert (new.key_id, new.identification, old.serial == new.serial) == (old.key_id, "desk", False)
        # The old one ended at the instant at which the new one began to be used, and the times are kept.
        assert certificates.status_at(old.serial, clock.now()).state == "revoked"
        (change,) = certification_services.instants(old)
        assert change["received_at"] == change["decided_at"] == clock.now()
    assert [device.serial for device in devices.active_for(holder, clock.now())] == serials
    assert certificates.level_at(holder, clock.now() - timedelta(seconds=1)) == policy.ADVANCED
    assert certificates.level_at(holder, clock.now()) == policy.QUALIFIED
    assert Message.objects.filter(template="reissued").count() == 1
    # Asked again, as after a crash, it is the same.
    assert services.reissue(approval_id=approval.id, caller=anna) == succession
    publication.refresh(clock.now(), signer)


@pytest.mark.requirement("EN 319 411-1 6.3.6")
def test_a_renewal_keeps_profiles_and_keys(holder, agree, caller):
    assert deeds.perform(agree().id, certification.operator(caller, "anna")).kind == "renewal"


def test_neither_one_alone_nor_the_holder(holder, caller):
    anna = certification.operator(caller, "anna")
    asked = services.ask_reissue(identity_id=holder, profiles={}, reason="x", caller=anna)
    with pytest.raises(certification_services.SameEyes):
        certification_services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=anna)
    with pytest.raises(certification_services.SameEyes):
        services.ask_reissue(identity_id=holder, profiles={}, reason="x", caller=replace(anna, person=asked.subject))
    with pytest.raises(certification_services.NotApproved):
        services.reissue(approval_id=asked.id, caller=anna)


def test_what_can_not_be_issued_is_refused_when_it_is_asked(holder, caller):
    anna = certification.operator(caller, "anna")
    with pytest.raises(policy.DeviceNotDeclared):
        services.ask_reissue(identity_id=holder, profiles=QUALIFIED, reason="x", caller=anna)


@pytest.mark.parametrize("move", ["suspend", "revoke"])
def test_who_suspended_or_revoked_in_the_meantime_keeps_what_he_chose(holder, agree, caller, clock, move):
    approval = agree()
    clock.advance(minutes=5)
    later = caller.at_instant(clock.now())
    operator = certification.operator(later, "anna")
    # As the holder does in My space, and as the service does for him.
    getattr(services, move)(identity_id=holder, reason="lost", caller=replace(operator, person=""))
    states = sorted(row.state for row in certificates.for_subject(holder))
    with pytest.raises((services.NoCertificateToReplace, NotAllowed)):
        deeds.perform(approval.id, operator)
    made = Certificate.objects.filter(subject_id=holder, not_before=later.at)
    assert [row.state for row in made] == ["revoked", "revoked"]
    assert sorted(row.state for row in certificates.for_subject(holder) if row not in list(made)) == states
    with pytest.raises(services.NoCertificateToReplace):
        services.ask_reissue(identity_id=holder, profiles={}, reason="x", caller=operator)


@pytest.mark.requirement("EN 319 411-1 REV-6.2.4-03A")
def test_a_request_by_letter_counts_from_its_arrival(holder, caller, clock):
    clock.advance(hours=5)
    later = caller.system(at=clock.now(), name="cli:test")
    with pytest.raises(policy.WrongInstant):
        services.revoke(identity_id=holder, reason="holder_request", caller=later,
                        received_at=clock.now() + timedelta(seconds=1))
    services.revoke(identity_id=holder, reason="holder_request", caller=later,
                    received_at=clock.now() - timedelta(hours=4))
    for row in certificates.for_subject(holder):
        (change,) = certification_services.instants(row)
        assert change["decided_at"] - change["received_at"] == timedelta(hours=4)
