# SPDX-License-Identifier: Apache-2.0
"""Whatever bytes come, an answer goes back, and none says "intact" of signed bytes that were changed."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paraph.domain.validation import services
from paraph.domain.validation.report import Report
from paraph.kernel.confinement import ChildFailed
from testkit import documents
from testkit.signing_desk import Desk

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def sample():
    desk = Desk(AT)
    return desk, desk.sign(documents.pdf(), desk.pki.holder(), AT)


def ranges(content):
    """The byte range of the first signature: (before the gap, behind the gap, end)."""
    start = content.index(b"/ByteRange [")
    _, first, second, rest = (int(part) for part in content[start + 12 : content.index(b"]", start)].split())
    return first, second, second + rest


@given(changes=st.lists(st.tuples(st.integers(0, 2**24), st.integers(1, 255)), min_size=1, max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_random_changes_never_crash_and_never_pass(sample, changes):
    desk, signed = sample
    first, second, end = ranges(signed)
    changed = bytearray(signed)
    for place, bits in changes:
        changed[place % len(signed)] ^= bits
    told = desk.judge(bytes(changed), AT)
    assert Report.from_dict(told.as_dict()) == told
    touched = bytes(changed[:first]) != signed[:first] or bytes(changed[second:end]) != signed[second:end]
    if touched:
        assert not any(one.verdict == "valid" for one in told.signatures if one.certificate)
        assert not any(one.intact for one in told.signatures)


@given(cut=st.integers(0, 40000), extra=st.binary(max_size=200))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_truncation_and_appending_are_survived(sample, cut, extra):
    desk, signed = sample
    told = desk.judge(signed[: max(0, len(signed) - cut)] + extra, AT)
    assert told.code in ("signed", "damaged", "no_signature", "encrypted")


@given(content=st.binary(max_size=500))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_behind_a_pdf_header_get_an_answer(sample, content):
    desk, _ = sample
    assert desk.judge(b"%PDF-1.7\n" + content, AT).verdict == "undetermined"


def test_a_child_that_dies_becomes_an_answer(sample, monkeypatch):
    desk, signed = sample

    def dies(*given):
        raise ChildFailed("killed")

    monkeypatch.setattr(services.confinement, "run", dies)
    told = services.validate(content=signed, at=AT, trust=desk.trust(AT))
    assert (told.code, told.verdict) == ("too_costly", "undetermined")
