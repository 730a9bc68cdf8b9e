# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

from paraph.domain.validation.services import validate
from testkit import documents


def test_what_we_sign_is_valid_at_level_lta(desk, clock):
    signed = desk.sign(documents.pdf(), desk.pki.holder(), clock.now())
    told = validate(content=signed, at=clock.now(), trust=desk.trust(clock.now()))
    [signature] = told.signatures
    assert (told.verdict, signature.code, signature.indication, signature.level) == (
        "valid", "valid", "TOTAL_PASSED", "B-LTA"), signature.findings
