# SPDX-License-Identifier: Apache-2.0
"""What is told of good signatures: level, time, and what they are worth."""

from datetime import timedelta

import pytest

from paraph.domain.validation.services import validate
from testkit import documents


@pytest.mark.requirement("EN 319 142-1")
def test_what_we_sign_is_valid_at_level_lta(desk, clock):
    signed = desk.sign(documents.pdf(), desk.pki.holder(), clock.now())
    told = validate(content=signed, at=clock.now(), trust=desk.trust(clock.now()))
    [signature] = told.signatures
    assert (told.verdict, signature.code, signature.indication, signature.level) == (
        "valid", "valid", "TOTAL_PASSED", "B-LTA"), signature.findings
    assert (signature.intact, signature.time_proven, signature.later_changes) == (True, True, "proofs")
    assert signature.certificate.name == "Marie Muster"
    assert [stamp.trusted for stamp in (*signature.timestamps, *told.timestamps)] == [True, True]


@pytest.mark.parametrize("later", [timedelta(hours=2), timedelta(days=400), timedelta(days=365 * 4)])
@pytest.mark.requirement("EN 319 102-1")
def test_it_stays_valid_when_its_certificate_has_expired(desk, clock, later):
    """Three years of certificate, eight of time-stamping unit: the proof in the document carries further."""
    signed = desk.sign(documents.pdf(), desk.pki.holder(), clock.now())
    told = desk.judge(signed, clock.now() + later)
    assert (told.verdict, told.signatures[0].level) == ("valid", "B-LTA"), told.signatures[0].findings
    assert told.signatures[0].signed_at == clock.now().isoformat()


def test_without_fresh_status_of_the_time_stamping_unit_nothing_is_promised(desk, clock):
    signed = desk.sign(documents.pdf(), desk.pki.holder(), clock.now())
    told = validate(content=signed, at=clock.now() + timedelta(days=30), trust=desk.trust(clock.now()))
    assert told.verdict == "undetermined"
    assert told.timestamps[0].code == "status_unknown"


def test_levels_b_and_t_made_by_another_program(desk, clock):
    holder = desk.pki.holder()
    basic = desk.judge(desk.sign_elsewhere(documents.pdf(), holder), clock.now()).signatures[0]
    assert (basic.verdict, basic.level, basic.time_proven) == ("valid", "B-B", False), basic.findings
    stamped = desk.sign_elsewhere(documents.pdf(), holder, stamped_at=clock.now())
    with_time = desk.judge(stamped, clock.now() + timedelta(hours=1)).signatures[0]
    assert (with_time.verdict, with_time.level, with_time.signed_at) == ("valid", "B-T", clock.now().isoformat())


def test_several_signatures_are_told_one_by_one(desk, clock):
    marie, paul = desk.pki.holder(), desk.pki.holder(name="Paul Muster")
    twice = desk.sign(desk.sign(documents.pdf(), marie, clock.now()), paul, clock.now())
    told = desk.judge(twice, clock.now())
    assert [(one.certificate.name, one.verdict) for one in told.signatures] == [
        ("Marie Muster", "valid"), ("Paul Muster", "valid")], told.signatures[0].findings
    assert told.signatures[0].later_changes == "forms"
    assert len(told.timestamps) == 2


@pytest.mark.requirement("R259", part="later: the case of a dispute")
def test_advanced_burdens_whoever_relies_on_it(desk, clock):
    told = desk.judge(desk.sign(documents.pdf(), desk.pki.holder(), clock.now()), clock.now()).signatures[0]
    assert (told.legal_level, told.burden, told.handwritten_equivalent) == ("advanced", "relying_party", False)


@pytest.mark.requirement("R258", part="later: the case of a dispute")
@pytest.mark.requirement("R260", part="later: the case file")
@pytest.mark.requirement("R277", part="later: trusted lists")
@pytest.mark.requirement("R070", part="later: disputes")
def test_qualified_burdens_whoever_contests_and_only_it_equals_a_handwritten_one(desk, clock):
    for profile, level, burden, handwritten in (
        ("natural-signature-qcp-n-qscd", "qualified", "contesting_party", True),
        ("natural-signature-qcp-n", "advanced_qualified_certificate", "relying_party", False),
    ):
        holder = desk.pki.holder(profile=profile)
        told = desk.judge(desk.sign(documents.pdf(), holder, clock.now()), clock.now()).signatures[0]
        assert (told.legal_level, told.burden, told.handwritten_equivalent) == (level, burden, handwritten)
        assert told.certificate.demonstration, "under the example arc it says that it is a demonstration"


def test_no_level_is_asserted_for_what_is_not_valid(desk, stranger, clock):
    told = desk.judge(stranger.sign(documents.pdf(), stranger.pki.holder(), clock.now()), clock.now()).signatures[0]
    assert (told.legal_level, told.burden) == ("", "")
