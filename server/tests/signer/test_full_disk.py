# SPDX-License-Identifier: Apache-2.0
"""No room on the signer's disk: nothing is signed that is not written down, and with room the same attempt goes on."""

import resource
import sqlite3
from contextlib import contextmanager

import pytest

from paraph.pki import keys
from paraph.signer.core import Signer

from .conftest import PASSPHRASE
from .content import checkpoint


@contextmanager
def no_room():
    """This process can write into no file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_signs_nothing_and_the_same_attempt_is_done_when_there_is_room(tmp_path, clock):
    signer = Signer.open(tmp_path / "signer", PASSPHRASE, clock)
    key = signer.make_key(attempt="make", purpose="audit", algorithm="P-256", label="audit")
    lines, statement = len(signer.record()), checkpoint(1, clock.now())
    with no_room():
        for _ in range(2):
            with pytest.raises(sqlite3.OperationalError):
                signer.sign(attempt="one", key_id=key.key_id, purpose="audit", data=statement)
    assert len(signer.record()) == lines
    assert keys.verifies(key.public_key_der, signer.sign(attempt="one", key_id=key.key_id, purpose="audit", data=statement),
                         statement)
    assert (len(signer.record()), signer.verify_record().holds) == (lines + 1, True)
    signer.close()


def test_no_code_is_used_up_on_a_full_disk(marie, clock):
    session, code = marie.open("sign"), marie.code(clock.now())
    for call in ("authorise_with_code", "sign_with_code"):
        with no_room(), pytest.raises(sqlite3.OperationalError):
            getattr(marie.signer, call)(attempt=call, session_id=session.session_id, device_serial=marie.serial, code=code)
    signed = marie.signer.sign_with_code(attempt="again", session_id=session.session_id, device_serial=marie.serial, code=code)
    assert signed.outcome == "accepted" and len(signed.signatures) == 1
