# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from django.db import transaction

from paraph.domain.accounts import policy as accounts_policy
from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.domain.support import policy
from paraph.domain.support.events import Event
from paraph.domain.support.lifecycle import CASE, State
from paraph.domain.support.models import CallerCheck, Case
from paraph.kernel import clock, rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Forbidden, NotAllowed, NotFound, Refusal

CHECK_WINDOW = timedelta(days=1)


class TooManyChecks(Refusal):
    """Somebody tries answers for this holder: no more today, on the phone either."""

    code = "too_many_checks"
    sentence = "Trop d’identifications ont échoué pour ce compte aujourd’hui. Proposez un bureau d’enregistrement."


class ItIsYourself(Refusal):
    code = "it_is_yourself"
    sentence = "Ce compte est le vôtre. Un autre agent doit s’en occuper."
    status = 403


class ItIsStaff(Refusal):
    """What a colleague lost is decided by two operators (domain.staff), never by one agent who knows his birthday."""

    code = "it_is_staff"
    sentence = "Ce compte est celui d’un collègue. Deux opérateurs s’en occupent ensemble ; rien n’a été modifié."
    status = 403


def open_case(
    *, kind: str, channel: str, identity_id: object | None = None, summary: str = "", tell_partners: bool = False,
    organisation: str = "", caller: Caller,
) -> Case:
    """Somebody will look after this. By telephone only an agent opens it, at a desk an officer. Refuses: Forbidden,
    ItIsStaff (a call)."""
    if channel == "phone" and not policy.is_agent(caller) \
            or channel == "desk" and not policy.is_officer(caller, organisation):
        raise Forbidden()
    if channel == "phone" and identity_id is not None:
        _permit_served(accounts.identity(identity_id))
    with transaction.atomic():
        case = Case.objects.create(
            reference=tokens.reference("C"), kind=Case.Kind(kind), channel=channel, identity_id=identity_id,
            summary=summary.strip(), tell_partners=tell_partners, organisation=organisation, opened_at=caller.at,
            opened_by=caller.person, state_since=caller.at)
        audit.record(Event.CASE_OPENED, about=("case", case.id), caller=caller,
                     facts={"kind": case.kind, "channel": channel, "identity": identity_id,
                            "tell_partners": tell_partners})
    return case


def tell_partners(*, case_id: object, links: Iterable[policy.Link], caller: Caller) -> int:
    """Each partner that knows the holder and named an address is told once that he is a victim of phishing, under the
    partner's own name for him and nothing else. Returns how many were told."""
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).filter(
            pk=case_id, tell_partners=True, partners_told_at=None).first()
        if case is None:
            return 0
        told, untold = [], []
        for link in links:
            (told if link.address else untold).append(link.partner)
            if link.address:
                notifications.enqueue(
                    template="partner_warned", to=Recipient(email=link.address), caller=caller,
                    data={"subject": link.subject, "reference": case.reference, "at": case.opened_at})
        Case.objects.filter(pk=case.pk).update(partners_told_at=caller.at)
        audit.record(Event.PARTNERS_TOLD, about=("case", case.id), caller=caller,
                     facts={"identity": case.identity_id, "told": told, "without_address": untold})
    return len(told)


def find_holders(
    *, family_names: str, given_names: str, birth_date: date, postcode: str, caller: Caller
) -> list[Identity]:
    """Who has all four of these, as an agent types them; that he looked is recorded, whatever was found.

    Refuses: Forbidden.
    """
    if not policy.is_agent(caller):
        raise Forbidden()
    claims = accounts_policy.Claims(family_names=family_names, given_names=given_names, birth_date=birth_date)
    persons = {match.person_id for match in accounts.find_matches(claims)}
    held = [identity for person in sorted(persons) for identity in accounts.identities_of(person)
            if identity.state == "open" and identity.kind != Identity.Kind.STAFF]
    found = [identity for identity in held if policy.lives_at(accounts.contact(identity.id), postcode)]
    with transaction.atomic():
        audit.record(Event.HOLDER_SOUGHT, about=("person", caller.person), caller=caller,
                     facts={"by": "names", "found": [str(identity.id) for identity in found]})
    return found


def check_caller(*, case_id: object, answers: Mapping[str, object], caller: Caller) -> CallerCheck:
    """The caller's answers are compared with what is known; the comparison is recorded whatever comes out (R252).

    Refuses: Forbidden (no agent), NotFound, NotAllowed (closed), ItIsYourself, ItIsStaff, TooManyChecks.
    """
    if not policy.is_agent(caller):
        raise Forbidden()
    with transaction.atomic():
        case = _to_check(case_id, caller)
        if case.channel == "desk":
            raise Forbidden()
        right = policy.right_answers(
            answers, person=case.identity.person, documents=accounts.documents_of(case.identity.person_id),
            contact=accounts.contact(case.identity_id))
        asked = [str(question) for question, answer in answers.items() if answer]
        return _checked(case, asked, right, policy.passes(right), caller)


def check_visitor(*, case_id: object, seen: policy.Presented, person_present: bool, caller: Caller) -> CallerCheck:
    """The document in the officer's hand is compared with what is known of the holder; recorded whatever comes out.

    Refuses: Forbidden (no officer of the visit's desk), NotFound, NotAllowed (closed), ItIsYourself, TooManyChecks.
    """
    with transaction.atomic():
        case = _to_check(case_id, caller)
        if not policy.is_officer(caller, case.organisation):
            raise Forbidden()
        right = policy.right_features(
            seen, person_present=person_present, person=case.identity.person,
            documents=accounts.documents_of(case.identity.person_id), today=clock.local_date(caller.at))
        return _checked(case, list(policy.Feature), right, len(right) == len(policy.Feature), caller)


def _to_check(case_id: object, caller: Caller) -> Case:
    """The open case, locked with its holder."""
    case = Case.objects.select_for_update(of=("self",)).select_related("identity__person").filter(pk=case_id).first()
    if case is None or case.identity is None:
        raise NotFound()
    if case.state != State.OPEN:
        raise NotAllowed(record="case", state=case.state, move="check_caller")
    # Two agents with one holder on two lines count together.
    Identity.objects.select_for_update().get(pk=case.identity_id)
    if str(case.identity.person_id) == caller.person:
        raise ItIsYourself()
    _permit_served(case.identity)
    failed = CallerCheck.objects.filter(identity_id=case.identity_id, passed=False,
                                        at__gt=caller.at - CHECK_WINDOW).count()
    if failed >= rules.current().caller_checks_a_day:
        raise TooManyChecks()
    return case


def _permit_served(identity: Identity) -> None:
    """Refuses: ItIsStaff."""
    if identity.kind == Identity.Kind.STAFF:
        raise ItIsStaff()


def _checked(case: Case, asked: list[str], right: list[str], passed: bool, caller: Caller) -> CallerCheck:
    check = CallerCheck.objects.create(
        case=case, identity_id=case.identity_id, agent=caller.person, at=caller.at,
        asked=sorted(str(question) for question in asked), right=[str(question) for question in right], passed=passed)
    audit.record(Event.CALLER_CHECKED, about=("case", case.id), caller=caller,
                 facts={"identity": case.identity_id, "asked": check.asked, "right": check.right, "passed": passed})
    return check


def close_case(*, case_id: object, outcome: str, caller: Caller) -> Case:
    """Nothing more is to be done. Refuses: Forbidden, NotFound, NotAllowed (closed already)."""
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotFound()
        if not policy.may_serve(caller, channel=case.channel, organisation=case.organisation):
            raise Forbidden()
        CASE.advance(case, "close", at=caller.at, outcome=outcome)
        audit.record(Event.CASE_CLOSED, about=("case", case.id), caller=caller, facts={"outcome": outcome})
    return case
