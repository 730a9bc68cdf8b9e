# SPDX-License-Identifier: Apache-2.0
"""Keys in a PKCS#11 token (an HSM; SoftHSM2 for tests), with the least that tokens have in common.

Infrastructure keys and the two store keys are objects of the token: sensitive, never extractable, and checked to be
so. Holder keys are made inside as session objects, wrapped (CKM_AES_KEY_WRAP_PAD) by one store key, and the wrapped
bytes sealed (CKM_AES_GCM) by the other, which binds them to their owner; for a use they become session objects again
that cannot be extracted. ECDSA and RSA sign digests made here (CKM_ECDSA, CKM_RSA_PKCS): SoftHSM 2.6.1 has no ECDSA
that hashes.

One session serves all calls, which come one at a time. When it is lost (a restarted HSM service, a pulled cable), the
call logs in again and is tried once more. A PIN that was refused is never tried again by this process: an HSM locks its
user after a few.
"""

import uuid
from collections.abc import Callable
from hashlib import sha256
from typing import TypeVar

import pkcs11
from cryptography.hazmat.primitives import serialization
from pkcs11 import Attribute, KeyType, Mechanism, MechanismFlag, ObjectClass
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters
from pkcs11.util.rsa import encode_rsa_public_key

from paraph.kernel import tokens
from paraph.pki import der
from paraph.signer import digests
from paraph.signer.errors import WrongKeyStore
from paraph.signer.stores import CannotUnseal, KeyNotFound, KeyNotProtected, NewKey, StoredKey, StoreUnavailable

Result = TypeVar("Result")

WRAPPING, SEALING = "paraph-wrapping", "paraph-sealing"
_VERSION = b"\x02"
_CURVES = {"P-256": "secp256r1", "P-384": "secp384r1"}
_RSA_BITS = {"RSA-3072": 3072, "RSA-4096": 4096}
# DigestInfo of SHA-256 and SHA-384 up to the digest (RFC 8017 section 9.2, note 1).
_DIGEST_INFO = {32: bytes.fromhex("3031300d060960864801650304020105000420"),
                48: bytes.fromhex("3041300d060960864801650304020205000430")}
_INSIDE_FOR_EVER = {Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False, Attribute.PRIVATE: True}
_SIGN = MechanismFlag.SIGN
_PIN_REFUSED = (pkcs11.PinIncorrect, pkcs11.PinInvalid, pkcs11.PinLenRange, pkcs11.PinLocked, pkcs11.PinExpired)
_NOT_ONE_KEY = (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned)
# Attributes that a private key does not have, and that the library would otherwise name when it unwraps one.
_NOT_OF_A_PRIVATE_KEY = dict.fromkeys((Attribute.ENCRYPT, Attribute.VERIFY, Attribute.WRAP), pkcs11.DEFAULT)


class Pkcs11Store:
    name = "pkcs11"

    def __init__(self, module: str, token_label: str, pin: str) -> None:
        self._module, self._token_label, self._pin = module, token_label, pin
        self._pin_refused = False
        self._session: pkcs11.Session | None = None
        self._found: dict[str, pkcs11.Key] = {}  # handles of the present session, by label or key_id

    @classmethod
    def open(cls, module: str, token_label: str, pin: str, *, begins: bool = True) -> "Pkcs11Store":
        """Logs in, and makes the two store keys in a token that has none, where it `begins`. Refuses WrongKeyStore,
        StoreUnavailable."""
        store = cls(module, token_label, pin)
        try:
            store._ask(lambda session: store._prepare(session, begins))
        except WrongKeyStore:
            store.close()
            raise
        return store

    def close(self) -> None:
        session, self._session, self._found = self._session, None, {}
        if session is not None:
            try:
                session.close()
            except pkcs11.PKCS11Error as error:
                raise StoreUnavailable() from error

    # --- the session --------------------------------------------------------------------------------------------------

    def _ask(self, act: Callable[[pkcs11.Session], Result]) -> Result:
        """`act` with a session in which we are logged in; once more with a new one if the first does not answer."""
        if self._session is not None:
            try:
                return act(self._session)
            except pkcs11.PKCS11Error:
                self._forget_session()
        if self._pin_refused:
            raise WrongKeyStore()
        try:
            self._session = self._login()
            return act(self._session)
        except _PIN_REFUSED as error:
            self._pin_refused = True
            raise WrongKeyStore() from error
        except _NOT_ONE_KEY as error:
            raise KeyNotFound() from error
        except (pkcs11.PKCS11Error, RuntimeError) as error:  # RuntimeError: the module itself cannot be loaded
            self._forget_session()
            raise StoreUnavailable() from error

    def _forget_session(self) -> None:
        try:
            self.close()
        except StoreUnavailable:
            self._session = None  # it was lost before it could be closed

    def _login(self) -> pkcs11.Session:
        library = pkcs11.lib(self._module)
        try:
            return self._open(library)
        except (*_PIN_REFUSED, pkcs11.NoSuchToken):
            raise
        except pkcs11.PKCS11Error:
            # The module as a whole lost its token: begin with it anew, as a restarted process would.
            library.reinitialize()
            return self._open(library)

    def _open(self, library: pkcs11.lib) -> pkcs11.Session:
        token = library.get_token(token_label=self._token_label)
        try:
            return token.open(rw=True, user_pin=self._pin)
        except pkcs11.UserAlreadyLoggedIn:
            return token.open(rw=True)

    # --- the store's own keys -----------------------------------------------------------------------------------------

    def _prepare(self, session: pkcs11.Session, begins: bool) -> None:
        for label, abilities in ((WRAPPING, MechanismFlag.WRAP | MechanismFlag.UNWRAP),
                                 (SEALING, MechanismFlag.ENCRYPT | MechanismFlag.DECRYPT)):
            keys = list(session.get_objects({Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.LABEL: label}))
            if not keys and not begins:
                raise WrongKeyStore()
            if not keys:
                keys = [session.generate_key(KeyType.AES, 256, label=label, store=True, capabilities=abilities,
                                             template=_INSIDE_FOR_EVER)]
            for key in keys:
                _check_protected(key)

    def _own(self, session: pkcs11.Session, label: str) -> pkcs11.SecretKey:
        if label not in self._found:
            self._found[label] = session.get_key(object_class=ObjectClass.SECRET_KEY, label=label)
        return self._found[label]

    # --- infrastructure keys ------------------------------------------------------------------------------------------

    def make_key(self, key_id: str, algorithm: str) -> NewKey:
        identifier = uuid.UUID(key_id).bytes

        def act(session: pkcs11.Session) -> NewKey:
            # A crash after this very generation, or an answer lost on the way, has left the key in the token.
            left = list(session.get_objects({Attribute.ID: identifier}))
            halves = {half.object_class: half for half in left}
            if len(left) == 2 and set(halves) == {ObjectClass.PUBLIC_KEY, ObjectClass.PRIVATE_KEY}:
                public, private = halves[ObjectClass.PUBLIC_KEY], halves[ObjectClass.PRIVATE_KEY]
            else:
                # Half of a key, of a token that was full: nobody has it yet, and beside a whole one it would be taken for its.
                for half in left:
                    half.destroy()
                public, private = _generate(session, algorithm, _INSIDE_FOR_EVER, id=identifier,
                                            label=f"paraph {key_id}", store=True)
            try:
                _check_protected(private)
            except KeyNotProtected:
                private.destroy()
                raise
            return NewKey(_public_key_der(public), b"")

        return self._ask(act)

    def sign(self, key: StoredKey, digest: bytes) -> bytes:
        def act(session: pkcs11.Session) -> bytes:
            private = self._found.get(key.key_id)
            if private is None:
                private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, id=uuid.UUID(key.key_id).bytes)
                _check_protected(private)
                self._found[key.key_id] = private
            return _sign(private, key.algorithm, digest)

        return self._ask(act)

    def destroy_key(self, key_id: str) -> None:
        def act(session: pkcs11.Session) -> None:
            self._found.pop(key_id, None)
            for half in list(session.get_objects({Attribute.ID: uuid.UUID(key_id).bytes})):
                half.destroy()

        self._ask(act)

    def key_ids(self) -> frozenset[str]:
        def act(session: pkcs11.Session) -> frozenset[str]:
            found = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.TOKEN: True})
            return frozenset(str(uuid.UUID(bytes=key.id)) for key in found if len(key.id) == 16)

        return self._ask(act)

    # --- holder keys --------------------------------------------------------------------------------------------------

    def make_holder_key(self, key_id: str, algorithm: str, context: bytes) -> NewKey:
        def act(session: pkcs11.Session) -> tuple[bytes, bytes]:
            # Sensitive: it leaves the token wrapped or not at all.
            public, private = _generate(session, algorithm, {
                Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: True, Attribute.PRIVATE: True}, store=False)
            try:
                wrapped = self._own(session, WRAPPING).wrap_key(private, mechanism=Mechanism.AES_KEY_WRAP_PAD)
                return _public_key_der(public), wrapped
            finally:
                private.destroy()
                public.destroy()

        public_key_der, wrapped = self._ask(act)
        return NewKey(public_key_der, self.seal(wrapped, b"holder\0" + context))

    def sign_once(self, key: StoredKey, context: bytes, digests: list[bytes]) -> list[bytes]:
        wrapped = self.unseal(key.material, b"holder\0" + context)
        kind = KeyType.RSA if key.algorithm in _RSA_BITS else KeyType.EC

        def act(session: pkcs11.Session) -> list[bytes]:
            private = self._own(session, WRAPPING).unwrap_key(
                ObjectClass.PRIVATE_KEY, kind, wrapped, mechanism=Mechanism.AES_KEY_WRAP_PAD, store=False,
                capabilities=_SIGN, template=_INSIDE_FOR_EVER | _NOT_OF_A_PRIVATE_KEY)
            try:
                return [_sign(private, key.algorithm, digest) for digest in digests]
            finally:
                private.destroy()

        return self._opened(lambda: self._ask(act))

    # --- sealing ------------------------------------------------------------------------------------------------------

    def seal(self, secret: bytes, context: bytes) -> bytes:
        nonce = tokens.token_bytes(12)
        parameters = pkcs11.GCMParams(nonce, _VERSION + context, 128)
        return _VERSION + nonce + self._ask(lambda session: self._own(session, SEALING).encrypt(
            secret, mechanism=Mechanism.AES_GCM, mechanism_param=parameters))

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        if len(sealed) < 29 or sealed[:1] != _VERSION:
            raise CannotUnseal("not sealed by this store")
        parameters = pkcs11.GCMParams(sealed[1:13], _VERSION + context, 128)
        return self._opened(lambda: self._ask(lambda session: self._own(session, SEALING).decrypt(
            sealed[13:], mechanism=Mechanism.AES_GCM, mechanism_param=parameters)))

    def _opened(self, act: Callable[[], Result]) -> Result:
        """Raises CannotUnseal. Tokens say nothing exact about a wrong tag: if this one still works, it was the bytes."""
        try:
            return act()
        except KeyNotFound:
            raise
        except StoreUnavailable as error:
            self.probe()
            raise CannotUnseal("changed, moved, or of another store") from error

    def probe(self) -> None:
        digest = sha256(tokens.token_bytes(32)).digest()

        def act(session: pkcs11.Session) -> bool:
            public, private = _generate(session, "P-256", _INSIDE_FOR_EVER, store=False)
            try:
                return digests.verifies(_public_key_der(public), _sign(private, "P-256", digest), digest)
            finally:
                private.destroy()
                public.destroy()

        if not self._ask(act):
            raise StoreUnavailable()


def _generate(
    session: pkcs11.Session, algorithm: str, protection: dict[Attribute, bool], **given: object
) -> tuple[pkcs11.PublicKey, pkcs11.PrivateKey]:
    options = {"capabilities": _SIGN | MechanismFlag.VERIFY, "private_template": protection, **given}
    if algorithm in _RSA_BITS:
        return session.generate_keypair(KeyType.RSA, _RSA_BITS[algorithm], **options)
    curve = encode_named_curve_parameters(_CURVES[algorithm])
    parameters = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: curve}, local=True)
    return parameters.generate_keypair(**options)


def _check_protected(key: pkcs11.Key) -> None:
    """What was asked of the token is what it says of the key: made inside, never seen, never to leave."""
    protected = {Attribute.SENSITIVE: True, Attribute.ALWAYS_SENSITIVE: True, Attribute.EXTRACTABLE: False,
                 Attribute.NEVER_EXTRACTABLE: True, Attribute.LOCAL: True, Attribute.PRIVATE: True}
    if any(key[name] is not expected for name, expected in protected.items()):
        raise KeyNotProtected()


def _public_key_der(public: pkcs11.PublicKey) -> bytes:
    if public.key_type is KeyType.EC:
        return encode_ec_public_key(public)
    # The library gives the bare RSAPublicKey of PKCS#1.
    rsa = serialization.load_der_public_key(encode_rsa_public_key(public))
    return rsa.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _sign(private: pkcs11.PrivateKey, algorithm: str, digest: bytes) -> bytes:
    if algorithm in _RSA_BITS:
        return private.sign(_DIGEST_INFO[len(digest)] + digest, mechanism=Mechanism.RSA_PKCS)
    raw = private.sign(digest, mechanism=Mechanism.ECDSA)
    half = len(raw) // 2
    return der.sequence(der.integer(int.from_bytes(raw[:half], "big")), der.integer(int.from_bytes(raw[half:], "big")))
