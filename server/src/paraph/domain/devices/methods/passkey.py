# SPDX-License-Identifier: Apache-2.0
"""A passkey signs a challenge for this address alone, after it has recognised its holder (WebAuthn Level 3).

It opens logins and nothing at the signer: it is no Method of the table, and no key of the holder is used with it
(decision 0015). Here what the operator decided about passkeys, and what a browser is asked. `config` calls use() once.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from paraph.signer.values import PASSKEY_LEVELS

TYPE = "passkey"
CHALLENGE_OCTETS = 32
USER_HANDLE_OCTETS = 32
# RFC 9053, RFC 8812: ES256, EdDSA, ES384, RS256, the ones wished for first.
ALGORITHMS = (-7, -8, -35, -257)
LEVELS = ("low", "substantial", "high")


class Conveyance(StrEnum):
    """`none`: whose make a passkey is, is neither asked nor judged. `direct`: it is asked, and only the operator's models
    are let in."""

    NONE = "none"
    DIRECT = "direct"


class Grade(StrEnum):
    """What is known of where the private key is. `attested`: its maker vouches for a model of the operator's list, and it
    can't be copied. `bound`: it says itself that it can't be copied. `synced`: it can be on several devices."""

    ATTESTED = "attested"
    BOUND = "bound"
    SYNCED = "synced"


@dataclass(frozen=True)
class Model:
    """A make of authenticators that the operator lets in: its AAGUID, and the roots that vouch for it (DER)."""

    aaguid: UUID
    name: str
    roots: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True)
class RelyingParty:
    """`id` is the host name that passkeys are bound to, `origin` the address that browsers must report. `levels` says
    which level of assurance a password and a passkey of each grade reach together."""

    id: str
    origin: str
    name: str
    conveyance: Conveyance = Conveyance.NONE
    self_attestation: bool = False
    models: tuple[Model, ...] = ()
    levels: Mapping[Grade, str] = field(
        default_factory=lambda: {grade: PASSKEY_LEVELS[grade.value] for grade in Grade})

    def model(self, aaguid: UUID) -> Model | None:
        return next((model for model in self.models if model.aaguid == aaguid), None)

    def reaches(self, grade: Grade, minimum: str) -> bool:
        """Whether a login with a passkey of this grade reaches a partner's level."""
        return LEVELS.index(self.levels[grade]) >= LEVELS.index(minimum)

    @property
    def grades(self) -> tuple[Grade, ...]:
        """What a passkey can be here: without asking for its make none is attested."""
        return tuple(grade for grade in Grade if grade is not Grade.ATTESTED or self.conveyance is Conveyance.DIRECT)


def relying_party(content: Mapping[str, Any], *, url: str, name: str) -> RelyingParty | None:
    """The table [passkeys] of an operator profile, for the service at this address. None: browsers know no passkeys for
    addresses that are numbers (WebAuthn 5.1.2). Raises ValueError for what the table must not say."""
    unknown = set(content) - {"attestation", "self_attestation", "levels", "models"}
    if unknown:
        raise ValueError(f"unknown entries of [passkeys]: {', '.join(sorted(unknown))}")
    address = urlsplit(url)
    host = address.hostname or ""
    if _is_number(host):
        return None
    plain = RelyingParty(id=host, origin=f"{address.scheme}://{address.netloc}", name=name)
    levels = {Grade(grade): level for grade, level in content.get("levels", {}).items()}
    if not set(levels.values()) <= set(LEVELS):
        raise ValueError(f"a level of [passkeys.levels] is none of {', '.join(LEVELS)}")
    return RelyingParty(
        id=plain.id, origin=plain.origin, name=name, levels={**plain.levels, **levels},
        conveyance=Conveyance(content.get("attestation", Conveyance.NONE)),
        self_attestation=bool(content.get("self_attestation", False)),
        models=tuple(_model(entry) for entry in content.get("models", ())))


def _model(entry: Mapping[str, Any]) -> Model:
    try:
        roots = tuple(x509.load_pem_x509_certificate(pem.encode()).public_bytes(Encoding.DER) for pem in entry["roots"])
        model = Model(UUID(entry["aaguid"]), entry["name"], roots)
    except KeyError as error:
        raise ValueError(f"a model of [[passkeys.models]] lacks {error}") from error
    if not model.roots:
        raise ValueError(f"the model {model.name} of [[passkeys.models]] has no root")
    return model


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


_relying_party: RelyingParty | None = None


def use(relying_party: RelyingParty | None) -> None:
    """None: there are no passkeys here (R067)."""
    global _relying_party
    _relying_party = relying_party


def current() -> RelyingParty | None:
    return _relying_party


def encode(content: bytes) -> str:
    """base64url without padding, as browsers write bytes."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def creation_options(
    relying_party: RelyingParty, *, challenge: bytes, user_handle: str, name: str, known: Sequence[str], seconds: int
) -> dict[str, Any]:
    """What a browser needs for a new passkey (PublicKeyCredentialCreationOptionsJSON). `known` credentials are there
    already: the same authenticator takes no second one."""
    return {
        "rp": {"id": relying_party.id, "name": relying_party.name},
        "user": {"id": user_handle, "name": name, "displayName": name},
        "challenge": encode(challenge),
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm} for algorithm in ALGORITHMS],
        "timeout": seconds * 1000,
        "excludeCredentials": [{"type": "public-key", "id": identifier} for identifier in known],
        "authenticatorSelection": {"residentKey": "required", "requireResidentKey": True, "userVerification": "required"},
        "attestation": str(relying_party.conveyance),
    }


def request_options(
    relying_party: RelyingParty, *, challenge: bytes, seconds: int, allowed: Iterable[tuple[str, Sequence[str]]] = ()
) -> dict[str, Any]:
    """What a browser needs for a passkey (PublicKeyCredentialRequestOptionsJSON). `allowed`: credentials and how each can be
    reached, for a holder who is logged in. At the door none is named: all of ours are discoverable, and names would tell
    whether somebody has any (14.6.2, 14.6.3)."""
    named = [{"type": "public-key", "id": identifier, **({"transports": list(transports)} if transports else {})}
             for identifier, transports in allowed]
    return {
        "rpId": relying_party.id,
        "challenge": encode(challenge),
        "timeout": seconds * 1000,
        "userVerification": "required",
        **({"allowCredentials": named} if named else {}),
    }
