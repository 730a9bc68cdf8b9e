# SPDX-License-Identifier: Apache-2.0
"""A token in the hands of somebody else: its PIN changed, itself taken away, its keys removed, replaced or doubled, and no room
left. Each test has a SoftHSM2 token of its own."""

import os
import subprocess
import sys
import uuid
from contextlib import contextmanager, suppress

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from paraph.pki import keys as pki_keys
from paraph.signer.core import Signer
from paraph.signer.digests import verifies
from paraph.signer.errors import WrongKeyStore
from paraph.signer.stores import KeyNotFound, StoredKey, StoreSettings, StoreUnavailable, open_store
from paraph.signer.stores import pkcs11 as module
from paraph.signer.stores.pkcs11 import SEALING, WRAPPING, Pkcs11Store

from .conftest import DOCUMENT, SEEDS, activate
from .content import checkpoint

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "token-pin-1"
KEY = "0190a000-0000-7000-8000-000000000001"
HERE = StoreSettings("pkcs11", MODULE, "attacked")
DIGEST = bytes(32)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The folder in which the token lies."""
    folder = tmp_path / "softhsm" / "tokens"
    folder.mkdir(parents=True)
    configuration = folder.parent / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    subprocess.run(["softhsm2-util", "--init-token", "--free", "--label", HERE.token_label, "--so-pin", "so-pin-1",
                    "--pin", PIN], check=True, capture_output=True)
    begin_anew()
    yield folder
    # The module reads its configuration again with the next use.
    pkcs11.lib(MODULE).finalize()


@pytest.fixture
def store(place, tmp_path):
    opened = open_store(HERE, tmp_path, PIN)
    yield opened
    with suppress(StoreUnavailable):
        opened.close()


@pytest.fixture
def signer(place, tmp_path, clock):
    opened = Signer.open(tmp_path / "signer", PIN, clock, HERE)
    yield opened
    with suppress(StoreUnavailable):
        opened.close()


def begin_anew():
    """The module loses everything, as a restarted HSM service does."""
    with suppress(pkcs11.PKCS11Error):
        pkcs11.lib(MODULE).reinitialize()


def elsewhere(act):
    """Another program at the same token, with its PIN, as an HSM's administrator has it."""
    program = ("import sys, uuid, pkcs11\nfrom pkcs11 import *\n"
               "session = pkcs11.lib(sys.argv[1]).get_token(token_label=sys.argv[2]).open(rw=True, user_pin=sys.argv[3])\n" + act)
    subprocess.run([sys.executable, "-c", program, MODULE, HERE.token_label, PIN], check=True, capture_output=True)


def remove(template):
    elsewhere(f"for found in list(session.get_objects({template})): found.destroy()")


def remove_key(key_id):
    remove(f"{{Attribute.ID: uuid.UUID('{key_id}').bytes}}")


def remove_own(label):
    remove(f"{{Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: '{label}'}}")


def make_own(label):
    abilities = "MechanismFlag.WRAP | MechanismFlag.UNWRAP | MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT"
    elsewhere(f"session.generate_key(KeyType.AES, 256, label='{label}', store=True, capabilities={abilities}, template={{"
              "Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True})")


def make_key(key_id):
    elsewhere("from pkcs11.util.ec import encode_named_curve_parameters as named\n"
              "curve = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: named('secp256r1')}, local=True)\n"
              f"curve.generate_keypair(store=True, id=uuid.UUID('{key_id}').bytes, capabilities=MechanismFlag.SIGN, "
              "private_template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True})")


def own_keys(store, label):
    return list(store._session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}))


def stored(new, key_id=KEY):
    return StoredKey(key_id, "P-256", new.public_key_der, new.material)


# --- the PIN ----------------------------------------------------------------------------------------------------------


def test_a_refused_pin_is_not_tried_again(store, monkeypatch):
    """An HSM locks its user after a few, and the signer asks every half minute, and for everybody who waits."""
    key, tried, login = stored(store.make_key(KEY, "P-256")), [], Pkcs11Store._login

    def counted(self):
        tried.append(1)
        return login(self)

    monkeypatch.setattr(Pkcs11Store, "_login", counted)
    elsewhere("session.set_pin(sys.argv[3], 'another-pin')")
    assert store.sign(key, DIGEST) and not tried  # the session that is open goes on
    begin_anew()
    for act in (lambda: store.sign(key, DIGEST), store.probe, store.key_ids, lambda: store.seal(b"x", b"y"), store.probe):
        with pytest.raises(WrongKeyStore):
            act()
    assert len(tried) == 1


# --- taken away, and back ---------------------------------------------------------------------------------------------


@contextmanager
def taken_away(place, *, restarted):
    away = place.with_name("away")
    place.rename(away)
    if restarted:
        begin_anew()
    yield
    away.rename(place)


@pytest.mark.parametrize("restarted", [False, True])
def test_a_token_that_is_away_answers_nothing_and_one_that_is_back_everything(store, place, restarted):
    key, holder = stored(store.make_key(KEY, "P-256")), stored(store.make_holder_key(KEY, "P-256", b"marie"))
    sealed = store.seal(b"secret", b"context")
    asked = (lambda: store.sign(key, DIGEST), lambda: store.sign_once(holder, b"marie", [DIGEST]), store.key_ids,
             lambda: store.unseal(sealed, b"context"), store.probe, lambda: store.make_key(str(uuid.uuid4()), "P-256"))
    with taken_away(place, restarted=restarted):
        for act in asked:
            with pytest.raises(StoreUnavailable):
                act()
    for act in asked:
        act()
    assert verifies(key.public_key_der, store.sign(key, DIGEST), DIGEST)


def test_what_was_asked_while_it_was_away_left_nothing_and_is_done_when_it_is_back(signer, place, clock):
    signer.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
    marie = activate(signer, "marie", "T-MARIE", clock)
    session, code = marie.open("sign"), marie.code(clock.now())
    lines = len(signer.record())
    with taken_away(place, restarted=True):
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                signer.sign_with_code(attempt="sign", session_id=session.session_id, device_serial="T-MARIE", code=code)
            with pytest.raises(StoreUnavailable):
                signer.make_key(attempt="audit", purpose="audit", algorithm="P-256", label="audit")
            with pytest.raises(StoreUnavailable):
                signer.health()
    assert len(signer.record()) == lines and not signer.health()["keys_without_row"]
    signed = signer.sign_with_code(attempt="sign", session_id=session.session_id, device_serial="T-MARIE", code=code)
    assert signed.outcome == "accepted"
    assert verifies(marie.keys.signature.public_key_der, signed.signatures[0], DOCUMENT)
    assert signer.make_key(attempt="audit", purpose="audit", algorithm="P-256", label="audit")
    assert signer.verify_record().holds


# --- keys removed, replaced, doubled ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("meddle", "expected"), [
    ((remove_key,), KeyNotFound), ((remove_key, make_key), StoreUnavailable), ((make_key,), KeyNotFound)])
def test_no_other_key_signs_for_one_that_is_gone_replaced_or_doubled(signer, clock, meddle, expected):
    gone, whole = (signer.make_key(attempt=f"make-{name}", purpose="audit", algorithm="P-256", label=name) for name in "ab")
    signer.sign(attempt="before", key_id=gone.key_id, purpose="audit", data=checkpoint(1, clock.now()))
    for act in meddle:
        act(gone.key_id)
    begin_anew()
    lines = len(signer.record())
    with pytest.raises(StoreUnavailable) as raised:
        signer.sign(attempt="after", key_id=gone.key_id, purpose="audit", data=checkpoint(2, clock.now()))
    assert type(raised.value) is expected
    assert len(signer.record()) == lines
    statement = checkpoint(2, clock.now())
    signature = signer.sign(attempt="whole", key_id=whole.key_id, purpose="audit", data=statement)
    assert pki_keys.verifies(whole.public_key_der, signature, statement)


@pytest.mark.parametrize("label", [WRAPPING, SEALING])
def test_a_token_that_lost_the_keys_under_which_all_stand_gets_no_others(signer, tmp_path, clock, label):
    """They come back with the HSM's back-up, and a second one of the same name would be in their way."""
    signer.close()
    remove_own(label)
    with pytest.raises(WrongKeyStore):
        Signer.open(tmp_path / "signer", PIN, clock, HERE)
    look = Pkcs11Store(MODULE, HERE.token_label, PIN)
    look.probe()
    assert own_keys(look, label) == []
    look.close()


@pytest.mark.parametrize("label", [WRAPPING, SEALING])
def test_another_key_in_their_place_is_noticed_at_the_start(signer, tmp_path, clock, label):
    signer.close()
    remove_own(label)
    make_own(label)
    with pytest.raises(WrongKeyStore):
        Signer.open(tmp_path / "signer", PIN, clock, HERE)


@pytest.mark.parametrize("label", [WRAPPING, SEALING])
def test_a_second_one_beside_them_is_named(signer, tmp_path, clock, label):
    signer.close()
    make_own(label)
    with pytest.raises(KeyNotFound):
        Signer.open(tmp_path / "signer", PIN, clock, HERE)


def test_a_database_before_this_check_learns_its_wrapping_key(signer, tmp_path, clock):
    with signer._database.transaction() as connection:
        connection.execute("DELETE FROM internals WHERE name = 'wrapped'")
    signer.close()
    Signer.open(tmp_path / "signer", PIN, clock, HERE).close()
    remove_own(WRAPPING)
    make_own(WRAPPING)
    with pytest.raises(WrongKeyStore):
        Signer.open(tmp_path / "signer", PIN, clock, HERE)


def test_half_a_key_that_was_left_is_not_taken_for_half_of_the_whole_one(store):
    """A full token kept the public half of a pair, and the same question comes again, twice."""
    make_key(KEY)
    remove(f"{{Attribute.ID: uuid.UUID('{KEY}').bytes, Attribute.CLASS: ObjectClass.PRIVATE_KEY}}")
    begin_anew()
    made = store.make_key(KEY, "P-256")
    assert store.make_key(KEY, "P-256") == made
    assert verifies(made.public_key_der, store.sign(stored(made), DIGEST), DIGEST)
    assert len(list(store._session.get_objects({Attribute.ID: uuid.UUID(KEY).bytes}))) == 2


# --- no room, and two at once -----------------------------------------------------------------------------------------


def test_a_full_token_makes_no_key_and_a_whole_one_when_there_is_room(store, monkeypatch):
    kept, other, whole = stored(store.make_key(KEY, "P-256")), KEY[:-1] + "2", module._generate

    def half(session, algorithm, protection, **given):
        _, private = whole(session, algorithm, protection, **given)
        private.destroy()
        raise pkcs11.DeviceMemory()

    monkeypatch.setattr(module, "_generate", half)
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            store.make_key(other, "P-256")
    assert verifies(kept.public_key_der, store.sign(kept, DIGEST), DIGEST) and store.key_ids() == {KEY}
    monkeypatch.setattr(module, "_generate", whole)
    made = store.make_key(other, "P-256")
    assert verifies(made.public_key_der, store.sign(stored(made, other), DIGEST), DIGEST)
    assert store.key_ids() == {KEY, other}


def test_two_signers_that_begin_at_one_instant_make_one_set_of_keys(place, tmp_path, clock):
    program = ("import sys; from pathlib import Path; from paraph.kernel.clock import SystemClock\n"
               "from paraph.signer.core import Signer; from paraph.signer.stores import StoreSettings\n"
               "Signer.open(Path(sys.argv[1]), sys.argv[4], SystemClock(), StoreSettings('pkcs11', *sys.argv[2:4])).close()")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    both = [subprocess.Popen([sys.executable, "-c", program, tmp_path / "signer", MODULE, HERE.token_label, PIN],
                             env=environment) for _ in range(3)]
    assert [one.wait(60) for one in both] == [0, 0, 0]
    begin_anew()
    look = open_store(HERE, tmp_path, PIN, begins=False)
    assert [len(own_keys(look, label)) for label in (WRAPPING, SEALING)] == [1, 1]
    look.close()
    Signer.open(tmp_path / "signer", PIN, clock, HERE).close()
