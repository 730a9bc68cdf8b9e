# SPDX-License-Identifier: Apache-2.0
from datetime import datetime

from django.db import models

from paraph.domain.accounts.models import Identity, Person
from paraph.domain.accounts.queries import STRANGER
from paraph.domain.authentication.lifecycle import CONFIRMATION, LOGIN, OPEN_CONFIRMATION, ConfirmationState, State
from paraph.domain.authentication.lockout import Lane
from paraph.domain.authentication.policy import Obstacle
from paraph.domain.partners.models import Partner
from paraph.kernel import tokens
from paraph.kernel.fields import SealedBytesField, SealedTextField


class Credential(models.Model):
    """What an identity knows, as hashes, each short one with its counter of wrong tries.

    Before activation the initial codes stand alone; `activated_at` says since when the password does. `failures` counts
    wrong factors at any partner since the last success, codes on their way to the signer included (R150, Q18); the
    account is blocked from the last one that counts, `failed_at` (services.lockout). `unblocked_since` is set when a
    block ended by itself and no login has succeeded since (R152). The `known_` columns are the same for the lane of
    known browsers, where the operator has lanes (lockout).
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="+")
    password_hash = models.CharField(max_length=200, blank=True)
    password_set_at = models.DateTimeField(null=True)
    initial_password_hash = models.CharField(max_length=200, blank=True)
    initial_password_tries = models.PositiveSmallIntegerField(default=0)
    activation_code_hash = models.CharField(max_length=200, blank=True)
    activation_code_tries = models.PositiveSmallIntegerField(default=0)
    challenge_hash = models.CharField(max_length=200, blank=True)
    challenge_tries = models.PositiveSmallIntegerField(default=0)
    secret_image = SealedTextField(blank=True)
    created_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    failed_at = models.DateTimeField(null=True)
    block_told_at = models.DateTimeField(null=True)
    unblocked_since = models.DateTimeField(null=True)
    known_failures = models.PositiveSmallIntegerField(default=0)
    known_failed_at = models.DateTimeField(null=True)
    known_block_told_at = models.DateTimeField(null=True)
    known_unblocked_since = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=("failures",), name="authentication_untold_blocks",
                         condition=models.Q(failures__gt=0, block_told_at__isnull=True)),
            models.Index(fields=("known_failures",), name="authentication_untold_known",
                         condition=models.Q(known_failures__gt=0, known_block_told_at__isnull=True)),
        ]


class OwnPicture(models.Model):
    """A holder's own secret image, as we drew it anew from what he sent (R118). Only the step after his password shows it."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="+")
    content = SealedBytesField()
    set_at = models.DateTimeField()


class KnownBrowser(models.Model):
    """A browser in which this holder has logged in: the SHA-256 of the value that its cookie holds."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=("identity", "digest"), name="authentication_browser_once")]


class OneTimeCode(models.Model):
    """A code for one purpose, good for minutes and once, as a hash with its counter of wrong tries.

    By SMS: `identity` is empty for a UserID that nobody has, and the row was asked for before a job made the code, so
    that asking costs the same whoever is asked about. From the helpdesk: `given_by` is the agent's person id.
    `settled_at`: the code was made, or it was decided that none is.
    """

    class Purpose(models.TextChoices):
        RESET = "reset"
        UNBLOCK = "unblock"
        DEVICES = "devices"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, null=True, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=Purpose)
    code_hash = models.CharField(max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    given_by = models.CharField(max_length=40, blank=True)
    asked_at = models.DateTimeField(db_index=True)
    settled_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=("asked_at",), name="authentication_codes_to_make",
                                condition=models.Q(settled_at__isnull=True))]


class RecoveryStep(models.Model):
    """A forgotten password or a blocked account whose first proof was right, and whose Scan must answer `image` now.

    `password_hash` is the new password's, `by` what the first proof was. Finished once; over after `image_until`.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=OneTimeCode.Purpose)
    by = models.CharField(max_length=20)
    password_hash = models.CharField(max_length=200, blank=True)
    device_serial = models.CharField(max_length=40)
    signer_session = models.CharField(max_length=40)
    image = models.BinaryField()
    image_until = models.DateTimeField()
    opened_at = models.DateTimeField(db_index=True)
    finished_at = models.DateTimeField(null=True)


class LoginTransaction(models.Model):
    """One login at the door after its first step: whose, for which partner, with which device, until when.

    With a device that shows no secret image everybody comes so far (R106): `obstacle` says what was wrong in the first
    step, and with one no answer opens anything. `identity` is empty for a UserID that nobody has.

    `statement` are the canonical bytes that the signer's session covers, `shown_at` the display of the code page, from
    which the codes of event-based Tokens count. `image` is what a Scan must be shown (readable by that device alone),
    `site` and `notice` the words on it. `claimed_at` is set while one submission of a code is under way, and
    `attempt` is its name at the signer.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, null=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    obstacle = models.CharField(max_length=12, blank=True, default=Obstacle.NONE.value)
    partner = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20)
    standing = models.CharField(max_length=12)
    lane = models.CharField(max_length=8, default=Lane.ACCOUNT.value)
    device = models.CharField(max_length=20)
    device_serial = models.CharField(max_length=40)
    statement = models.BinaryField()
    key_id = models.CharField(max_length=80, blank=True)
    certificate_serial = models.CharField(max_length=40, blank=True)
    signer_session = models.CharField(max_length=40)
    image = models.BinaryField(default=b"")
    site = models.CharField(max_length=64, blank=True)
    notice = models.CharField(max_length=300, blank=True)
    shown_at = models.DateTimeField()
    code_until = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True)
    attempt = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [
            LOGIN.check_constraint("authentication_login_state"),
            models.CheckConstraint(name="authentication_login_of_nobody",
                                   condition=models.Q(identity__isnull=False, person__isnull=False)
                                   | models.Q(obstacle=Obstacle.PASSWORD.value)),
            models.CheckConstraint(name="authentication_obstacle_opens_nothing",
                                   condition=models.Q(obstacle=Obstacle.NONE.value) | models.Q(
                                       key_id="", state__in=(State.WAITING, State.REFUSED, State.CANCELLED))),
        ]

    @property
    def holder(self) -> Identity:
        """Whose login it is; a stranger's where nobody has the UserID."""
        return self.identity or STRANGER


class Session(models.Model):
    """A finished login: who, with which factors, until when, from where and with which browser. The web session only
    holds its id. Address and browser are there for the holder, who looks for a session that is not his; they are forgotten
    a day after it (services.forget_logins)."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    scope = models.CharField(max_length=12)
    address = SealedTextField(null=True)
    agent = SealedTextField(null=True)
    acr = models.CharField(max_length=80)
    amr = models.JSONField(default=list)
    authenticated_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [models.Index(fields=("expires_at",), name="authentication_where_to_forget",
                                condition=models.Q(address__isnull=False))]


class LoginEvidence(models.Model):
    """Proof that the holder's authentication key, opened by his device, signed this login. Never changed.

    `statement` is what was signed (its SHA-256 is what the key saw), `signature` what the signer released. Staff, and
    a holder whose certificate is suspended, sign nothing: their rows hold the statement and the signer's session alone.
    `device_statement` is what a Scan showed and its code covered (pki.scan.decode), octet by octet. A passkey signs the
    statement itself, without any key of ours: there it is what the authenticator answered (statements.passkey).
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="evidence")
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, null=True, on_delete=models.PROTECT, related_name="+")
    statement = models.BinaryField()
    signature = models.BinaryField(default=b"")
    device_statement = models.BinaryField(default=b"")
    key_id = models.CharField(max_length=80, blank=True)
    certificate_serial = models.CharField(max_length=40, blank=True)
    device_serial = models.CharField(max_length=40)
    signer_session = models.CharField(max_length=40)
    at = models.DateTimeField()


class Confirmation(models.Model):
    """What a partner asks this holder to confirm, once, with a fresh code that covers exactly this.

    Asked is the exact `text`, or a document's `digest` (SHA-256 in hex) under its `label`, or both. `client_id` is the partner's
    program, `request` names what it began with, `session` is the login in which it was asked: there alone the answer goes
    back to the partner.
    From `shown_at` the device waits: `statement` is what will be signed, `image` what a Scan must be shown, until
    `code_until`. `claimed_at` is set while one code is at the signer, and `attempt` is its name there.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    reference = models.CharField(max_length=20, unique=True)
    identity = models.ForeignKey(Identity, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    client_id = models.CharField(max_length=60)
    request = models.UUIDField(unique=True)
    minimum_level = models.CharField(max_length=12)
    """What the device must reach: as a partner's (partners.Partner.Level), or more where the request asked for more."""
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    text = SealedTextField()
    digest = models.CharField(max_length=64, blank=True)
    label = SealedTextField()
    language = models.CharField(max_length=5)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    code_until = models.DateTimeField(null=True)
    device = models.CharField(max_length=20, blank=True)
    device_serial = models.CharField(max_length=40, blank=True)
    statement = SealedBytesField(null=True)
    key_id = models.CharField(max_length=80, blank=True)
    certificate_serial = models.CharField(max_length=40, blank=True)
    signer_session = models.CharField(max_length=40, blank=True)
    image = models.BinaryField(default=b"")
    lane = models.CharField(max_length=8, default=Lane.ACCOUNT.value)
    claimed_at = models.DateTimeField(null=True)
    attempt = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=ConfirmationState, default=ConfirmationState.ASKED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [CONFIRMATION.check_constraint("authentication_confirmation_state")]
        indexes = [
            models.Index(fields=("identity", "-asked_at"), name="authentication_confirmations"),
            models.Index(fields=("expires_at",), name="authentication_to_lapse",
                         condition=models.Q(state__in=OPEN_CONFIRMATION)),
        ]

    @property
    def ended_at(self) -> datetime:
        """When it was decided; of one that nobody answered, its deadline."""
        return self.decided_at or self.expires_at


class ConfirmationEvidence(models.Model):
    """Proof that the holder confirmed, for a court that has nothing of ours: `signature` is his authentication key's over
    `statement`, opened by the device. Never changed.

    `device_statement` is what a Scan showed and its code covered. A passkey signs the statement itself, without any key of
    ours: there it is what the authenticator answered (statements.passkey), and `public_key` is the passkey's (DER).
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    confirmation = models.OneToOneField(Confirmation, on_delete=models.PROTECT, related_name="evidence")
    statement = SealedBytesField()
    signature = models.BinaryField(default=b"")
    device_statement = SealedBytesField()
    public_key = models.BinaryField(default=b"")
    key_id = models.CharField(max_length=80, blank=True)
    certificate_serial = models.CharField(max_length=40, blank=True)
    device = models.CharField(max_length=20)
    device_serial = models.CharField(max_length=40)
    signer_session = models.CharField(max_length=40)
    at = models.DateTimeField()
