# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.accounts.models import Identity, Person
from paraph.domain.staff.lifecycle import (
    INVITATION,
    MEMBER,
    REQUEST,
    InvitationState,
    MemberState,
    RequestState,
)
from paraph.kernel import tokens
from paraph.kernel.fields import SealedJSONField, SealedTextField


class Member(models.Model):
    """Somebody who works here with one staff identity, from his joining to his end. The roles are his memberships.

    `device_serial`: what he was handed last. `on_duty`: alarms go to him.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    identity = models.OneToOneField(Identity, on_delete=models.PROTECT, related_name="+")
    device_serial = models.CharField(max_length=40)
    joined_at = models.DateTimeField()
    on_duty = models.BooleanField(default=False)
    state = models.CharField(max_length=12, choices=MemberState, default=MemberState.ACTIVE)
    state_since = models.DateTimeField()
    state_by = models.CharField(max_length=80)
    """Who suspended, reinstated or ended him: a person's id, or an account of the machine."""

    class Meta:
        constraints = [
            MEMBER.check_constraint("staff_member_state"),
            models.UniqueConstraint(fields=("person",), condition=~models.Q(state=MemberState.ENDED),
                                    name="staff_one_membership"),
        ]


class StaffRequest(models.Model):
    """Four eyes: one operator asks for exactly `content`, another decides before `decide_until`. `renew`: new access for who
    lost his password or what he logs in with; `address`: another e-mail address.

    `content_hash` is keyed and covers kind, member and content; who decides names the hash that he saw. `member` is whom it
    is about, if he is known already; who is invited stands in the content. `token_serial` is promised to the invited.
    """

    class Kind(models.TextChoices):
        INVITE = "invite"
        CHANGE = "change"
        REINSTATE = "reinstate"
        END = "end"
        RENEW = "renew"
        ADDRESS = "address"

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="requests")
    content = SealedJSONField()
    content_hash = models.CharField(max_length=64)
    token_serial = models.CharField(max_length=40, blank=True)
    reason = SealedTextField()
    asked_by = models.CharField(max_length=40)
    asked_at = models.DateTimeField()
    decide_until = models.DateTimeField()
    decided_by = models.CharField(max_length=40, blank=True)
    decided_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=RequestState, default=RequestState.ASKED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [
            REQUEST.check_constraint("staff_request_state"),
        ]
        indexes = [models.Index(fields=("decide_until",), name="staff_requests_to_lapse",
                                condition=models.Q(state=RequestState.ASKED))]


class EndedDevice(models.Model):
    """A device of the staff that opens nothing any more: the signer is told until it answers."""

    serial = models.CharField(max_length=40, primary_key=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="ended_devices")
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, db_index=True)


class Invitation(models.Model):
    """The link of what two operators decided, to an invitation, new access or an address: good once and before `expires_at`.
    Only its SHA-256 is kept. `member`: who took it up."""

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    request = models.OneToOneField(StaffRequest, on_delete=models.PROTECT, related_name="invitation")
    digest = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    times = models.PositiveSmallIntegerField(default=1)
    token_serial = models.CharField(max_length=40, blank=True)
    member = models.ForeignKey(Member, null=True, on_delete=models.PROTECT, related_name="invitations")
    state = models.CharField(max_length=12, choices=InvitationState, default=InvitationState.SENT)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [
            INVITATION.check_constraint("staff_invitation_state"),
        ]
        indexes = [models.Index(fields=("expires_at",), name="staff_links_to_lapse",
                                condition=models.Q(state=InvitationState.SENT))]
