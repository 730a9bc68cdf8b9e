# SPDX-License-Identifier: Apache-2.0
"""The contract of a key store, for each of them: software, and PKCS#11 with the SoftHSM2 of Debian."""

import os
import subprocess
from dataclasses import replace
from hashlib import sha256, sha384
from pathlib import Path

import pkcs11
import pytest
from pkcs11 import Attribute, ObjectClass

from paraph.pki import keys as pki_keys
from paraph.pki import x509
from paraph.signer.core import Signer
from paraph.signer.digests import verifies
from paraph.signer.errors import SignerRefusal, WrongKeyStore
from paraph.signer.stores import CannotUnseal, KeyNotProtected, StoredKey, StoreSettings, StoreUnavailable, open_store
from paraph.signer.stores import pkcs11 as module

from .conftest import SEEDS, activate
from .content import HOUSE, Service, checkpoint, throw_away

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN = "token-pin-1"
KEY = "0190a000-0000-7000-8000-{:012x}"


@pytest.fixture
def cheap_passphrase():
    """Here the passphrase costs what it costs (overrides the folder's)."""


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory):
    """A token made for this run in a folder of its own; yields its label."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    for label in ("paraph-test", "paraph-other"):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "so-pin-1", "--pin", PIN],
            check=True, capture_output=True)
    return "paraph-test"


@pytest.fixture(params=["software", "pkcs11"])
def settings(request):
    if request.param == "software":
        return StoreSettings()
    return StoreSettings("pkcs11", MODULE, request.getfixturevalue("softhsm"))


@pytest.fixture
def store(settings, tmp_path):
    opened = open_store(settings, tmp_path, PIN)
    yield opened
    opened.close()


def stored(key_id, algorithm, new):
    return StoredKey(key_id, algorithm, new.public_key_der, new.material)


def digest(algorithm, data=b"data"):
    return (sha384 if algorithm == "P-384" else sha256)(data).digest()


numbers = iter(range(1, 1000))


@pytest.fixture
def key_id():
    return KEY.format(next(numbers))


@pytest.mark.parametrize("algorithm", ["P-256", "P-384", "RSA-3072"])
def test_an_infrastructure_key_signs_what_its_public_half_verifies(store, key_id, algorithm):
    new = store.make_key(key_id, algorithm)
    assert pki_keys.algorithm_of(new.public_key_der) == algorithm
    signature = store.sign(stored(key_id, algorithm, new), digest(algorithm))
    assert pki_keys.verifies(new.public_key_der, signature, b"data")
    assert not pki_keys.verifies(new.public_key_der, signature, b"other data")


@pytest.mark.parametrize("algorithm", ["P-256", "RSA-3072"])
def test_a_holder_key_is_unwrapped_for_a_use(store, key_id, algorithm):
    new = store.make_holder_key(key_id, algorithm, b"marie")
    digests = [sha256(bytes([number])).digest() for number in range(3)]
    signatures = store.sign_once(stored(key_id, algorithm, new), b"marie", digests)
    assert [verifies(new.public_key_der, *pair) for pair in zip(signatures, digests, strict=True)] == [True] * 3


def test_a_holder_key_opens_in_its_own_context_only(store, key_id):
    new = store.make_holder_key(key_id, "P-256", b"marie")
    with pytest.raises(CannotUnseal):
        store.sign_once(stored(key_id, "P-256", new), b"jean", [digest("P-256")])
    assert store.sign_once(stored(key_id, "P-256", new), b"marie", [digest("P-256")])


def test_a_changed_holder_key_does_not_open(store, key_id):
    new = store.make_holder_key(key_id, "P-256", b"marie")
    for place in (0, 5, len(new.material) - 1):
        changed = bytearray(new.material)
        changed[place] ^= 1
        with pytest.raises(CannotUnseal):
            store.sign_once(StoredKey(key_id, "P-256", new.public_key_der, bytes(changed)), b"marie", [digest("P-256")])
    with pytest.raises(CannotUnseal):
        store.sign_once(StoredKey(key_id, "P-256", new.public_key_der, b""), b"marie", [digest("P-256")])


def test_sealed_bytes_open_unchanged_in_their_context(store):
    sealed = store.seal(b"a seed of twenty by.", b"seed 1")
    assert b"seed of" not in sealed
    assert store.seal(b"a seed of twenty by.", b"seed 1") != sealed
    assert store.unseal(sealed, b"seed 1") == b"a seed of twenty by."
    with pytest.raises(CannotUnseal):
        store.unseal(sealed, b"seed 2")
    with pytest.raises(CannotUnseal):
        store.unseal(sealed[:-1], b"seed 1")
    assert store.unseal(sealed, b"seed 1") == b"a seed of twenty by."


def test_keys_and_seals_outlive_the_process(store, settings, key_id, tmp_path):
    new, holder = store.make_key(key_id, "P-256"), store.make_holder_key(key_id, "P-256", b"marie")
    sealed = store.seal(b"secret", b"context")
    store.close()
    again = open_store(settings, tmp_path, PIN)
    assert pki_keys.verifies(new.public_key_der, again.sign(stored(key_id, "P-256", new), digest("P-256")), b"data")
    [signature] = again.sign_once(stored(key_id, "P-256", holder), b"marie", [digest("P-256")])
    assert pki_keys.verifies(holder.public_key_der, signature, b"data")
    assert again.unseal(sealed, b"context") == b"secret"
    again.close()


def test_a_wrong_passphrase_opens_nothing(store, settings, tmp_path):
    store.close()
    for wrong in ("wrong-pin-1", ""):
        with pytest.raises(WrongKeyStore):
            open_store(settings, tmp_path, wrong)
    open_store(settings, tmp_path, PIN).close()


def test_a_destroyed_key_is_gone(store, key_id):
    new = store.make_key(key_id, "P-256")
    store.sign(stored(key_id, "P-256", new), digest("P-256"))
    store.destroy_key(key_id)
    assert key_id not in store.key_ids()
    if store.name == "pkcs11":
        with pytest.raises(StoreUnavailable):
            store.sign(stored(key_id, "P-256", new), digest("P-256"))
    store.destroy_key(key_id)


def test_the_probe_signs(store):
    store.probe()


def test_a_database_belongs_to_its_key_store(settings, softhsm, tmp_path, clock):
    Signer.open(tmp_path / "one", PIN, clock, settings).close()
    other = StoreSettings("pkcs11", MODULE, "paraph-other") if settings.kind == "software" else StoreSettings()
    with pytest.raises(WrongKeyStore):
        Signer.open(tmp_path / "one", PIN, clock, other)
    Signer.open(tmp_path / "one", PIN, clock, settings).close()


def test_an_unknown_store_or_module_is_no_store(tmp_path, softhsm):
    with pytest.raises(ValueError, match="unknown key store"):
        open_store(StoreSettings("paper"), tmp_path, PIN)
    with pytest.raises(StoreUnavailable):
        open_store(StoreSettings("pkcs11", "/nowhere/module.so", softhsm), tmp_path, PIN)
    with pytest.raises(StoreUnavailable):
        open_store(StoreSettings("pkcs11", MODULE, "no such token"), tmp_path, PIN)


# --- what only a token can promise ------------------------------------------------------------------------------------


@pytest.fixture
def token(softhsm, tmp_path):
    opened = open_store(StoreSettings("pkcs11", MODULE, softhsm), tmp_path, PIN)
    yield opened
    opened.close()


def test_the_same_question_after_a_crash_finds_the_same_key(token, key_id):
    assert token.make_key(key_id, "P-256") == token.make_key(key_id, "P-256")
    assert key_id in token.key_ids()


def test_store_and_infrastructure_keys_never_leave_the_token(token, key_id):
    token.make_key(key_id, "P-256")
    secrets = [*token._session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY}),
               *token._session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})]
    assert len(secrets) >= 3
    wrapping = token._session.get_key(object_class=ObjectClass.SECRET_KEY, label="paraph-wrapping")
    for key in secrets:
        assert key[Attribute.NEVER_EXTRACTABLE] and key[Attribute.ALWAYS_SENSITIVE] and key[Attribute.LOCAL]
        with pytest.raises(pkcs11.PKCS11Error):
            key[Attribute.VALUE]
        with pytest.raises(pkcs11.KeyUnextractable):
            wrapping.wrap_key(key, mechanism=pkcs11.Mechanism.AES_KEY_WRAP_PAD)


def test_a_token_that_makes_weaker_keys_is_not_believed(token, key_id, monkeypatch):
    weaker = module._INSIDE_FOR_EVER | {Attribute.EXTRACTABLE: True}
    monkeypatch.setattr(module, "_INSIDE_FOR_EVER", weaker)
    with pytest.raises(KeyNotProtected):
        token.make_key(key_id, "P-256")
    assert key_id not in token.key_ids()


def test_a_holder_key_leaves_no_object_behind(token, key_id):
    def objects():
        return sum(1 for _ in token._session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY}))

    before = objects()
    new = token.make_holder_key(key_id, "P-256", b"marie")
    token.sign_once(stored(key_id, "P-256", new), b"marie", [digest("P-256")])
    with pytest.raises(CannotUnseal):
        token.sign_once(stored(key_id, "P-256", new), b"jean", [digest("P-256")])
    assert objects() == before


def lose_session(token):
    token._session.close()


def lose_login(token):
    pkcs11.lib(MODULE).reinitialize()


@pytest.mark.parametrize("lose", [lose_session, lose_login])
def test_after_a_lost_session_the_next_call_logs_in_again(token, key_id, lose):
    new = token.make_key(key_id, "P-256")
    key, holder = stored(key_id, "P-256", new), token.make_holder_key(key_id, "P-256", b"marie")
    sealed = token.seal(b"secret", b"context")
    for act in (
        lambda: token.sign(key, digest("P-256")),
        lambda: token.sign_once(stored(key_id, "P-256", holder), b"marie", [digest("P-256")]),
        lambda: token.unseal(sealed, b"context"),
        token.probe,
    ):
        act()
        lose(token)
        act()


def test_a_signer_on_a_token_does_the_whole_story(softhsm, tmp_path, clock):
    signer = Signer.open(tmp_path / "signer", PIN, clock, StoreSettings("pkcs11", MODULE, softhsm))
    signer.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
    marie = activate(signer, "marie", "T-MARIE", clock)
    session = marie.open("sign")
    assert marie.authorise(session, marie.code(clock.now())) == "accepted"
    [signature] = marie.sign(session)
    assert verifies(marie.keys.signature.public_key_der, signature, bytes(range(32)))
    assert signer.verify_record().holds
    assert signer.health()["store"] == "pkcs11"
    signer.close()


def test_files_of_the_software_store_are_for_its_user_only(tmp_path):
    open_store(StoreSettings(), tmp_path / "store", PIN)
    for path in [tmp_path / "store", *Path(tmp_path / "store").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0


# --- the whole service, on each store ---------------------------------------------------------------------------------


def test_the_keys_of_a_service_sign_their_own_kind_on_each_store(settings, tmp_path, clock):
    core = Signer.open(tmp_path / "service", PIN, clock, settings, HOUSE)
    service = Service(core, clock)
    core.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
    key = activate(core, "marie", "T-MARIE", clock).keys.signature
    service.certify_ocsp()
    made = service.holder_instruction(key)
    service.sign(service.issuing.info, x509.to_be_signed(made))
    service.sign(service.issuing.info, service.list())
    service.sign(service.ocsp, service.answer())
    attributes, information = service.stamp()
    service.sign(service.tsu, attributes, content=information)
    service.sign(service.openid, service.token())
    service.sign(service.audit, checkpoint(1, clock.now()))
    for refused in (
        lambda: service.sign(service.issuing.info, service.list()),
        lambda: service.sign(service.issuing.info, x509.to_be_signed(replace(made, public_key_der=throw_away()))),
        lambda: service.certify_authority(service.root, service.issuing, "issuing"),
        lambda: service.sign(service.ocsp, service.answer(key=throw_away())),
        lambda: service.sign(service.tsu, attributes),
        lambda: service.sign(service.openid, service.answer()),
        lambda: service.sign(service.audit, checkpoint(1, clock.now(), root=b"\1" * 32)),
        lambda: core.destroy_key(attempt="too-early", key_id=key.key_id),
    ):
        with pytest.raises(SignerRefusal):
            refused()
    assert core.verify_record().holds
    core.close()
