# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.accounts.models import Identity, Person
from paraph.domain.authentication.models import Session
from paraph.domain.identity_provider.lifecycle import REQUEST, State
from paraph.domain.partners.models import Partner
from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField


class Client(models.Model):
    """A program of a partner that may ask. `secret_hash` is the SHA-256 of 256 random bits, so it needs no slow hash; empty where
    it proves itself with its keys. It has one way to prove itself, so that nobody can choose the weaker one.

    `scopes` is what the partner's registered set of data lets it ask for; `redirect_addresses` are compared exactly, and so
    are `logout_addresses`, where people go back to after a logout. `logout_notice` is where the program wants to be told that
    a session ended (OpenID Connect Back-Channel Logout); empty: nowhere.
    """

    class Algorithm(models.TextChoices):
        ES256 = "ES256"
        RS256 = "RS256"

    class Authentication(models.TextChoices):
        SECRET = "client_secret_basic"
        KEYS = "private_key_jwt"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    client_id = models.CharField(max_length=60, unique=True)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    authentication = models.CharField(max_length=20, choices=Authentication, default=Authentication.SECRET)
    secret_hash = models.CharField(max_length=64, blank=True)
    redirect_addresses = models.JSONField(default=list)
    logout_addresses = models.JSONField(default=list)
    logout_notice = models.CharField(max_length=500, blank=True)
    scopes = models.JSONField(default=list)
    details_types = models.JSONField(default=list)
    """The types of authorization_details (RFC 9396) that it may ask."""
    algorithm = models.CharField(max_length=8, choices=Algorithm, default=Algorithm.ES256)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()


class ClientKey(models.Model):
    """A public key of a client (RFC 7517) and the one algorithm that it is for. A `key_id` is used once, for ever."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="keys")
    key_id = models.CharField(max_length=100)
    algorithm = models.CharField(max_length=8)
    jwk = models.JSONField()
    thumbprint = models.CharField(max_length=64)
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=("client", "key_id"), name="identity_provider_key_once")]


class UsedAssertion(models.Model):
    """A client's signed statement that was presented, as the SHA-256 of client and `jti`: it is good once (RFC 7523 clause 3)."""

    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)


class AuthorisationRequest(models.Model):
    """What a client asked, validated. `session_before` was open in the browser then: not enough for prompt=login.
    `confirmation` is what the person is asked to confirm (authentication.policy.Asked), if anything."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    redirect_address = models.CharField(max_length=500)
    scopes = models.JSONField()
    client_state = models.TextField(blank=True)
    nonce = models.TextField(blank=True)
    code_challenge = models.CharField(max_length=43)
    levels = models.JSONField(default=list)
    prompt_login = models.BooleanField(default=False)
    max_age = models.PositiveIntegerField(null=True)
    confirmation = SealedJSONField(null=True)
    session_before = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [REQUEST.check_constraint("identity_provider_request_state")]


class PushedRequest(models.Model):
    """Parameters that a client sent itself, before the browser comes (RFC 9126), under the SHA-256 of their name. Used once."""

    digest = models.CharField(max_length=64, primary_key=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    parameters = SealedJSONField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)


class Subject(models.Model):
    """The name of a person at one partner (pairwise `sub`): another one at each partner, kept through new identities.

    `capacity` is "private", or the id of the organisation in whose name the person acts.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=40)
    value = models.CharField(max_length=43, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("partner", "person", "capacity"), name="identity_provider_one_subject"),
        ]


class AuthorisationCode(models.Model):
    """The code of one granted request, as its SHA-256. `claims` are the very values that the holder saw."""

    digest = models.CharField(max_length=64, primary_key=True)
    request = models.OneToOneField(AuthorisationRequest, on_delete=models.CASCADE, related_name="code")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=43)
    claims = SealedJSONField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class AccessToken(models.Model):
    """A short-lived opaque token for the userinfo endpoint, as its SHA-256."""

    digest = models.CharField(max_length=64, primary_key=True)
    code = models.ForeignKey(AuthorisationCode, on_delete=models.CASCADE, related_name="access_tokens")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class PartnerSession(models.Model):
    """A client that got an ID token in this session, under which names, and whether it knows that the session ended.

    `due_at` is when it is told next; `tries` were made in vain or are under way.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=43, unique=True)
    """`sid` at this client alone: two partners can't compare theirs."""
    subject = models.CharField(max_length=43)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=("client", "session"), name="identity_provider_session_once"),
        ]
        indexes = [models.Index(fields=("session",), name="identity_provider_to_tell",
                                condition=models.Q(settled_at__isnull=True))]


class Release(models.Model):
    """The holder agreed that these data go to this partner, this once (R290, R292). Never changed."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    request_id = models.UUIDField(unique=True)
    claims = models.JSONField()
    at = models.DateTimeField()
