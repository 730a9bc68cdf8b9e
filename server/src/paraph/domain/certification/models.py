# SPDX-License-Identifier: Apache-2.0
from django.db import models

from paraph.domain.certification.lifecycle import APPROVAL, CERTIFICATE, ApprovalState, State
from paraph.kernel import tokens


class Authority(models.Model):
    """A certification authority: a name, a key in the signer, and the addresses that stand in what it issues.

    `profiles` are the names of the profiles that it issues; of several authorities for one profile the newest that is
    in service issues, the older ones keep publishing status. `status_version` counts the changes of what it issued, so
    that a list made before the last one is known to be old.

    What it issues is spread over `shards` lists, each certificate on one for ever, drawn at issuance; 0: one list. The
    number only grows. `deltas`: beside each full list there is a delta list.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    name = models.SlugField(max_length=40, unique=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    key_id = models.CharField(max_length=80)
    key_purpose = models.CharField(max_length=20)
    algorithm = models.CharField(max_length=20)
    public_key_der = models.BinaryField()
    subject_der = models.BinaryField()
    certificate_der = models.BinaryField(default=b"")
    not_after = models.DateTimeField(null=True)
    profiles = models.JSONField(default=list)
    policy_arc = models.CharField(max_length=80)
    in_service = models.BooleanField(default=True)
    certificate_url = models.CharField(max_length=200)
    list_url = models.CharField(max_length=200)
    ocsp_url = models.CharField(max_length=200, blank=True)
    shards = models.PositiveSmallIntegerField(default=0)
    deltas = models.BooleanField(default=False)
    disclosures = models.JSONField(default=list)
    status_version = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "authorities"

    def __str__(self) -> str:
        return self.name


class Certificate(models.Model):
    """A certificate from the reservation of its serial number on.

    `tbs_der` is what was linted and what the key signs; `der` is empty until the signature stands. `subject_id` is the
    identity (or the authority or service) as a plain value. `generation` groups the certificates that move together.

    What the responders say of it stands in the row: `crl_entry` is its revokedCertificates element, empty while it is
    good; `revocation_date` is the beginning of the suspension, also after a revocation that follows it (ITU-T X.509);
    `status_version` counts its changes, so that a stored answer made before the last change is known to be old.

    `born_on_hold`: on hold from its first instant until it is activated, because its key travels by post on a card.
    `invalid_since` is when the key is known or suspected to have been compromised, as whoever told us says (RFC 5280
    clause 5.3.2). `transliteration` says why a name stands in other letters than on the document (EN 319 412-2
    NAT-4.2.4-12A). `waiver` is the approval under which it was issued against a finding of the gate.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    attempt = models.CharField(max_length=80, unique=True)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="certificates")
    serial = models.CharField(max_length=40, unique=True)
    profile = models.CharField(max_length=60)
    profile_version = models.PositiveSmallIntegerField()
    usage = models.CharField(max_length=20)
    level = models.CharField(max_length=20, blank=True)
    subject_id = models.CharField(max_length=80, db_index=True)
    generation = models.CharField(max_length=80, db_index=True)
    identification = models.CharField(max_length=40, blank=True)
    device = models.ForeignKey("DeclaredDevice", null=True, on_delete=models.PROTECT, related_name="certificates")
    key_id = models.CharField(max_length=80, blank=True)
    public_key_digest = models.CharField(max_length=64)
    tbs_der = models.BinaryField()
    der = models.BinaryField(default=b"")
    not_before = models.DateTimeField()
    not_after = models.DateTimeField()
    state = models.CharField(max_length=20, default=State.RESERVED)
    state_since = models.DateTimeField()
    suspended_until = models.DateTimeField(null=True, db_index=True)
    revocation_date = models.DateTimeField(null=True)
    revocation_reason = models.PositiveSmallIntegerField(null=True)
    born_on_hold = models.BooleanField(default=False)
    invalid_since = models.DateTimeField(null=True)
    transliteration = models.CharField(max_length=80, blank=True)
    waiver = models.ForeignKey("Approval", null=True, on_delete=models.PROTECT, related_name="waived")
    crl_entry = models.BinaryField(default=b"")
    crl_shard = models.PositiveSmallIntegerField(default=0)
    status_version = models.BigIntegerField(default=0)

    class Meta:
        constraints = [CERTIFICATE.check_constraint("certification_certificate_state")]
        indexes = [
            models.Index(fields=["authority", "state"], name="certification_by_state"),
            models.Index(
                fields=["authority", "serial"], name="certification_listed", condition=~models.Q(revocation_date=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.profile} {self.serial}"


class CertifiedKey(models.Model):
    """Whose a public key is (SHA-256 of its SubjectPublicKeyInfo) and for what, from its first certificate on.

    The primary key makes the database refuse a second owner, also when two ask at the same moment.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    subject_id = models.CharField(max_length=80)
    usage = models.CharField(max_length=20)


class DeclaredDevice(models.Model):
    """A device in which keys live and can't leave, as the operator declared it with four eyes: `reference` names its
    certification or, in a demonstration, says that there is none. Without one no certificate speaks of a device.
    """

    name = models.SlugField(max_length=40, primary_key=True)
    reference = models.CharField(max_length=200)
    declared_at = models.DateTimeField()
    ends_at = models.DateTimeField()


class BlockedKey(models.Model):
    """A public key (SHA-256 of its SubjectPublicKeyInfo) that nobody gets a certificate for: known to be compromised."""

    digest = models.CharField(max_length=64, primary_key=True)
    reason = models.CharField(max_length=80)
    blocked_at = models.DateTimeField()


class Succession(models.Model):
    """A generation took the place of another: since `at` the new one is in use and the old one has ended.

    `kind` is renewal (same key), rekey (new key) or modification (other profile or data): EN 319 411-1 clauses 6.3.6,
    6.3.7 and 6.3.8. A generation succeeds one and is succeeded by one.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    predecessor = models.CharField(max_length=80, unique=True)
    successor = models.CharField(max_length=80, unique=True)
    subject_id = models.CharField(max_length=80, db_index=True)
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()


class Approval(models.Model):
    """Four eyes: somebody asks for a deed, somebody else allows it. What is allowed is exactly `content`.

    `content_hash` covers action and content; whoever decides names the hash that he saw, and the deed looks for the hash
    of what it is about to do. `subject` is the person whom the deed is about, if any: neither asks nor decides.
    `ends_at` is the first instant at which it allows nothing any more.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    action = models.CharField(max_length=40)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64, db_index=True)
    subject = models.CharField(max_length=80, blank=True)
    reason = models.TextField()
    ends_at = models.DateTimeField()
    asked_by = models.CharField(max_length=80)
    asked_at = models.DateTimeField()
    decided_by = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, default=ApprovalState.ASKED)
    state_since = models.DateTimeField()

    class Meta:
        constraints = [APPROVAL.check_constraint("certification_approval_state")]

    def __str__(self) -> str:
        return f"{self.action} {self.content_hash[:8]}"


class ProfileStanding(models.Model):
    """Since `since` certificates of this profile are issued in this version of the catalogue; None: not any more.

    The ceremony puts the catalogue in force as it is then; every later row stands on an approval. Rows are added, never
    changed: which version was in force at an instant can be told years later.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    profile = models.CharField(max_length=60)
    version = models.PositiveSmallIntegerField(null=True)
    since = models.DateTimeField()
    approval = models.OneToOneField(Approval, null=True, on_delete=models.PROTECT, related_name="standing")

    class Meta:
        indexes = [models.Index(fields=["profile", "-since", "-id"], name="certification_standing")]


class Alarm(models.Model):
    """Something that a person on duty must look at. A job turns rows into notifications; `closed_at` ends one.

    There is one open row per code and thing; raised again it counts. `told_at` is when operators were told last,
    `taken_at` and `taken_by` say who takes care of it.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    code = models.CharField(max_length=60)
    about = models.CharField(max_length=80)
    facts = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    last_raised_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    told_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.CharField(max_length=80, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code", "about"], condition=models.Q(closed_at=None), name="certification_alarm_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.about}"


class StatusInterval(models.Model):
    """From `since` on (until the next row's `since`) the certificate was in `state`. Rows are added, never changed.

    `recorded_at` is when the service wrote it, later than `since` where a deadline passed while it was down. `cause` is
    why in our words, `reason` the CRLReason of RFC 5280.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="intervals")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=20)
    since = models.DateTimeField()
    recorded_at = models.DateTimeField()
    cause = models.CharField(max_length=40, blank=True)
    reason = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["certificate", "number"], name="certification_interval_number")]


class StatusChange(models.Model):
    """A change of what the world is told of a certificate: from `number` on, which is the authority's `status_version`.

    Delta lists and long lists find in it what changed since an earlier list. The instants tell how long a request took
    (EN 319 411-1 REV-6.2.4-03A): received, decided, and seen on the list and in an OCSP answer by a probe that asks as a
    stranger does. A later change of the same certificate that was seen shows the earlier ones too.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="changes")
    number = models.BigIntegerField()
    shard = models.PositiveSmallIntegerField()
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="changes")
    serial = models.CharField(max_length=40)
    received_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    list_seen_at = models.DateTimeField(null=True)
    answer_seen_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "number"], name="certification_change_number"),
        ]
        indexes = [
            models.Index(fields=["authority", "shard", "number"], name="certification_changes_of_shard"),
            models.Index(
                fields=["received_at"], name="certification_unseen",
                condition=models.Q(list_seen_at=None) | models.Q(answer_seen_at=None)),
        ]


class RevocationList(models.Model):
    """A published list: full, or a delta against the full list `base_number`. Shard 0 is all that the authority issued.

    `status_version` is the authority's at the moment its entries were read: what changed later is not on it. Reserved
    until `octets`, its size, is known. A short list is `der`; of a long one `head`, the parts' contents and `tail` are
    the whole, and `lengths` says how many octets the entries of each group of serials take. `digest` is what was signed.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="lists")
    number = models.BigIntegerField()
    shard = models.PositiveSmallIntegerField(default=0)
    base_number = models.BigIntegerField(null=True)
    this_update = models.DateTimeField()
    next_update = models.DateTimeField()
    entries = models.PositiveIntegerField()
    status_version = models.BigIntegerField()
    octets = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=96, blank=True)
    der = models.BinaryField(default=b"")
    head = models.BinaryField(default=b"")
    tail = models.BinaryField(default=b"")
    lengths = models.BinaryField(default=b"")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["authority", "number"], condition=models.Q(base_number=None), name="certification_list_number"),
            models.UniqueConstraint(
                fields=["authority", "number"], condition=~models.Q(base_number=None), name="certification_delta_number"),
        ]
        indexes = [models.Index(fields=["authority", "shard", "-number"], name="certification_newest_list")]


class RevocationListPart(models.Model):
    """Some of the entries of a long list, in order. Of older lists they are dropped, the list's row stays."""

    id = models.BigAutoField(primary_key=True)
    list = models.ForeignKey(RevocationList, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["list", "number"], name="certification_list_part")]


class UnknownSerials(models.Model):
    """How often within an hour (from `hour` on) OCSP was asked about serials that were never issued.

    EN 319 411-1 OVR-6.6.3-03: such questions may be the sign of certificates that somebody else made in our name.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="unknown_serials")
    hour = models.DateTimeField()
    asked = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authority", "hour"], name="certification_unknown_per_hour")]


class StatusAnswer(models.Model):
    """A stored OCSP answer for one certificate and one way of naming it ("sha1" or "sha256" of the issuer).

    `status_version` is the certificate's when the answer was made: another number now means that it must not be served.
    """

    id = models.UUIDField(primary_key=True, default=tokens.uuid7, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="answers")
    hash_name = models.CharField(max_length=10)
    status_version = models.BigIntegerField()
    this_update = models.DateTimeField()
    next_update = models.DateTimeField(db_index=True)
    der = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "hash_name"], name="certification_answer_per_hash")
        ]
