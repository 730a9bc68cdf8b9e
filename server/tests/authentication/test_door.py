# SPDX-License-Identifier: Apache-2.0
from hashlib import sha256

from paraph.domain.authentication import services
from paraph.domain.authentication.models import LoginEvidence
from paraph.pki.keys import verifies

from testkit import holders


def test_a_right_password_and_code_open_a_session_with_evidence(marie, caller, clock):
    caller = caller.at_instant(clock.now())
    first = services.check_first_step(user_id=marie.user_id, password=holders.PASSWORD, device="token", caller=caller)
    second = services.check_code(transaction_id=first.transaction_id, code=marie.code(clock.now()), caller=caller)
    assert second.outcome == "accepted"
    evidence = LoginEvidence.objects.get(session_id=second.session_id)
    assert sha256(evidence.statement)
    assert verifies
