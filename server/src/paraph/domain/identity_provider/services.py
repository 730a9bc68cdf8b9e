# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.queries import SessionView
from paraph.domain.identity_provider import authorization_details, client_assertion, clients, jose, openid, policy, queries
from paraph.domain.identity_provider.client_assertion import PublicKey
from paraph.domain.identity_provider.events import Event
from paraph.domain.identity_provider.lifecycle import REQUEST, State
from paraph.domain.identity_provider.models import (
    AccessToken,
    AuthorisationCode,
    AuthorisationRequest,
    Client,
    PartnerSession,
    PushedRequest,
    Release,
    Subject,
    UsedAssertion,
)
from paraph.domain.identity_provider.openid import Wanted
from paraph.domain.identity_provider.policy import Fitness
from paraph.domain.identity_provider.queries import Confirmed, RequestOver
from paraph.domain.keys import queries as keys
from paraph.domain.limits import services as limits
from paraph.domain.partners.models import Partner
from paraph.domain.partners.policy import may_manage
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.signer import client as signer

KEPT, KEPT_PUSHED = timedelta(days=1), timedelta(minutes=10)
# When a program that did not take the news of a logout is told again; after the last it is not.
LOGOUT_PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 600, 3600, 0))


class NotFit(Refusal):
    """The session does not answer this request: not logged in freshly enough, suspended, or at too low a level."""

    code = "session_not_fit"
    sentence = "Votre connexion ne suffit pas pour ce service. Recommencez depuis le service."
    status = 403


class NoSigningKey(Refusal):
    """No key of the client's algorithm exists: the ceremony is incomplete."""

    code = "no_signing_key"
    sentence = "Aucune clé n’est prête pour signer la réponse. Réessayez plus tard."
    status = 503


@dataclass(frozen=True)
class Issued:
    """What the token endpoint answers."""

    id_token: str
    access_token: str
    expires_in: int
    authorization_details: list[dict[str, Any]] | None = None


def register_client(
    *, client_id: str, partner_id: object, redirect_addresses: Iterable[str], scopes: Iterable[str] = ("profile",),
    algorithm: str = "ES256", logout_addresses: Iterable[str] = (), logout_notice: str = "",
    details_types: Iterable[str] = (), public_keys: Sequence[PublicKey] = (), caller: Caller,
) -> tuple[str, str]:
    """The partner's program may ask for logins. Returns its client id and its new secret, which is kept hashed alone; with
    `public_keys` there is no secret, and the program proves itself with them (private_key_jwt).

    A known client id takes the new description and the new secret or keys, at the same partner. Refuses: Forbidden, NotFound,
    not_allowed (a kid that was used before).
    `logout_addresses` are where people may go back to after a logout, `logout_notice` where the program is told of it;
    `details_types` what it may ask people to confirm (RFC 9396).
    Raises ValueError for an address that is not absolute https (or http on this computer), or an unknown scope or type.
    """
    if not may_manage(caller):
        raise Forbidden()
    addresses, scopes, afterwards = list(redirect_addresses), list(scopes), list(logout_addresses)
    notice = [logout_notice] if logout_notice else []
    if not addresses or not all(map(openid.is_usable_redirect, addresses + afterwards + notice)):
        raise ValueError("a redirect address must be absolute https, or http on this computer, without fragment")
    if not set(scopes) <= set(openid.CLAIMS):
        raise ValueError("an unknown scope")
    details_types = list(details_types)
    if not set(details_types) <= set(authorization_details.TYPES):
        raise ValueError("an unknown type of authorization_details")
    if public_keys and not client_assertion.CLIENT_ID.fullmatch(client_id):
        raise ValueError("a client with keys has a name of 1 to 60 visible signs")
    secret = "" if public_keys else tokens.secret_url()
    with transaction.atomic():
        partner = Partner.objects.filter(pk=partner_id).first()
        known = Client.objects.select_for_update().filter(client_id=client_id).first()
        if partner is None or (known is not None and known.partner_id != partner.id):
            raise NotFound()
        client, _ = Client.objects.update_or_create(client_id=client_id, defaults={
            "partner": partner, "secret_hash": _digest(secret) if secret else "",
            "authentication": Client.Authentication.SECRET if secret else Client.Authentication.KEYS,
            "redirect_addresses": addresses, "scopes": scopes, "details_types": details_types,
            "logout_addresses": afterwards, "logout_notice": logout_notice,
            "algorithm": Client.Algorithm(algorithm), "active": True,
            **({} if known else {"created_at": caller.at})})
        clients.replace_keys(client=client, keys=public_keys, caller=caller)
        audit.record(Event.CLIENT_REGISTERED, about=("client", client_id), caller=caller,
                     facts={"partner": partner.id, "redirect_addresses": addresses, "scopes": scopes,
                            "details_types": details_types, "logout_addresses": afterwards, "logout_notice": logout_notice,
                            "authentication": client.authentication})
    return client_id, secret


def authenticate_client(*, client_id: str, secret: str, caller: Caller) -> Client | None:
    """The client that this secret belongs to. A wrong one is recorded and counted by address, and answered as
    an unknown client is. Refuses: TooManyAttempts."""
    limits.refuse_spent(kind="client", caller=caller)
    client = queries.client(client_id)
    matches = compare_digest(_digest(secret), (client and client.secret_hash) or "0" * 64)
    if client is not None and client.authentication == Client.Authentication.SECRET and matches:
        return client
    limits.spend(kind="client", caller=caller)
    with transaction.atomic():
        audit.record(Event.CLIENT_REFUSED, about=("client", client_id[:60]), caller=caller, facts={"fault": "secret"})
    return None


def ask(*, client_id: str, redirect_address: str, wanted: Wanted, caller: Caller) -> AuthorisationRequest:
    """The request waits for the holder's login and answer. `wanted` was validated with openid.read_request().

    Not in the journal: anybody can ask as often as he likes, and nothing has happened to anybody yet.

    Refuses: TooManyAttempts, NotFound (no such client, or not its redirect address).
    """
    limits.spend(kind="authorize", caller=caller)
    with transaction.atomic():
        client = queries.client(client_id)
        if client is None or redirect_address not in client.redirect_addresses:
            raise NotFound()
        return AuthorisationRequest.objects.create(
            client=client, redirect_address=redirect_address, scopes=list(wanted.scopes), client_state=wanted.state,
            nonce=wanted.nonce, code_challenge=wanted.code_challenge, levels=list(wanted.levels),
            confirmation=asdict(wanted.confirmation) if wanted.confirmation else None,
            prompt_login="login" in wanted.prompts or wanted.max_age == 0, max_age=wanted.max_age,
            session_before=caller.session or None, asked_at=caller.at,
            expires_at=caller.at + timedelta(minutes=rules.current().login_transaction_minutes), state_since=caller.at)


def push(*, client_id: str, parameters: Mapping[str, list[str]], caller: Caller) -> str:
    """The authenticated client's request waits under this name for the browser, for 90 seconds and once (RFC 9126).

    It is judged now as it will be then. Raises ProtocolError. Refuses: NotFound (not its redirect address), TooManyAttempts.
    """
    limits.spend(kind="push", name=client_id, caller=caller)
    client = queries.client(client_id)
    if client is None or openid.single(parameters, "redirect_uri") not in client.redirect_addresses:
        raise NotFound()
    if openid.single(parameters, "client_id") not in ("", client_id):
        raise openid.ProtocolError("invalid_request", "client_id is another client's")
    openid.read_request(parameters, client.scopes, client.details_types, pushed=True)
    name = tokens.secret_url()
    kept = {key: values for key, values in parameters.items() if key in openid.READ}
    PushedRequest.objects.create(
        digest=_digest(name), client=client, parameters={**kept, "client_id": [client_id]},
        expires_at=caller.at + timedelta(seconds=openid.PUSHED_SECONDS))
    return openid.PUSHED_PREFIX + name


def take_pushed(*, request_uri: str, client_id: str, caller: Caller) -> dict[str, list[str]] | None:
    """What the client pushed under this name, the first time that it is asked for in time; else None."""
    digest = _digest(request_uri.removeprefix(openid.PUSHED_PREFIX))
    taken = PushedRequest.objects.filter(
        digest=digest, client__client_id=client_id, used_at=None, expires_at__gt=caller.at).update(used_at=caller.at)
    return PushedRequest.objects.get(digest=digest).parameters if taken else None


def grant(*, request_id: object, shown: dict[str, str], caller: Caller) -> tuple[AuthorisationRequest, str]:
    """The holder said yes to the values `shown`: they are released, and the client gets a code for 60 seconds.

    What was shown must still be what is known, so that nobody agrees to one thing and sends another.
    Refuses: RequestOver, NotFit.
    """
    with transaction.atomic():
        request = locked_request(request_id, caller.at)
        session = authentication.session(caller.session, caller.at) if caller.session else None
        if queries.fitness(request, session, caller.at) is not Fitness.FIT:
            raise NotFit()
        claims = queries.values(request, session.person_id)
        if claims != shown or request.confirmation is not None:
            raise RequestOver()
        code = give_code(request, session, claims, sorted(claims), caller)
    return request, code


def give_code(
    request: AuthorisationRequest, session: SessionView, claims: dict[str, str], released: list[str], caller: Caller
) -> str:
    """The locked request is answered with a code for 60 seconds; what is `released` with it stands for the person to see."""
    code = tokens.secret_url()
    REQUEST.advance(request, "grant", at=caller.at)
    limits.give_back(kind="authorize", caller=caller)
    identity = Identity.objects.get(pk=session.identity_id)
    AuthorisationCode.objects.create(
        digest=_digest(code), request=request, session_id=session.id, claims=claims,
        subject=_subject(request.client.partner_id, identity),
        expires_at=caller.at + timedelta(seconds=rules.current().authorisation_code_seconds))
    Release.objects.create(
        partner_id=request.client.partner_id, client=request.client, identity=identity, session_id=session.id,
        request_id=request.id, claims=released, at=caller.at)
    audit.record(Event.DATA_RELEASED, about=("authorisation_request", request.id), caller=caller,
                 facts={"client": request.client.client_id, "partner": request.client.partner_id, "claims": released})
    return code


def refuse(*, request_id: object, reason: str, caller: Caller) -> AuthorisationRequest:
    """The request is answered with an error, and nothing was released. Refuses: RequestOver."""
    with transaction.atomic():
        request = locked_request(request_id, caller.at)
        REQUEST.advance(request, "refuse", at=caller.at)
        audit.record(Event.REQUEST_REFUSED, about=("authorisation_request", request.id), caller=caller,
                     facts={"client": request.client.client_id, "reason": reason})
    return request


def redeem(
    *, client_id: str, code: str, redirect_address: str, verifier: str, issuer: str, caller: Caller
) -> Issued | None:
    """The client's tokens for a code, once; None when the code is not good, whatever the reason.

    The first presentation uses the code up, right or wrong; a second one revokes what the first had given (RFC 6749
    4.1.2). `client_id` is the authenticated client's. Wrong codes are counted by address.
    Refuses: TooManyAttempts, NoSigningKey, SignerUnavailable, SignerRefusal (the signer knows no such login).
    """
    access_token = tokens.secret_url()
    limits.refuse_spent(kind="client", caller=caller)
    with transaction.atomic():
        row = AuthorisationCode.objects.select_for_update(of=("self",)).select_related(
            "request__client", "session__evidence").filter(digest=_digest(code)).first()
        fault = _fault(row, client_id, redirect_address, verifier, caller.at)
        if row is not None and row.request.client.client_id == client_id:
            fresh = AuthorisationCode.objects.filter(pk=row.pk, used_at=None).update(used_at=caller.at)
            if not fresh:
                fault = "used"
                AccessToken.objects.filter(code=row, revoked_at=None).update(revoked_at=caller.at)
        if fault:
            audit.record(Event.CODE_REFUSED, about=("authorisation_request", row.request_id if row else "unknown"),
                         caller=caller, facts={"client": client_id, "fault": fault})
        else:
            known, _ = PartnerSession.objects.get_or_create(
                client=row.request.client, session=row.session,
                defaults={"name": tokens.secret_url(), "subject": row.subject})
            AccessToken.objects.create(digest=_digest(access_token), code=row,
                                       expires_at=caller.at + timedelta(seconds=openid.ACCESS_TOKEN_SECONDS))
            audit.record(Event.CODE_REDEEMED, about=("authorisation_request", row.request_id), caller=caller,
                         facts={"client": client_id})
    if fault:
        limits.spend(kind="client", caller=caller)
        return None
    confirmed = queries.confirmed(row.request)
    return Issued(id_token=_id_token(row, known.name, access_token, confirmed, issuer, caller.at), access_token=access_token,
                  expires_in=openid.ACCESS_TOKEN_SECONDS,
                  authorization_details=authorization_details.enriched(confirmed.row, confirmed.proof) if confirmed else None)


def tell_logouts(*, issuer: str, post: Callable[[str, dict[str, str]], bool], caller: Caller) -> int:
    """Programs that want to know are told of sessions that ended (OpenID Connect Back-Channel Logout 1.0). Returns how many
    took it.

    `post(address, form)` sends and says whether the program took it. Who does not is told again a few times, later.
    A session that nobody used any more ended for us alone.
    """
    due = PartnerSession.objects.filter(Q(due_at=None) | Q(due_at__lte=caller.at), settled_at=None,
                                        session__ended_at__isnull=False).order_by("id").values_list("pk", flat=True)
    return sum(_tell_logout(pk, issuer, post, caller) for pk in list(due[:50]))


def _tell_logout(pk: object, issuer: str, post: Callable[[str, dict[str, str]], bool], caller: Caller) -> int:
    with transaction.atomic():
        row = PartnerSession.objects.select_for_update(of=("self",)).select_related("client").get(pk=pk)
        if row.settled_at is not None or (row.due_at is not None and row.due_at > caller.at):
            return 0
        if not (row.client.logout_notice and row.client.active):
            PartnerSession.objects.filter(pk=pk).update(settled_at=caller.at)
            return 0
        # Kept before it is sent: what falls in between is sent again, and a program may hear of the same end twice.
        PartnerSession.objects.filter(pk=pk).update(tries=row.tries + 1, due_at=caller.at + LOGOUT_PAUSES[row.tries])
    try:
        token = _logout_token(row, issuer, caller.at)
    except Refusal:
        return 0
    taken, last = post(row.client.logout_notice, {"logout_token": token}), row.tries + 1 == len(LOGOUT_PAUSES)
    if not taken and not last:
        return 0
    with transaction.atomic():
        PartnerSession.objects.filter(pk=pk).update(settled_at=caller.at)
        audit.record(Event.LOGOUT_TOLD if taken else Event.LOGOUT_NOT_TAKEN, about=("session", row.session_id), caller=caller,
                     facts={"client": row.client.client_id, "tries": row.tries + 1})
    return int(taken)


def forget_requests(*, caller: Caller) -> int:
    """Requests, codes and access tokens that ended a day ago leave, pushed ones after minutes; releases and the audit log keep
    what happened."""
    PartnerSession.objects.filter(session__expires_at__lt=caller.at - KEPT).delete()
    PushedRequest.objects.filter(expires_at__lt=caller.at - KEPT_PUSHED).delete()
    UsedAssertion.objects.filter(expires_at__lt=caller.at - KEPT).delete()
    return AuthorisationRequest.objects.filter(expires_at__lt=caller.at - KEPT).delete()[0]


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def locked_request(request_id: object, at: datetime) -> AuthorisationRequest:
    """A request that waits for its answer. Refuses: RequestOver."""
    row = AuthorisationRequest.objects.select_for_update(of=("self",)).select_related("client__partner").filter(
        pk=request_id, state=State.ASKED, expires_at__gt=at).first()
    if row is None:
        raise RequestOver()
    return row


def _subject(partner_id: UUID, identity: Identity) -> str:
    row, _ = Subject.objects.get_or_create(
        partner_id=partner_id, person_id=identity.person_id,
        capacity=policy.capacity(identity.kind, identity.organisation_id), defaults={"value": tokens.secret_url()})
    return row.value


def _fault(
    row: AuthorisationCode | None, client_id: str, redirect_address: str, verifier: str, at: datetime
) -> str:
    if row is None:
        return "unknown"
    if row.request.client.client_id != client_id:
        return "other_client"
    if at >= row.expires_at:
        return "expired"
    if row.request.redirect_address != redirect_address:
        return "redirect_address"
    return "" if openid.verifier_matches(verifier, row.request.code_challenge) else "verifier"


def _id_token(
    row: AuthorisationCode, session_name: str, access_token: str, confirmed: Confirmed | None, issuer: str, at: datetime
) -> str:
    """R071: signed, bound to this client and this request, good for minutes. `confirmation` (ours) is the SHA-256 of the
    statement that was confirmed: the signer tells of no other."""
    request, session = row.request, row.session
    issued = int(at.timestamp())
    claims = {
        "iss": issuer, "sub": row.subject, "aud": request.client.client_id, "iat": issued,
        "exp": issued + openid.ID_TOKEN_SECONDS, "auth_time": int(session.authenticated_at.timestamp()),
        "acr": session.acr, "amr": list(session.amr), "at_hash": jose.half_hash(access_token), "sid": session_name,
        **({"nonce": request.nonce} if request.nonce else {}),
        **({"confirmation": sha256(confirmed.proof.statement).hexdigest()} if confirmed else {}),
    }
    return _signed(claims, request.client, "JWT", authentication.for_signer(session, confirmed.row if confirmed else None))


def _logout_token(row: PartnerSession, issuer: str, at: datetime) -> str:
    """OpenID Connect Back-Channel Logout 1.0, 2.4: never mistaken for an ID token, by its type and without a nonce."""
    issued = int(at.timestamp())
    claims = {"iss": issuer, "sub": row.subject, "aud": row.client.client_id, "iat": issued,
              "exp": issued + openid.LOGOUT_TOKEN_SECONDS, "jti": tokens.secret_url(), "sid": row.name,
              "events": {openid.LOGOUT_EVENT: {}}}
    return _signed(claims, row.client, "logout+jwt")


def _signed(claims: dict[str, Any], client: Client, kind: str, login: bytes = b"") -> str:
    """`login` is what the signer holds an ID token against."""
    found = [key for key in keys.all_active("openid") if jose.ALGORITHMS.get(key.algorithm) == client.algorithm]
    if not found:
        raise NoSigningKey()
    key = found[0]
    handle = signer.KeyHandle(signer.bound(), signer.KeyInfo(
        key_id=key.key_id, purpose=key.purpose, algorithm=key.algorithm, public_key_der=bytes(key.public_key_der)),
        content=login)
    return jose.sign(claims, key=handle, key_id=key.key_id, kind=kind)
