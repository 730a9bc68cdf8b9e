# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable
from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from paraph.domain.accounts import policy as accounts_policy
from paraph.domain.accounts import services as accounts
from paraph.domain.audit import services as audit
from paraph.domain.limits import services as limits
from paraph.domain.orders import catalogue, policy
from paraph.domain.orders.catalogue import Channel, NotOffered, Product
from paraph.domain.orders.events import Event
from paraph.domain.orders.models import Order, Paper
from paraph.domain.orders.policy import Applicant, Document, Problem
from paraph.domain.orders.policy.papers import papers_for
from paraph.domain.orders.services.records import tell
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations.models import Organisation
from paraph.kernel import clock, secrets, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal


class IncompleteOrder(Refusal):
    """Something is missing or does not hold; `problems` maps each field to what is wrong with it (R003)."""

    code = "incomplete_order"
    sentence = gettext_noop("La commande n’est pas complète. Rien n’a été enregistré.")
    status = 422


class AuthorityNotChosen(Refusal):
    """Exactly one active registration authority must be chosen (R005)."""

    code = "authority_not_chosen"
    sentence = gettext_noop("Choisissez un bureau d’enregistrement dans la liste. Rien n’a été enregistré.")
    status = 422


def place(
    *, attempt: object, product: str, use: str, channel: str, authority_id: object, applicant: Applicant,
    document: Document, activation_code: str, texts: Iterable[object], language: str, caller: Caller,
) -> Order:
    """An order stands in state placed under a new reference, with its price, its papers and the accepted terms.

    The same attempt again returns the order that stands. Refuses: NotOffered, AuthorityNotChosen, IncompleteOrder
    (naming each field), TooManyAttempts, accounts.services.NothingAccepted (the terms).
    """
    found = Order.objects.filter(attempt=attempt).first()
    if found is not None:
        return found
    offered = catalogue.current().find(product, use)
    if channel not in offered.channels:
        raise NotOffered()
    authority = next((row for row in organisations.registration_authorities() if str(row.id) == str(authority_id)),
                     None)
    if authority is None:
        raise AuthorityNotChosen()
    problems = problems_of(applicant, document, activation_code, caller)
    if problems:
        raise IncompleteOrder(problems={name: str(problem) for name, problem in problems.items()})
    limits.spend(kind="place", caller=caller)
    # Before anything is locked: a hash may have to wait for its place.
    hashed = secrets.hash_secret(activation_code, "activation_code")
    try:
        return _record(
            attempt=attempt, offered=offered, channel=channel, authority=authority, applicant=_normal(applicant),
            document=_normal_document(document), activation_code_hash=hashed, texts=texts, language=language,
            caller=caller)
    except IntegrityError:
        # A button pressed twice: the other submission of this attempt came first.
        first = Order.objects.filter(attempt=attempt).first()
        if first is None:
            raise
        return first


def _record(
    *, attempt: object, offered: Product, channel: str, authority: Organisation, applicant: Applicant,
    document: Document, activation_code_hash: str, texts: Iterable[object], language: str, caller: Caller,
) -> Order:
    with transaction.atomic():
        order = Order.objects.create(
            attempt=attempt, reference=tokens.reference("P"), kind=Order.Kind.IDENTITY, state_since=caller.at,
            product=offered.device, use=offered.use, channel=Channel(channel), authority=authority, language=language,
            applicant=applicant.stored(), document=document.stored(),
            activation_code_hash=activation_code_hash, price=offered.price,
            placed_at=caller.at, activation_deadline=policy.activation_deadline(caller.at))
        Paper.objects.bulk_create(
            Paper(order=order, code=code, position=position)
            for position, code in enumerate(papers_for(offered.device, offered.use)))
        accounts.accept(subject_id=order.id, texts=texts, language=language, channel=caller.channel, caller=caller)
        audit.record(Event.PLACED, about=("order", order.id), caller=caller,
                     facts={"reference": order.reference, "product": offered.device, "use": offered.use,
                            "channel": channel, "authority": authority.id, "price": order.price},
                     personal={"name": order.applicant_name, "document": order.document["number"]})
        tell(order, "order_placed", caller)
    return order


def problems_of(
    applicant: Applicant, document: Document, activation_code: str, caller: Caller
) -> dict[str, Problem]:
    """Every field of the whole order that does not hold, as `applicant.city` and the like."""
    today = clock.local_date(caller.at)
    found = {f"applicant.{name}": problem for name, problem in policy.applicant_problems(applicant, today).items()}
    found |= {f"document.{name}": problem for name, problem in policy.document_problems(document, today).items()}
    found |= {f"document.{name}": problem
              for name, problem in policy.zone_differences(document, applicant.birth_date, today).items()}
    problem = policy.activation_code_problem(activation_code)
    return found | ({"activation_code": problem} if problem else {})


def _normal(applicant: Applicant) -> Applicant:
    return replace(
        applicant,
        **{name: " ".join(getattr(applicant, name).split())
           for name in ("family_names", "given_names", "street", "postcode", "city", "birth_place")},
        email=accounts_policy.normal_email(applicant.email) if applicant.email else "",
        mobile=accounts_policy.normal_mobile(applicant.mobile) if applicant.mobile else "")


def _normal_document(document: Document) -> Document:
    return replace(document, number=policy.normal_number(document.number))
