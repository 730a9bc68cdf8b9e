# SPDX-License-Identifier: Apache-2.0
"""What a thief gets: of the database without its passphrase, nothing; of the web tier without a code, no signature."""

import sqlite3
from base64 import b32encode, b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from paraph.kernel.clock import ScriptedClock
from paraph.pki.keys import SoftwareKey
from paraph.signer.client import InProcessSigner, Outcome, SignerRefusal, grant_statement
from paraph.signer.core import Signer
from paraph.signer.errors import WrongKeyStore
from paraph.signer.stores import StoreUnavailable

from .conftest import SEEDS, TYPES, Holder, activate, statement
from .scanning import activated, scan_holder

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def generated(monkeypatch):
    """The private keys that were made, as a test may know and a thief must not."""
    made = []
    generate = SoftwareKey.generate

    def remember(algorithm):
        made.append(generate(algorithm))
        return made[-1]

    monkeypatch.setattr(SoftwareKey, "generate", remember)
    return made


def forms(secret):
    """The ways in which some bytes usually stand in a file."""
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), b64encode(secret).rstrip(b"="),
            b32encode(secret).rstrip(b"=")]


@pytest.mark.requirement("R293", part="later: passwords and personal columns are other apps' tests")
def test_the_files_without_the_passphrase_hold_no_seed_no_key_no_code_no_file_name(
    generated, signer, stocked, clock, tmp_path
):
    signer.make_key(attempt="ca", purpose="issuing", algorithm="P-256", label="CA")
    marie = activate(signer, "marie", "T-MARIE", clock)
    code = marie.code(clock.now())
    session = marie.open("sign", labels=["Divorce de Marie.pdf"])
    assert marie.authorise(session, code) is Outcome.ACCEPTED
    [signature] = marie.sign(session)
    assert len(generated) == 4  # the first one tells, at each start, whether the store still opens holders' keys
    secrets = [*SEEDS.values(), b"Divorce", code.encode(), b"test passphrase"]
    for key in generated:
        number = key.private_key.private_numbers().private_value.to_bytes(32, "big")
        secrets += [number, key.private_key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())]
    files = {path.name: path.read_bytes() for path in (tmp_path / "signer").iterdir()}
    assert {"signer.sqlite3", "software-store.json"} <= set(files)
    content = b"".join(files.values())
    # The search itself can find things: what is public stands there.
    assert marie.keys.signature.public_key_der in content and b64encode(signature) in content
    for secret in secrets:
        for form in forms(secret):
            assert form not in content


@pytest.mark.requirement("R293", part="later: passwords and personal columns are other apps' tests")
def test_the_files_without_the_passphrase_hold_no_key_text_or_code_of_a_scan(signer, tmp_path):
    anna = scan_holder(signer, "anna", "S-ANNA")
    session = anna.open("activate")
    ten = anna.look(anna.opening(session))
    pending = [anna.scan.opening]
    assert anna.device_code(session, ten) is Outcome.ACCEPTED
    eight = anna.look(anna.challenge(session, "Activer"))
    assert anna.answer(session, eight) is Outcome.ACCEPTED
    anna.make_keys(session)
    use = anna.open("sign", labels=["Divorce.pdf"])
    code = anna.look(anna.challenge(use, "Payer la rançon"))
    assert anna.answer(use, code) is Outcome.ACCEPTED
    content = b"".join(path.read_bytes() for path in (tmp_path / "signer").iterdir())
    assert b"S-ANNA" in content  # the search can find things
    secrets = [bytes.fromhex(key) for key in (*pending, anna.scan.factory, anna.scan.keys[:64], anna.scan.keys[64:])]
    secrets += [text.encode() for text in ("Payer la ran", "Divorce", "Activer", "Banque de d", ten, eight, code)]
    for secret in secrets:
        for form in forms(secret):
            assert form not in content


def test_keys_of_one_scan_do_not_open_as_those_of_another(signer, tmp_path):
    """Somebody who can write the database gives Anna's row the keys of his own Scan."""
    anna, thief = activated(signer, "anna", "S-ANNA"), activated(signer, "thief", "S-THIEF")
    with sqlite3.connect(tmp_path / "signer" / "signer.sqlite3") as connection:
        connection.execute("UPDATE scans SET keys = (SELECT keys FROM scans WHERE serial = 'S-THIEF') "
                           "WHERE serial = 'S-ANNA'")
    session = anna.open("sign")
    with pytest.raises(StoreUnavailable):
        anna.challenge(session)
    own = thief.open("sign")
    assert thief.answer(own, thief.look(thief.challenge(own))) is Outcome.ACCEPTED


def test_the_files_without_the_passphrase_do_not_open(signer, tmp_path, clock):
    with pytest.raises(WrongKeyStore):
        Signer.open(tmp_path / "signer", "another passphrase", clock)


def test_a_destroyed_key_leaves_the_files(signer, marie, tmp_path):
    with sqlite3.connect(tmp_path / "signer" / "signer.sqlite3") as connection:
        query = "SELECT material FROM holder_keys WHERE key_id = ?"
        [material] = connection.execute(query, (marie.keys.signature.key_id,)).fetchone()
    connection.close()
    signer.destroy_key(attempt="destroy", key_id=marie.keys.signature.key_id)
    assert not [path for path in (tmp_path / "signer").iterdir() if material in path.read_bytes()]


def test_rows_moved_to_another_holder_do_not_open_his_key(signer, marie, jean, clock, tmp_path):
    """Somebody who can write the database gives Jean's session Marie's wrapped key."""
    with sqlite3.connect(tmp_path / "signer" / "signer.sqlite3") as connection:
        connection.execute(
            "UPDATE holder_keys SET (material, public_key_der) = (SELECT material, public_key_der FROM holder_keys "
            "WHERE key_id = ?) WHERE key_id = ?", (marie.keys.signature.key_id, jean.keys.signature.key_id))
    session = jean.open("sign")
    assert jean.authorise(session, jean.code(clock.now())) is Outcome.ACCEPTED
    with pytest.raises(StoreUnavailable):
        jean.sign(session)
    own = marie.open("sign")
    assert marie.authorise(own, marie.code(clock.now())) is Outcome.ACCEPTED
    assert len(marie.sign(own)) == 1


class StolenWebTier(RuleBasedStateMachine):
    """Every call of the interface, in any order, with everything that the web tier knows: holders, keys, serials,
    sessions, the codes that Marie typed before, Tokens of the thief's own. He lacks one thing: a fresh code of hers."""

    folder = None

    @initialize()
    def steal(self):
        self.clock = ScriptedClock(START)
        self.core = Signer.open(self.folder(), "passphrase", self.clock)
        self.signer = InProcessSigner(self.core)
        for serial, seed in SEEDS.items():
            self.signer.import_token(attempt=f"import-{serial}", serial=serial, seed=seed)
        self.marie = activate(self.signer, "marie", "T-MARIE", self.clock)
        self.thief = activate(self.signer, "jean", "T-JEAN", self.clock)
        self.stock = Holder(self.signer, "nobody", "T-STOCK")
        self.scan = activated(self.signer, "scan-thief", "S-THIEF")
        self.free_scan = scan_holder(self.signer, "marie", "S-STOCK")
        self.keys = [self.marie.keys.signature.key_id, self.marie.keys.authentication.key_id]
        self.sessions, self.loot, self.count, self.uses = [], [], 0, 0
        self.marie_signs("sign", finish=True)

    def attempt(self):
        self.count += 1
        return f"thief-{self.count}"

    def tries(self, call, **given):
        try:
            return getattr(self.signer, call)(**given)
        except SignerRefusal:
            return None

    @rule(kind=st.sampled_from(["login", "sign", "confirm"]), finish=st.booleans())
    def marie_signs(self, kind, finish):
        """She uses her key, and the web tier sees her session and her code. Sometimes she stops after opening it."""
        self.clock.advance(seconds=60)
        session, self.seen = self.marie.open(kind), self.marie.code(self.clock.now())
        if finish and self.marie.authorise(session, self.seen) is Outcome.ACCEPTED:
            self.marie.sign(session)
            self.uses += 1
        elif not finish:
            self.seen = "000000"  # a code that she never typed is not known
        self.sessions.append(session.session_id)

    def open_session(self, kind, key, device):
        covers = grant_statement("marie", "T-STOCK", "T-MARIE")
        key_id = [*self.keys, None][key]
        said = statement(kind, "marie") if kind in TYPES and key_id else b""
        hashes = {"sign": [b"\x01" * 32], "grant": [covers.digest], "login": [b"\x01" * 32]}.get(kind, [])
        hashes = [sha256(said).digest()] if said else hashes
        session = self.tries("open_session", attempt=self.attempt(), kind=kind, holder="marie",
                             key_id=key_id, hashes=hashes, labels=[covers.label] * (len(hashes) if kind != "confirm" else 0),
                             device_serial=device, statement=said)
        if session is not None:
            self.sessions.append(session.session_id)
        return session

    def authorise(self, session_id, device, guess, random, shown_now):
        now = self.clock.now()
        code = {"seen": self.seen, "own": self.thief.code(now), "stock": self.stock.code(now), "random": random}[guess]
        fresh = {self.marie.code(now + timedelta(seconds=30 * step)) for step in range(-7, 2)} - {self.seen}
        if code in fresh:
            return  # he guessed right: one in a hundred thousand, which the limit of failures bounds
        assert self.tries("authorise_with_code", attempt=self.attempt(), session_id=session_id, device_serial=device,
                          code=code, shown_at=now if shown_now else None) is not Outcome.ACCEPTED

    kinds = st.sampled_from(["login", "sign", "activate", "unblock", "grant", "join", "confirm"])
    devices = st.sampled_from(["T-MARIE", "T-JEAN", "T-STOCK", "S-THIEF", "S-STOCK"])
    guesses = st.sampled_from(["seen", "own", "stock", "random"])
    codes = st.integers(0, 999_999).map("{:06d}".format)

    @rule(kind=kinds, key=st.integers(0, 2), named=st.none() | devices, device=devices, guess=guesses, random=codes)
    def the_whole_way(self, kind, key, named, device, guess, random):
        session = self.open_session(kind, key, named)
        if session is not None:
            self.authorise(session.session_id, device, guess, random, False)
            self.use(session.session_id)

    @rule(data=st.data(), device=devices, guess=guesses, random=codes, shown_now=st.booleans())
    def a_code_for_an_old_session(self, data, device, guess, random, shown_now):
        self.authorise(data.draw(st.sampled_from(self.sessions)), device, guess, random, shown_now)

    @rule(data=st.data())
    def use_an_old_session(self, data):
        self.use(data.draw(st.sampled_from(self.sessions)))

    def use(self, session_id):
        self.loot += [self.tries("holder_sign", attempt=self.attempt(), session_id=session_id),
                      self.tries("make_holder_keys", attempt=self.attempt(), session_id=session_id)]

    @rule(data=st.data(), purpose=st.sampled_from(["issuing", "ocsp", "seal", "signature", "authentication"]))
    def sign_directly(self, data, purpose):
        self.loot.append(self.tries("sign", attempt=self.attempt(), key_id=data.draw(st.sampled_from(self.keys)),
                                    purpose=purpose, data=b"x"))

    @rule(data=st.data(), scan=st.sampled_from(["scan", "free_scan"]))
    def a_scan_of_his_own(self, data, scan):
        """Images and right answers of Scans that he holds, for Marie's sessions: none becomes hers."""
        holder, session_id = getattr(self, scan), data.draw(st.sampled_from(self.sessions))
        about = {"session_id": session_id, "device_serial": holder.serial}
        opening = self.tries("scan_activation", attempt=self.attempt(), **about)
        assert opening is None
        shown = self.tries("scan_challenge", attempt=self.attempt(), partner="P", text="t", **about)
        assert shown is None
        assert self.tries("authorise_with_answer", attempt=self.attempt(), answer="00000000", **about) is None

    @rule(data=st.data(), own=st.booleans(), new=devices, replaces=st.none() | devices)
    def grant_himself_a_device(self, data, own, new, replaces):
        """With Marie's sessions as they lie about, or with one that his own Token authorises."""
        covers = grant_statement("marie", new, replaces)
        session_id = data.draw(st.sampled_from(self.sessions))
        if own:
            self.clock.advance(seconds=30)
            session = self.thief.open("grant", key_id=None, hashes=[covers.digest], labels=[covers.label])
            self.thief.authorise(session, self.thief.code(self.clock.now()))
            session_id = session.session_id
        self.tries("grant_device", attempt=self.attempt(), session_id=session_id, holder="marie", device_serial=new,
                   replaces=replaces)

    @rule(first=codes, holder=st.sampled_from(["marie", "jean"]))
    def resynchronise(self, first, holder):
        assert self.tries("resynchronise", attempt=self.attempt(), device_serial="T-MARIE", codes=(first, self.seen),
                          holder=holder) is not Outcome.ACCEPTED

    @rule(serial=st.sampled_from(["T-MARIE", "T-STOCK"]))
    def replace_a_seed(self, serial):
        with pytest.raises(SignerRefusal):
            self.signer.import_token(attempt=self.attempt(), serial=serial, seed=b"the thief knows this")

    @rule(seconds=st.sampled_from([1, 30, 180, 1800, 43200]))
    def wait(self, seconds):
        self.clock.advance(seconds=seconds)

    @invariant()
    def nothing_was_signed_in_maries_name(self):
        if hasattr(self, "loot"):
            assert not [item for item in self.loot if item is not None]

    def teardown(self):
        if not hasattr(self, "loot"):
            return
        events = [entry.event for entry in self.signer.record(0, 1000) if entry.facts.get("holder") == "marie"]
        assert (events.count("holder.signed"), events.count("holder.keys_made")) == (self.uses, 1)
        assert (events.count("token.bound"), events.count("scan.bound"), events.count("device.granted")) == (1, 0, 0)
        assert self.core.verify_record().holds
        self.core.close()


def test_a_stolen_web_tier_signs_nothing(tmp_path_factory):
    StolenWebTier.folder = staticmethod(lambda: tmp_path_factory.mktemp("stolen"))
    run_state_machine_as_test(StolenWebTier, settings=settings(
        max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), database=None))
