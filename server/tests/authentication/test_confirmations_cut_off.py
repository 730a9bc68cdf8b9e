# SPDX-License-Identifier: Apache-2.0
"""A confirmation whose process died, or whose signer rested, between the steps: nothing signed is lost, nothing counted."""

from datetime import timedelta

import pytest

from paraph.domain.authentication import services
from paraph.domain.authentication.models import ConfirmationEvidence, Credential
from paraph.domain.authentication.services import ConfirmationBusy, ConfirmOutcome
from paraph.signer import client
from paraph.signer.errors import SignerUnavailable

CUT_OFF = timedelta(seconds=90)


class Broken:
    """The signer answers nothing, or nothing after its work, to one call."""

    def __init__(self, signer, call, *, after):
        self._signer, self._call, self._after = signer, call, after

    def __getattr__(self, name):
        real = getattr(self._signer, name)
        if name != self._call:
            return real

        def fails(**given):
            if self._after:
                real(**given)
            raise SystemExit("the process ends here")

        return fails


@pytest.fixture
def confirm(marie, here, clock):
    """`confirm(row)`: Marie types the code that her Token shows now."""
    return lambda row: services.confirm(confirmation_id=row.id, code=marie.code(clock.now()), caller=here())


@pytest.mark.parametrize(("call", "after", "kept"), [
    ("authorise_with_code", False, False), ("authorise_with_code", True, True), ("holder_sign", False, True),
    ("holder_sign", True, True)])
def test_a_crash_at_the_signer_is_found_and_nothing_signed_is_lost(
        shown, confirm, here, clock, signer, system, call, after, kept):
    row = shown()
    client.bind(Broken(signer, call, after=after))
    with pytest.raises(SystemExit):
        confirm(row)
    client.bind(signer)
    claimed = clock.now()
    assert confirm(row) is ConfirmOutcome.BUSY
    for decide in (services.cancel_confirmation, services.report_confirmation):
        with pytest.raises(ConfirmationBusy):
            decide(confirmation_id=row.id, caller=here())
    clock.set(claimed + CUT_OFF - timedelta(microseconds=1))
    assert services.settle_confirmations(caller=system.at_instant(clock.now())) == 0
    clock.set(claimed + CUT_OFF)
    assert services.settle_confirmations(caller=system.at_instant(clock.now())) == 1
    row.refresh_from_db()
    assert (row.state, row.claimed_at) == ("confirmed" if kept else "shown", None)
    assert Credential.objects.get().failures == 0
    if kept:
        assert row.decided_at == claimed, "he confirmed when he typed the code"
        assert ConfirmationEvidence.objects.get().signature
    else:
        clock.advance(seconds=30)
        assert confirm(row) is ConfirmOutcome.CONFIRMED


def test_a_code_that_was_cut_off_is_kept_even_when_the_job_comes_after_the_deadline(
        shown, confirm, clock, signer, system):
    row = shown()
    client.bind(Broken(signer, "holder_sign", after=True))
    with pytest.raises(SystemExit):
        confirm(row)
    client.bind(signer)
    clock.set(row.expires_at + timedelta(hours=5))
    assert services.lapse_confirmations(caller=system.at_instant(clock.now())) == 0, "what is at the signer does not lapse"
    services.settle_confirmations(caller=system.at_instant(clock.now()))
    row.refresh_from_db()
    assert row.state == "confirmed"


def test_a_signer_that_rests_counts_nothing_and_the_same_code_serves_afterwards(shown, confirm, signer):
    row = shown()

    class Resting:
        def __getattr__(self, name):
            raise SignerUnavailable()

    client.bind(Resting())
    with pytest.raises(SignerUnavailable):
        confirm(row)
    client.bind(signer)
    assert Credential.objects.get().failures == 0
    assert confirm(row) is ConfirmOutcome.CONFIRMED
