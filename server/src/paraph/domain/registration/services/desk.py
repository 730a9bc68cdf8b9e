# SPDX-License-Identifier: Apache-2.0
"""What a registration officer does with an order of his own authority (R021 to R023)."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from types import MappingProxyType

from django.db import transaction

from paraph.domain.accounts import queries as accounts_queries
from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.models import Identity, Person
from paraph.domain.accounts.queries import MatchedBy
from paraph.domain.audit import services as audit
from paraph.domain.authentication import services as authentication
from paraph.domain.certification import queries as certificates
from paraph.domain.devices import services as devices
from paraph.domain.devices.models import Device
from paraph.domain.devices.policy import Incompatible
from paraph.domain.notifications import services as notifications
from paraph.domain.orders import policy as orders_policy
from paraph.domain.orders import services as orders
from paraph.domain.orders.lifecycle import OrderState
from paraph.domain.orders.models import Order
from paraph.domain.proofing import queries as proofs
from paraph.domain.proofing import services as proofing
from paraph.domain.proofing.methods import DocumentFacts
from paraph.domain.proofing.models import Attempt
from paraph.domain.registration import policy
from paraph.domain.registration.events import Event
from paraph.domain.registration.models import ShownApproval
from paraph.domain.registration.services.naming import Name, say_who
from paraph.domain.registration.services.telling import recipient
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotFound, Refusal
from paraph.pki.names import Subject
from paraph.signer.client import Outcome


class NotPaidYet(Refusal):
    code = "not_paid_yet"
    sentence = "Cette commande n’est pas encore payée. L’identification vient après le paiement."


class NotIdentifiedYet(Refusal):
    """Approval rests on an accepted identification (R021)."""

    code = "not_identified_yet"
    sentence = "L’identité n’est pas encore vérifiée. La commande n’est pas approuvée."


class ContactsNotReadBack(Refusal):
    """Codes go only to contacts that an officer read back."""

    code = "contacts_not_read_back"
    sentence = "Relisez les coordonnées avec la personne, puis confirmez-le. La commande n’est pas approuvée."
    status = 422


class WhoIsThis(Refusal):
    """Somebody with the same matricule or document is known: the officer must say whether this is him."""

    code = "who_is_this"
    sentence = "Une personne connue correspond à cette commande. Indiquez s’il s’agit d’elle."


class NotAMatch(Refusal):
    code = "not_a_match"
    sentence = "La personne choisie ne correspond pas à cette commande. La commande n’est pas approuvée."
    status = 422


class NotCertifiable(Refusal):
    """The certificates could not be issued for this subject (certification.queries.obstacles). `findings` are the codes."""

    code = "not_certifiable"
    sentence = "Ces noms ne peuvent pas figurer dans un certificat. Faites corriger la commande ; elle n’est pas approuvée."
    status = 422


def expected_document(order: Order) -> DocumentFacts:
    """What the original must say, as the order has it (R017)."""
    return DocumentFacts(
        type=order.document["type"], number=order.document["number"], country=order.document["country"],
        expires_on=date.fromisoformat(order.document["expires_on"]), family_names=order.applicant["family_names"],
        given_names=order.applicant["given_names"], birth_date=date.fromisoformat(order.applicant["birth_date"]))


def identify(
    *, order_id: object, seen: DocumentFacts, person_present: bool, refuse_for: Iterable[str] = (), caller: Caller
) -> Attempt:
    """The officer compared the original with the order, and the person with the original; his decision stands.

    A refused attempt is a result: the order waits for another document or another day.
    Refuses: Forbidden (another authority's), ItIsYou, NotPaidYet, NotAllowed, TooLate.
    """
    with transaction.atomic():
        order = _own(order_id, caller)
        if order.state == OrderState.PLACED:
            raise NotPaidYet()
        if caller.at >= order.activation_deadline:
            raise orders.TooLate()
        attempt = proofing.decide(
            subject_id=order.id, authority_id=order.authority_id, method=order.channel,
            expected=expected_document(order), seen=seen, person_present=person_present, refuse_for=refuse_for,
            caller=caller)
        if attempt.accepted:
            orders.advance(order_id=order.id, move="prove", caller=caller)
    return attempt


class _NotSaid(Exception):  # noqa: N818  (it never leaves approve)
    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.value)
        self.outcome = outcome


def approve(
    *, order_id: object, match: object | None, token_serial: str, contacts_read_back: bool, code: str, caller: Caller
) -> Identity | Outcome:
    """The person exists, has the device that he ordered, not active yet, and is sent his codes (R018, R021 to R023).

    `token_serial` stands on the device that he is handed, `match` is the known person whom the officer recognised, None for
    somebody new. `code` is of the officer's own Token: with it the signer knows who may be certified under which name. A wrong
    one is a result, and nothing has happened. With a Scan: `approving`.
    Refuses: Forbidden, ItIsYou, NotIdentifiedYet, PapersMissing, WhoIsThis, NotAMatch, ContactsNotReadBack,
    NotCertifiable, NotInStock, IncompatibleDevice, TooLate, NotAllowed, NotARegistrar, ScanNeeded, SignerUnavailable.
    """
    if not contacts_read_back:
        raise ContactsNotReadBack()
    return settle_approval(order_id=order_id, match=match, token_serial=token_serial, caller=caller,
                           say=lambda name: say_who(name=name, code=code, caller=caller))


def settle_approval(
    *, order_id: object, match: object | None, token_serial: str, say: Callable[[Name], Outcome], caller: Caller,
    drawn: Mapping[str, object] = MappingProxyType({}),
) -> Identity | Outcome:
    """The approval itself. `say` asks the officer's device about the name; `drawn`: the identity's id and number that it
    showed. Refuses: as approve."""
    try:
        return _approve(order_id, match, token_serial, say, drawn, caller)
    except _NotSaid as wrong:
        with transaction.atomic():
            audit.record(Event.APPROVAL_CODE_REFUSED, about=("order", order_id), caller=caller,
                         facts={"outcome": wrong.outcome.value})
        return wrong.outcome


def _approve(
    order_id: object, match: object | None, token_serial: str, say: Callable[[Name], Outcome], drawn: Mapping[str, object],
    caller: Caller,
) -> Identity:
    with transaction.atomic():
        order, identity, subject, device = _registered(order_id, match, token_serial, drawn, caller)
        channel = _codes(order, identity, caller)
        orders.advance(order_id=order.id, move="prepare", caller=caller)
        audit.record(Event.ORDER_APPROVED, about=("order", order.id), caller=caller,
                     facts={"person": identity.person_id, "identity": identity.id, "proofing": proofs.accepted(order.id).id,
                            "matched": match is not None, "device": device.id, "codes_by": channel})
        # Last, so that a code is used up for nothing that would have been refused; and inside, so that nothing stands
        # without it. What the signer keeps of an approval that is not committed here is about nobody.
        outcome = say(Name.of(identity, subject))
        if outcome is not Outcome.ACCEPTED:
            raise _NotSaid(outcome)
    return identity


def rehearse(
    *, order_id: object, match: object | None, token_serial: str, drawn: Mapping[str, object], caller: Caller
) -> Name:
    """Whom this approval would name; nothing has happened. Refuses: as approve."""
    with transaction.atomic():
        _, identity, subject, _ = _registered(order_id, match, token_serial, drawn, caller)
        name = Name.of(identity, subject)
        transaction.set_rollback(True)
    return name


def _registered(
    order_id: object, match: object | None, token_serial: str, drawn: Mapping[str, object], caller: Caller
) -> tuple[Order, Identity, Subject, Device]:
    """The person exists and has what he ordered; his codes and the officer's word are still missing."""
    order = _own(order_id, caller)
    if proofs.accepted(order.id) is None:
        raise NotIdentifiedYet()
    person = _person(order, match, caller)
    identity = accounts.create_identity(person_id=person.id, kind=Identity.Kind.PRIVATE,
                                        device_family=Identity.Family.SERVER, caller=caller, **drawn)
    orders.advance(order_id=order.id, move="approve", person_id=person.id, identity_id=identity.id, caller=caller)
    _contacts(order, identity, caller)
    subject = _permit_names(order, identity, caller)
    device = devices.assign(identity_id=identity.id, serial=token_serial, first=True, caller=caller)
    if device.type != order.product:
        raise devices.IncompatibleDevice(why=Incompatible.OTHER_TYPE)
    return order, identity, subject, device


def refuse(*, order_id: object, reason: str, caller: Caller) -> Order:
    """The officer refuses the order for good and the customer is told why. Refuses: Forbidden, ItIsYou, NotAllowed."""
    with transaction.atomic():
        order = _own(order_id, caller)
        order = orders.advance(order_id=order.id, move="reject", reason=reason, caller=caller)
        ShownApproval.objects.filter(order=order).delete()
        audit.record(Event.ORDER_REFUSED, about=("order", order.id), caller=caller, facts={"reason": reason})
    return order


def _own(order_id: object, caller: Caller) -> Order:
    """The order, locked, if it is one of the caller's authority and not his own."""
    order = Order.objects.select_for_update().filter(pk=order_id).first()
    if order is None:
        raise NotFound()
    if not caller.has_role(policy.OFFICER, str(order.authority_id)):
        raise Forbidden()
    if accounts_queries.is_same_person(caller.person, order.claims):
        raise orders.ItIsYou()
    return order


def _person(order: Order, match: object | None, caller: Caller) -> Person:
    found = {candidate.person_id: candidate.by for candidate in accounts_queries.find_matches(order.claims)}
    expires_on = date.fromisoformat(order.document["expires_on"])
    if match is not None:
        if str(match) not in found:
            raise NotAMatch()
        if str(match) == caller.person:
            raise orders.ItIsYou()
        accounts.add_document(person_id=match, claims=order.claims, expires_on=expires_on, caller=caller)
        return accounts_queries.person(match)
    if any(set(by) & {MatchedBy.MATRICULE, MatchedBy.DOCUMENT} for by in found.values()):
        raise WhoIsThis()
    return accounts.create_person(
        claims=order.claims, document_expires_on=expires_on, birth_place=order.applicant["birth_place"],
        nationality=order.applicant["nationality"], language=order.language, caller=caller)


def _permit_names(order: Order, identity: Identity, caller: Caller) -> Subject:
    """Both certificates could be issued for this person as he was registered: said before he has codes in his hand."""
    subject = policy.subject_of(person=identity.person, ssn=identity.ssn, country=order.document["country"])
    for profile in policy.PROFILES.values():
        if findings := certificates.obstacles(profile, subject, caller.at):
            raise NotCertifiable(findings=[finding.code for finding in findings])
    return subject


def _contacts(order: Order, identity: Identity, caller: Caller) -> None:
    applicant = order.applicant
    postal = {"name": order.applicant_name, **{name: applicant[name] for name in ("street", "postcode", "city", "country")}}
    for kind, value in (("postal", postal), ("email", applicant["email"]), ("mobile", applicant["mobile"])):
        if value:
            accounts.record_contact(identity_id=identity.id, kind=kind, value=value, read_back=True, caller=caller)


def _codes(order: Order, identity: Identity, caller: Caller) -> str:
    """The three codes are made, hashed into authentication, and stand in clear in one sealed outbox row alone."""
    initial_password, challenge = tokens.initial_password(), tokens.digits(6)
    authentication.set_initial(identity_id=identity.id, initial_password=initial_password, challenge=challenge,
                               activation_code_hash=order.activation_code_hash, caller=caller)
    name, to = recipient(identity.id)
    last_day = orders_policy.last_day(order.activation_deadline)
    message = notifications.enqueue(
        template="codes", to=to, caller=caller,
        data={"name": name, "user_id": identity.user_id, "initial_password": initial_password,
              "challenge": challenge, "activate_until": last_day})
    notifications.enqueue(template="approved", to=to, caller=caller,
                          data={"name": name, "reference": order.reference, "codes_by": message.channel,
                                "activate_until": last_day})
    return message.channel
