# SPDX-License-Identifier: Apache-2.0
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.models import Identity
from paraph.domain.audit import services as audit
from paraph.domain.support import policy
from paraph.domain.support.events import Event
from paraph.domain.support.lifecycle import CASE, State
from paraph.domain.support.models import CallerCheck, Case
from paraph.kernel import rules, tokens
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


def open_case(
    *, kind: str, channel: str, identity_id: object | None = None, summary: str = "", tell_partners: bool = False,
    caller: Caller,
) -> Case:
    """Somebody will look after this. By telephone only an agent opens it. Refuses: Forbidden."""
    if channel == "phone" and not policy.is_agent(caller):
        raise Forbidden()
    with transaction.atomic():
        case = Case.objects.create(
            reference=tokens.reference("C"), kind=Case.Kind(kind), channel=channel, identity_id=identity_id,
            summary=summary.strip(), tell_partners=tell_partners, opened_at=caller.at, opened_by=caller.person,
            state_since=caller.at)
        audit.record(Event.CASE_OPENED, about=("case", case.id), caller=caller,
                     facts={"kind": case.kind, "channel": channel, "identity": identity_id,
                            "tell_partners": tell_partners})
    return case


def check_caller(*, case_id: object, answers: Mapping[str, object], caller: Caller) -> CallerCheck:
    """The caller's answers are compared with what is known; the comparison is recorded whatever comes out (R252).

    Refuses: Forbidden (no agent), NotFound, NotAllowed (closed), ItIsYourself, TooManyChecks.
    """
    if not policy.is_agent(caller):
        raise Forbidden()
    with transaction.atomic():
        case = Case.objects.select_for_update(of=("self",)).select_related("identity__person").filter(
            pk=case_id).first()
        if case is None or case.identity is None:
            raise NotFound()
        if case.state != State.OPEN:
            raise NotAllowed(record="case", state=case.state, move="check_caller")
        # Two agents with one holder on two lines count together.
        Identity.objects.select_for_update().get(pk=case.identity_id)
        if str(case.identity.person_id) == caller.person:
            raise ItIsYourself()
        failed = CallerCheck.objects.filter(identity_id=case.identity_id, passed=False,
                                            at__gt=caller.at - CHECK_WINDOW).count()
        if failed >= rules.current().caller_checks_a_day:
            raise TooManyChecks()
        right = policy.right_answers(
            answers, person=case.identity.person, documents=accounts.documents_of(case.identity.person_id),
            contact=accounts.contact(case.identity_id))
        asked = sorted(str(question) for question, answer in answers.items() if answer)
        check = CallerCheck.objects.create(
            case=case, identity_id=case.identity_id, agent=caller.person, at=caller.at, asked=asked,
            right=[str(question) for question in right], passed=policy.passes(right))
        audit.record(Event.CALLER_CHECKED, about=("case", case.id), caller=caller,
                     facts={"identity": case.identity_id, "asked": asked, "right": check.right,
                            "passed": check.passed})
    return check


def close_case(*, case_id: object, outcome: str, caller: Caller) -> Case:
    """Nothing more is to be done. Refuses: Forbidden, NotFound, NotAllowed (closed already)."""
    if not policy.is_agent(caller):
        raise Forbidden()
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=case_id).first()
        if case is None:
            raise NotFound()
        CASE.advance(case, "close", at=caller.at, outcome=outcome)
        audit.record(Event.CASE_CLOSED, about=("case", case.id), caller=caller, facts={"outcome": outcome})
    return case
