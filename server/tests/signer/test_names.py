# SPDX-License-Identifier: Apache-2.0
"""Who a new holder is, is said by somebody's trusted device and not by the service: nobody activates, and nothing is
certified, under another name."""

import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import pytest

from paraph.pki import otp, x509
from paraph.pki.scan import decode
from paraph.signer.client import InProcessSigner, Outcome, SignerRefusal, name_statement

from .conftest import SEEDS, Holder, activate, named
from .content import person
from .scanning import scan_holder

MARIE, JEAN = person(), person("00100978855105608537", "Weber")


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


@dataclass
class Officer:
    """Claire at the desk, with an event-based Token."""

    signer: InProcessSigner
    presses: int = 0
    attempts: int = 0

    def attempt(self) -> str:
        self.attempts += 1
        return f"claire-{self.attempts}"

    def session(self, holder, subject, same_as=None, *, kind="grant", statement=None, by="claire", code=None):
        covered = statement or name_statement(holder, subject.encode(), same_as)
        session = self.signer.open_session(
            attempt=self.attempt(), kind=kind, holder=by, key_id=None, hashes=[covered.digest], labels=[covered.label],
            device_serial="T-CLAIRE").session_id
        if code is None:
            code, self.presses = otp.hotp(b"claire's seed, 20 by", self.presses, 6), self.presses + 1
        outcome = self.signer.authorise_with_code(attempt=self.attempt(), session_id=session, device_serial="T-CLAIRE",
                                                  code=code)
        return session, outcome

    def approve(self, holder, subject, same_as=None, **given):
        session, _ = self.session(holder, subject, same_as, **given)
        self.signer.approve_name(attempt=self.attempt(), session_id=session, holder=holder, subject=subject.encode(),
                                 same_as=same_as)
        return session


@pytest.fixture
def stocked(service):
    """The same service with Tokens of holders and one of staff."""
    for serial, seed in SEEDS.items():
        service.core.import_token(attempt=f"import-{serial}", serial=serial, seed=seed)
    service.core.import_token(attempt="import-claire", serial="T-CLAIRE", seed=b"claire's seed, 20 by", method="hotp")
    return service


@pytest.fixture
def claire(stocked):
    stocked.core.trust_registrar(attempt="trust", holder="claire", device_serial="T-CLAIRE")
    return Officer(InProcessSigner(stocked.core))


@dataclass
class Plain(Holder):
    """A holder for whom nobody speaks by himself."""

    def open(self, kind, **given):
        return self.signer.open_session(attempt=self.attempt(), kind=kind, holder=self.name, key_id=None, hashes=[],
                                        labels=[], device_serial=self.serial, **given)


def certify(service, key, of, serial):
    return service.sign(service.issuing.info, x509.to_be_signed(service.holder_instruction(key, of=of, serial=serial)))


def test_an_approved_holder_activates_and_is_certified_under_that_name_alone(stocked, claire, clock):
    marie = Plain(claire.signer, "marie", "T-MARIE")
    with refused("not_approved"):
        marie.open("activate")
    claire.approve("marie", MARIE)
    session = marie.open("activate")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    keys = marie.make_keys(session)
    with refused("wrong_name"):
        certify(stocked, keys.signature, person(family_names="Rothschild"), 1)
    certify(stocked, keys.signature, MARIE, 2)
    certify(stocked, keys.authentication, MARIE, 3)
    [line] = [entry.facts for entry in stocked.core.record() if entry.event == "name.approved"]
    assert (line["holder"], line["by"], line["device"]) == ("marie", "claire", "T-CLAIRE")
    assert stocked.core.verify_record().holds


def test_a_stolen_web_tier_with_a_device_of_its_own_names_nobody(stocked, claire, clock):
    thief = Plain(claire.signer, "thief", "T-STOCK")
    own = person("00100978855105608539", "Rothschild")
    statement = name_statement("thief", own.encode(), None)
    # His own device is not trusted, whether it is free or serves him already.
    session = claire.signer.open_session(attempt="g", kind="login", holder="accomplice", key_id=None, hashes=[], labels=[],
                                         device_serial="T-STOCK")
    accomplice = Holder(claire.signer, "accomplice", "T-STOCK")
    assert accomplice.authorise(session, accomplice.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(minutes=1)
    grant = claire.signer.open_session(attempt="g2", kind="grant", holder="accomplice", key_id=None,
                                       hashes=[statement.digest], labels=[statement.label], device_serial="T-STOCK")
    assert accomplice.authorise(grant, accomplice.code(clock.now())) is Outcome.ACCEPTED
    given = {"holder": "thief", "subject": own.encode()}
    with refused("not_a_registrar"):
        claire.signer.approve_name(attempt="a", session_id=grant.session_id, **given)
    # Hers is not asked: a wrong code opens nothing.
    session, outcome = claire.session("thief", own, code="000000")
    assert outcome is Outcome.WRONG
    with refused("not_authorised"):
        claire.signer.approve_name(attempt="b", session_id=session, **given)
    with refused("not_approved"):
        thief.open("activate")


def test_her_code_covers_this_holder_this_name_and_this_person(stocked, claire):
    session, outcome = claire.session("marie", MARIE)
    assert outcome is Outcome.ACCEPTED
    for changes in ({"holder": "thief"}, {"subject": JEAN.encode()}, {"same_as": "jean"}):
        with refused("wrong_purpose"):
            claire.signer.approve_name(attempt=claire.attempt(), session_id=session,
                                       **{"holder": "marie", "subject": MARIE.encode(), **changes})
    claire.signer.approve_name(attempt="once", session_id=session, holder="marie", subject=MARIE.encode())
    claire.signer.approve_name(attempt="once", session_id=session, holder="marie", subject=MARIE.encode())
    with refused("session_used"):
        claire.signer.approve_name(attempt="twice", session_id=session, holder="marie", subject=MARIE.encode())


def test_a_session_of_another_kind_names_nobody_and_nobody_names_himself(stocked, claire):
    login, outcome = claire.session("marie", MARIE, kind="login")
    assert outcome is Outcome.ACCEPTED
    with refused("wrong_purpose"):
        claire.signer.approve_name(attempt="x", session_id=login, holder="marie", subject=MARIE.encode())
    own, _ = claire.session("claire", MARIE)
    with refused("not_a_registrar"):
        claire.signer.approve_name(attempt="y", session_id=own, holder="claire", subject=MARIE.encode())


@pytest.mark.parametrize(("after", "code"), [(timedelta(seconds=180), None),
                                             (timedelta(seconds=180, microseconds=1), "expired_session")])
def test_her_code_is_good_for_three_minutes(stocked, claire, clock, after, code):
    session, _ = claire.session("marie", MARIE)
    clock.advance(seconds=after.total_seconds())
    given = {"attempt": "late", "session_id": session, "holder": "marie", "subject": MARIE.encode()}
    if code:
        with refused(code):
            claire.signer.approve_name(**given)
    else:
        claire.signer.approve_name(**given)


def test_what_is_no_name_of_ours_is_refused(claire):
    session, _ = claire.session("marie", MARIE)
    for subject in (b"name", b"\x30\x00", MARIE.encode()[:-1]):
        with refused("wrong_content"):
            claire.signer.approve_name(attempt=claire.attempt(), session_id=session, holder="marie", subject=subject)
    for subject in (b"", bytes(8193), "name"):
        with refused("bad_argument"):
            claire.signer.approve_name(attempt=claire.attempt(), session_id=session, holder="marie", subject=subject)


def test_a_dismissed_officer_names_nobody(stocked, claire):
    claire.approve("marie", MARIE)
    stocked.core.dismiss_registrar(attempt="dismiss", holder="claire")
    with refused("not_a_registrar"):
        claire.approve("jean", JEAN)


def test_trust_brings_a_free_device_and_a_free_person_together_and_takes_nobody_elses(stocked, claire, clock):
    assert stocked.core.device("T-CLAIRE").holder == "claire"
    activate(stocked.core, "marie", "T-MARIE", clock)
    with refused("device_not_bound"):
        stocked.core.trust_registrar(attempt="t1", holder="thief", device_serial="T-MARIE")
    with refused("device_not_bound"):
        stocked.core.trust_registrar(attempt="t2", holder="marie", device_serial="T-JEAN")
    with refused("unknown_device"):
        stocked.core.trust_registrar(attempt="t3", holder="thief", device_serial="T-NONE")
    # Staff that has logged in already is trusted with the device that is hers.
    stocked.core.trust_registrar(attempt="t4", holder="marie", device_serial="T-MARIE")


def test_a_name_that_was_approved_anew_ends_the_activation_that_showed_the_other(stocked, claire, clock):
    claire.approve("marie", MARIE)
    marie = Plain(claire.signer, "marie", "T-MARIE")
    session = marie.open("activate")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=1)
    other = person(family_names="Weber")
    claire.approve("marie", other)
    with refused("not_approved"):
        marie.make_keys(session)
    clock.advance(minutes=1)
    again = marie.open("activate")
    assert marie.authorise(again, marie.code(clock.now())) is Outcome.ACCEPTED
    keys = marie.make_keys(again)
    # And once keys are made under a name, it stays until they are certified.
    with refused("activation_under_way"):
        claire.approve("marie", MARIE)
    for serial, key in enumerate((keys.authentication, keys.signature)):
        certify(stocked, key, other, 10 + serial)
    claire.approve("marie", MARIE)
    with refused("wrong_name"):
        certify(stocked, keys.signature, other, 20)
    certify(stocked, keys.signature, MARIE, 21)


def test_her_own_scan_shows_whom_the_certificates_will_name(signer):
    anna = scan_holder(signer, "anna", "S-ANNA")
    subject = named(signer, "anna", person("00100978855105601234", "Schmit"))
    session = signer.open_session(attempt="open", kind="activate", holder="anna", key_id=None, hashes=[], labels=[],
                                  device_serial="S-ANNA")
    assert anna.device_code(session, anna.look(anna.opening(session))) is Outcome.ACCEPTED
    shown = anna.challenge(session, "Activer ce Scan")
    [document] = decode(signer.scan_statement(session.session_id)).documents
    assert document.label == "Marie Schmit, 00100978855105601234"
    assert document.digest == name_digest(subject)
    assert anna.answer(session, anna.look(shown)) is Outcome.ACCEPTED


def name_digest(subject):
    return sha256(subject).digest()


def test_names_stand_nowhere_in_clear(stocked, claire, tmp_path):
    claire.approve("marie", person(family_names="Rothschild"))
    content = b"".join(path.read_bytes() for path in (tmp_path / "service").iterdir())
    assert b"T-CLAIRE" in content  # the search can find things
    assert b"Rothschild" not in content


def test_a_holder_of_an_earlier_release_keeps_the_name_of_his_next_certificate(stocked, clock, tmp_path):
    keys = activate(stocked.core, "marie", "T-MARIE", clock).keys
    with sqlite3.connect(tmp_path / "service" / "signer.sqlite3") as connection:
        connection.execute("UPDATE approved_names SET subject = NULL")
    certify(stocked, keys.signature, MARIE, 1)
    with refused("wrong_name"):
        certify(stocked, keys.authentication, person(family_names="Weber"), 2)
    certify(stocked, keys.authentication, MARIE, 3)
