# SPDX-License-Identifier: Apache-2.0
"""An officer who approves with a Scan reads whom he names, as the signer has it; his code covers every octet of it."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count

import pytest

from paraph.kernel import rules
from paraph.pki.scan import Purpose, decode, image_text
from paraph.signer.client import InProcessSigner, Outcome, SignerRefusal, name_statement
from testkit.simulators import scan as simulated

from .conftest import SEEDS, Holder
from .content import person
from .scanning import ScanHolder, new_scan
from .test_names import refused

MARIE, JEAN = person(), person("00100978855105608537", "Weber")
TICK = timedelta(microseconds=1)


@dataclass
class Officer:
    """Claire at the desk, with a Scan that was activated in her first login and trusted on the signer's host."""

    signer: InProcessSigner
    scan: ScanHolder
    numbers: count = field(default_factory=count)

    def attempt(self):
        return f"claire-by-scan-{next(self.numbers)}"

    def session(self, holder="marie", subject=MARIE, same_as=None, *, covered=None):
        covered = covered or name_statement(holder, subject.encode(), same_as)
        return self.signer.open_session(attempt=self.attempt(), kind="grant", holder="claire", key_id=None,
                                        hashes=[covered.digest], labels=[covered.label], device_serial="S-CLAIRE")

    def shown(self, session, holder="marie", subject=MARIE, same_as=None):
        return self.signer.scan_name(attempt=self.attempt(), session_id=session.session_id, holder=holder,
                                     subject=subject.encode(), same_as=same_as)

    def look(self, challenge):
        return simulated.look(self.scan.scan, image_text(challenge.payload))

    def answer(self, session, code):
        return self.signer.authorise_with_answer(attempt=self.attempt(), session_id=session.session_id,
                                                 device_serial="S-CLAIRE", answer=code)

    def approve(self, session, holder="marie", subject=MARIE, same_as=None):
        self.signer.approve_name(attempt=self.attempt(), session_id=session.session_id, holder=holder,
                                 subject=subject.encode(), same_as=same_as)

    def names(self, holder="marie", subject=MARIE, same_as=None):
        session = self.session(holder, subject, same_as)
        assert self.answer(session, self.look(self.shown(session, holder, subject, same_as)).code) is Outcome.ACCEPTED
        self.approve(session, holder, subject, same_as)


@pytest.fixture
def stocked(service):
    for serial, seed in SEEDS.items():
        service.core.import_token(attempt=f"import-{serial}", serial=serial, seed=seed)
    return service


@pytest.fixture
def claire(stocked):
    signer = InProcessSigner(stocked.core)
    scan = ScanHolder(signer, "claire", "S-CLAIRE", scan=new_scan(signer, "S-CLAIRE"))
    # Nobody named her: with her first device she joins without anybody's leave.
    assert scan.both_images(scan.open("join", key_id=None, hashes=[])) is Outcome.ACCEPTED
    stocked.core.trust_registrar(attempt="trust", holder="claire", device_serial="S-CLAIRE")
    return Officer(signer, scan)


@pytest.fixture
def scan_only(monkeypatch):
    monkeypatch.setattr(rules, "_rules", replace(rules.current(), names_by_scan_only=True))


def test_the_officers_scan_shows_the_name_and_its_code_is_recorded_as_bound_to_the_device(stocked, claire):
    session = claire.session()
    screen = claire.look(claire.shown(session))
    assert screen.lines("fr")[0] == "Enregistrer une personne"
    assert [label for label, _ in screen.documents] == ["Marie Thiry, 00100978855105608536"]
    statement = decode(claire.signer.scan_statement(session.session_id))
    assert (statement.purpose, statement.partner, statement.text) == (Purpose.NAME, "", "")  # no word of the web tier
    assert statement.documents[0].digest == name_statement("marie", MARIE.encode(), None).digest
    with refused("not_authorised"):
        claire.approve(session)
    assert claire.answer(session, screen.code) is Outcome.ACCEPTED
    claire.approve(session)
    entries = {entry.event: entry.facts for entry in stocked.core.record()}
    assert entries["code.accepted"]["evidence"] == "device-bound"
    assert (entries["name.approved"]["by"], entries["name.approved"]["device"]) == ("claire", "S-CLAIRE")
    with refused("session_used"):
        claire.approve(session)


def test_who_was_the_same_person_before_is_shown_too(claire):
    claire.names("jean", JEAN)
    session = claire.session(same_as="jean")
    screen = claire.look(claire.shown(session, same_as="jean"))
    assert [label for label, _ in screen.documents] == [
        "Marie Thiry, 00100978855105608536", "= Marie Weber, 00100978855105608537"]
    with refused("wrong_purpose"):
        claire.shown(session)
    assert claire.answer(session, screen.code) is Outcome.ACCEPTED
    claire.approve(session, same_as="jean")


def test_one_changed_octet_is_another_name(claire):
    """Stolen pages ask for an image of one name and would have another one approved."""
    session = claire.session()
    other = MARIE.encode().replace(b"Thiry", b"Thiri")
    assert len(other) == len(MARIE.encode()) and other != MARIE.encode()
    for call in (claire.signer.scan_name, claire.signer.approve_name):
        with refused("wrong_purpose"):
            call(attempt=claire.attempt(), session_id=session.session_id, holder="marie", subject=other)
    assert claire.answer(session, claire.look(claire.shown(session)).code) is Outcome.ACCEPTED
    for changes in ({"subject": JEAN}, {"holder": "thief"}, {"same_as": "jean"}):
        with refused("wrong_purpose"):
            claire.approve(session, **changes)


def test_a_true_label_over_a_false_digest_is_shown_by_no_image(claire):
    true, false = name_statement("marie", MARIE.encode(), None), name_statement("thief", JEAN.encode(), None)
    session = claire.session(covered=replace(true, digest=false.digest))
    for holder, subject in (("marie", MARIE), ("thief", JEAN)):
        with refused("wrong_purpose"):
            claire.shown(session, holder, subject)


def test_the_code_of_another_image_opens_nothing(claire):
    first, second = claire.session(), claire.session("jean", JEAN)
    codes = [claire.look(claire.shown(first)).code, claire.look(claire.shown(second, "jean", JEAN)).code]
    assert claire.answer(first, codes[1]) is Outcome.WRONG
    assert claire.answer(second, codes[0]) is Outcome.WRONG
    again = claire.look(claire.shown(first)).code
    assert again != codes[0] and claire.answer(first, codes[0]) is Outcome.WRONG  # a later image takes its place
    assert claire.answer(first, again) is Outcome.ACCEPTED


@pytest.mark.parametrize(("after", "outcome"), [(timedelta(seconds=180), Outcome.ACCEPTED),
                                                (timedelta(seconds=180) + TICK, Outcome.EXPIRED_SESSION)])
def test_an_image_is_good_for_three_minutes(claire, clock, after, outcome):
    session = claire.session()
    code = claire.look(claire.shown(session)).code
    clock.advance(seconds=after.total_seconds())
    assert claire.answer(session, code) is outcome


def test_a_name_shown_in_other_words_is_not_approved(claire):
    """The same session, shown as if a device were to be let in, with words of the web tier's around the name."""
    session = claire.session()
    challenge = claire.signer.scan_challenge(attempt="words", session_id=session.session_id, device_serial="S-CLAIRE",
                                             partner="Paraph", text="Ne lisez pas la suite")
    assert claire.answer(session, claire.look(challenge).code) is Outcome.ACCEPTED
    with refused("not_shown"):
        claire.approve(session)


def test_nobody_is_shown_an_image_whose_answer_would_name_nobody(stocked, claire):
    stocked.core.dismiss_registrar(attempt="dismiss", holder="claire")
    with refused("not_a_registrar"):
        claire.shown(claire.session())
    own = name_statement("claire", MARIE.encode(), None)
    with refused("not_a_registrar"):
        claire.shown(claire.session(covered=own), holder="claire")


def test_the_operator_may_take_names_of_scans_alone(stocked, claire, clock, scan_only):
    core = stocked.core
    core.trust_registrar(attempt="paul", holder="paul", device_serial="T-STOCK")
    paul = Holder(claire.signer, "paul", "T-STOCK")
    covered = name_statement("marie", MARIE.encode(), None)
    session = claire.signer.open_session(attempt="t", kind="grant", holder="paul", key_id=None, hashes=[covered.digest],
                                         labels=[covered.label], device_serial="T-STOCK")
    assert paul.authorise(session, paul.code(clock.now())) is Outcome.ACCEPTED
    with refused("needs_scan"):
        claire.signer.approve_name(attempt="u", session_id=session.session_id, holder="marie", subject=MARIE.encode())
    claire.names()


def test_without_that_rule_a_token_does_as_before(stocked, claire, clock):
    stocked.core.trust_registrar(attempt="paul", holder="paul", device_serial="T-STOCK")
    paul = Holder(claire.signer, "paul", "T-STOCK")
    covered = name_statement("marie", MARIE.encode(), None)
    session = claire.signer.open_session(attempt="t", kind="grant", holder="paul", key_id=None, hashes=[covered.digest],
                                         labels=[covered.label], device_serial="T-STOCK")
    assert paul.authorise(session, paul.code(clock.now())) is Outcome.ACCEPTED
    claire.signer.approve_name(attempt="u", session_id=session.session_id, holder="marie", subject=MARIE.encode())


def test_a_scan_beside_her_token_is_brought_in_on_the_host_and_by_nobody_else(stocked, clock):
    core, signer = stocked.core, InProcessSigner(stocked.core)
    paul = Holder(signer, "paul", "T-STOCK")
    assert paul.authorise(paul.open("login", key_id=None), paul.code(clock.now())) is Outcome.ACCEPTED
    scan = ScanHolder(signer, "paul", "S-PAUL", scan=new_scan(signer, "S-PAUL"), numbers=paul.numbers)
    for kind in ("join", "login"):
        with refused("device_not_bound"):
            scan.open(kind, key_id=None, hashes=[])
    core.trust_registrar(attempt="beside", holder="paul", device_serial="S-PAUL")
    assert core.device("S-PAUL").holder == "paul" and not core.device("S-PAUL").ready
    assert scan.both_images(scan.open("join", key_id=None, hashes=[])) is Outcome.ACCEPTED
    assert core.device("S-PAUL").ready
    new_scan(signer, "S-OTHER")
    with refused("holder_has_one"):
        core.trust_registrar(attempt="two", holder="paul", device_serial="S-OTHER")
    # A holder with keys, or whom somebody named, gets no device by it.
    core.admit_name(attempt="named", holder="anna", subject=MARIE.encode())
    core.import_token(attempt="import-anna", serial="T-ANNA", seed=b"anna's seed, 20 byte")
    signer.retire_device(attempt="gone", device_serial="S-PAUL")
    anna = Holder(signer, "anna", "T-MARIE")
    session = signer.open_session(attempt="anna", kind="activate", holder="anna", key_id=None, hashes=[], labels=[],
                                  device_serial="T-MARIE")
    assert anna.authorise(session, anna.code(clock.now())) is Outcome.ACCEPTED
    with refused("device_not_bound"):
        core.trust_registrar(attempt="anna-2", holder="anna", device_serial="S-OTHER")


def test_a_scan_of_anothers_is_not_taken(stocked, claire):
    with pytest.raises(SignerRefusal, match="device_not_bound"):
        stocked.core.trust_registrar(attempt="taken", holder="thief", device_serial="S-CLAIRE")
