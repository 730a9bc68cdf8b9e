# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from paraph.domain.accounts.models import Person
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.models import Confirmation
from paraph.domain.authentication.queries import ConfirmationProof, SessionView
from paraph.domain.identity_provider import jose, openid, policy
from paraph.domain.identity_provider.client_assertion import PublicKey
from paraph.domain.identity_provider.lifecycle import State
from paraph.domain.identity_provider.models import AccessToken, AuthorisationRequest, Client, ClientKey, Release, Subject
from paraph.domain.identity_provider.policy import Fitness
from paraph.domain.keys import queries as keys
from paraph.kernel.errors import Refusal

# Claims that are read from the person as the officer confirmed it.
_VALUES = {
    "given_name": lambda person: person.given_names,
    "family_name": lambda person: person.family_names,
    "birthdate": lambda person: person.birth_date,
    "matricule": lambda person: person.matricule,
}


class RequestOver(Refusal):
    """The partner's request was answered, or is too old. The person begins again at the partner."""

    code = "request_over"
    sentence = "Cette demande est terminée ou trop ancienne. Retournez au service et recommencez."
    status = 410


@dataclass(frozen=True)
class Userinfo:
    """What an access token opens."""

    subject: str
    claims: dict[str, str]


def client(client_id: str) -> Client | None:
    """Nobody where the program or its partner has ended."""
    return Client.objects.select_related("partner").filter(
        client_id=client_id, active=True, partner__active=True).first()


def client_keys(of: Client) -> list[PublicKey]:
    """The keys with which this client may prove itself, in the order of their coming."""
    return [PublicKey(row.key_id, row.algorithm, row.jwk, row.thumbprint)
            for row in of.keys.filter(retired_at=None).order_by("id")]


def registered_keys(client_id: str) -> list[ClientKey]:
    """All keys that this client ever had, the newest first."""
    return list(ClientKey.objects.filter(client__client_id=client_id).order_by("-id"))


def request(request_id: object, at: datetime) -> AuthorisationRequest:
    """A request that waits for its answer. Refuses: RequestOver."""
    row = waiting_request(request_id, at)
    if row is None:
        raise RequestOver()
    return row


def fitness(asked: AuthorisationRequest, session: SessionView | None, at: datetime) -> Fitness:
    """Whether this session answers what the partner asks, and what is missing if not."""
    return policy.fitness(asked, asked.client.partner.minimum_level, session, at)


def values(asked: AuthorisationRequest, person_id: object) -> dict[str, str]:
    """Each value that a yes would send, by claim; what is not known of the person is left out (R290)."""
    person = Person.objects.get(pk=person_id)
    found = {claim: _VALUES[claim](person) for claim in openid.claims_of(asked.scopes)}
    return {claim: value for claim, value in found.items() if value}


@dataclass(frozen=True)
class Confirmed:
    """What was confirmed for a request, with its proof."""

    row: Confirmation
    proof: ConfirmationProof


def confirmed(asked: AuthorisationRequest) -> Confirmed | None:
    """None where the request asked for nothing to be confirmed."""
    if asked.confirmation is None:
        return None
    row = authentication.confirmation_of(asked.id)
    return Confirmed(row, authentication.confirmation_proof(row.id))


def waiting_request(request_id: object, at: datetime) -> AuthorisationRequest | None:
    """The request, while a partner waits for its answer."""
    return AuthorisationRequest.objects.select_related("client__partner").filter(
        pk=request_id, state=State.ASKED, expires_at__gt=at).first()


def userinfo(access_token: str, at: datetime) -> Userinfo | None:
    """The values of the consent that this token came from, while it is good."""
    row = AccessToken.objects.select_related("code").filter(
        digest=sha256(access_token.encode()).hexdigest(), expires_at__gt=at, revoked_at=None).first()
    return Userinfo(subject=row.code.subject, claims=row.code.claims) if row else None


def public_keys() -> list[dict[str, Any]]:
    """The keys that sign ID tokens, as JSON Web Keys, newest first."""
    return [jose.public_key(bytes(key.public_key_der), key_id=key.key_id) for key in keys.all_active("openid")]


def subjects_of(person_id: object) -> list[Subject]:
    """Under which name each partner knows this person."""
    return list(Subject.objects.filter(person_id=person_id, partner__active=True).select_related("partner").order_by("id"))


@dataclass(frozen=True)
class Leaving:
    """Who asks for a logout and where its end leads: an address that this client registered, or empty."""

    client: Client | None
    back: str


def leaving(*, hint: str, client_id: str, back: str, issuer: str) -> Leaving:
    """OpenID Connect RP-Initiated Logout 1.0. `hint` is an ID token of ours, also an old one; where it or the client does
    not fit, or the address is not registered, nothing leads away from us."""
    claims = jose.claims_of(hint, public_keys()) if hint else None
    named = claims.get("aud") if claims and claims.get("iss") == issuer else None
    if (hint and not isinstance(named, str)) or (client_id and named and client_id != named):
        return Leaving(None, "")
    found = client(named or client_id) if named or client_id else None
    return Leaving(found, back if found is not None and back in found.logout_addresses else "")


def releases(person_id: object) -> list[Release]:
    """What a person's data went where, newest first (R292)."""
    return list(Release.objects.select_related("partner").filter(identity__person_id=person_id).order_by("-at", "-id"))
