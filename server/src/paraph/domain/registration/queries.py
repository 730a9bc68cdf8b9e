# SPDX-License-Identifier: Apache-2.0
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Person
from paraph.domain.accounts.queries import MatchedBy
from paraph.domain.audit.models import Event as AuditEvent
from paraph.domain.authentication import queries as authentication
from paraph.domain.authentication.models import LoginEvidence
from paraph.domain.authentication.policy import PASSKEY
from paraph.domain.certification import queries as certificates
from paraph.domain.certification.lifecycle import State as CertificateState
from paraph.domain.certification.models import Certificate
from paraph.domain.devices import policy as devices_policy
from paraph.domain.devices import queries as devices
from paraph.domain.devices.models import Device
from paraph.domain.orders.models import Order
from paraph.domain.registration import policy
from paraph.domain.registration.models import Activation, ShownApproval
from paraph.kernel import rules
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.pki import names


@dataclass(frozen=True)
class Candidate:
    """A known person who may be the applicant, and by what."""

    person: Person
    by: tuple[MatchedBy, ...]

    @property
    def must_be_settled(self) -> bool:
        """Whether the officer can't go on without saying that this is him, or refusing."""
        return bool({MatchedBy.MATRICULE, MatchedBy.DOCUMENT} & set(self.by))


def activation(activation_id: object) -> Activation:
    """Raises NotFound."""
    try:
        return Activation.objects.select_related("order", "identity__person").get(pk=activation_id)
    except (Activation.DoesNotExist, ValidationError) as error:
        raise NotFound() from error


def subject_of(activation: Activation) -> names.Subject:
    """What both certificates of this activation will say of the holder."""
    return policy.subject_of(person=activation.identity.person, ssn=activation.identity.ssn,
                             country=activation.order.document["country"])


def subject_of_identity(identity_id: object) -> names.Subject | None:
    """The same for an approved order that may not be activated yet; None without one."""
    order = Order.objects.filter(identity_id=identity_id).first()
    if order is None:
        return None
    identity = accounts.identity(identity_id)
    return policy.subject_of(person=identity.person, ssn=identity.ssn, country=order.document["country"])


def subject_text(of: names.Subject) -> str:
    return names.readable(of.encode())


def postal_address(identity_id: object) -> tuple[str, ...]:
    """The lines of the verified address to which letters and products go; none where we have none."""
    contact = accounts.contact(identity_id)
    return policy.postal_lines(contact.postal, contact.language)


def shown_approval(order_id: object, officer: str) -> ShownApproval | None:
    """What an officer's Scan is shown about an order; another one has to choose himself."""
    return ShownApproval.objects.filter(order_id=order_id, officer=officer or "-").first()


def name_shown(order: Order, shown: ShownApproval) -> str:
    """The name as it will stand in the certificates of whom an approval would name."""
    known = accounts.person(shown.match) if shown.match else None
    given_names = known.given_names if known else order.applicant["given_names"]
    family_names = known.family_names if known else order.applicant["family_names"]
    return names.natural_person(given_names=given_names, family_names=family_names, country="", ssn=shown.ssn).common_name


def candidates(order: Order) -> list[Candidate]:
    """Known persons whom the order may be about, the strongest ground first."""
    matches = accounts.find_matches(order.claims)
    known = accounts.persons(match.person_id for match in matches)
    return [Candidate(known[match.person_id], match.by) for match in matches]


def certificate_pair(identity_id: object) -> dict[str, Certificate]:
    """The newest generation of an identity's certificates by usage, whatever their state; empty before activation."""
    found: dict[str, Certificate] = {}
    for certificate in certificates.for_subject(str(identity_id)):
        if certificate.state == CertificateState.ISSUED:
            continue
        if not found or certificate.generation == next(iter(found.values())).generation:
            found.setdefault(certificate.usage, certificate)
    return found


@dataclass(frozen=True)
class Offer:
    """A device that could join an identity. `way`: "self", or "call" customer service."""

    type: str
    way: str


# What is handed out today beside a first device; others join when they exist.
OFFERED = ("scan",)


def offers(identity_id: object, at: datetime) -> list[Offer]:
    """What may be added and how (R208 to R211), by the devices that are active now."""
    holder = accounts.identity(identity_id)
    active = [device.type for device in devices.active_for(identity_id, at)]
    present = [device.type for device in devices.for_identity(identity_id)]
    found = []
    for kind in OFFERED:
        if kind in present:
            continue
        if devices_policy.obstacle(kind, family=holder.device_family, present=active, by_holder=True) is None:
            found.append(Offer(kind, "self"))
        elif devices_policy.obstacle(kind, family=holder.device_family, present=active, by_holder=False) is None:
            found.append(Offer(kind, "call"))
    return found


def logins(identity_id: object, limit: int = 100) -> list[LoginEvidence]:
    """Every finished login with this identity's device, newest first: when, for which partner, with which device."""
    return list(LoginEvidence.objects.filter(identity_id=identity_id).select_related("partner")
                .order_by("-at", "-id")[:limit])


def activity(identity_id: object, since: datetime | None = None, limit: int = 100) -> list[AuditEvent]:
    """What happened to an identity or was done with it, newest first."""
    rows = AuditEvent.objects.filter(identity=str(identity_id)) | AuditEvent.objects.filter(
        about_kind="identity", about_id=str(identity_id))
    if since is not None:
        rows = rows.filter(at__gte=since)
    return list(rows.order_by("-at", "-id")[:limit])


def active_proof(caller: Caller) -> Device | None:
    """The device that opened the caller's session, if it is one that lets passkeys in and is active."""
    serial = authentication.device_of_session(caller.session)
    allowing = devices_policy.TYPES[PASSKEY].added_by_holder
    return next((device for device in devices.active_for(caller.identity, caller.at)
                 if device.serial == serial and device.type in allowing), None)


def fresh_proof(caller: Caller) -> Device | None:
    """The same, if the login was a moment ago."""
    session = authentication.session(caller.session, caller.at)
    fresh = timedelta(minutes=rules.current().fresh_login_minutes)
    return active_proof(caller) if session and caller.at - session.authenticated_at <= fresh else None
