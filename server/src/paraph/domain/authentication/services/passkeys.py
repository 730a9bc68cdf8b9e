# SPDX-License-Identifier: Apache-2.0
"""The door's second step with a passkey: it signs the login's statement, and nothing is asked of the signer.

It opens a session, and never a key of the holder (decision 0015). The web tier verifies it here; the signer does again
when an ID token is to stand on it. Judging and settling are one transaction on the locked login: of many submissions one
can be right.
"""

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.accounts.policy import NOBODY
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy, queries, rows, statements
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lifecycle import LOGIN, State
from paraph.domain.authentication.lockout import Counter
from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.authentication.policy import Obstacle
from paraph.domain.authentication.services.first_step import standing_of, valid_certificates
from paraph.domain.authentication.services.second_step import Entry, SecondStep, SecondStepOutcome, enter
from paraph.domain.devices import queries as device_queries
from paraph.domain.devices import services as devices
from paraph.domain.devices.methods import passkey as passkeys
from paraph.domain.devices.methods import webauthn
from paraph.domain.devices.methods.passkey import Grade
from paraph.domain.devices.methods.webauthn import Answer, Fault
from paraph.domain.devices.models import Passkey
from paraph.domain.notifications import services as notifications
from paraph.domain.notifications.policy import Recipient
from paraph.kernel import rules
from paraph.kernel.caller import Caller


def check_passkey(*, transaction_id: object, answer: str, caller: Caller) -> SecondStep:
    """The right signature opens the session; a wrong one is counted, and the login is over, as it is for everybody whose
    first step was wrong.

    `answer` is an AuthenticationResponseJSON. What can't be read as one is `malformed`, and nothing is counted.
    """
    with transaction.atomic(durable=True):
        login = LoginTransaction.objects.select_for_update(of=("self",)).select_related("identity", "partner").filter(
            pk=transaction_id, device=policy.PASSKEY).first()
        if login is None or login.state != State.WAITING or caller.at >= login.expires_at \
                or caller.at > login.code_until:
            return SecondStep(SecondStepOutcome.OVER)
        read = webauthn.read_answer(answer)
        if isinstance(read, Fault):
            return SecondStep(SecondStepOutcome.MALFORMED)
        holder = login.holder
        credential = rows.locked_credential(holder.id)
        if standing_of(holder, credential, valid_certificates(holder.id, caller.at)) != login.standing:
            LOGIN.advance(login, "refuse", at=caller.at)
            return SecondStep(SecondStepOutcome.OVER)
        counter = lockout.counter(credential, login.lane)
        blocked = lockout.is_blocked(counter, caller.at, rules.current())
        # Of nobody nothing is judged, at the same cost.
        judged = devices.judge_login(
            identity_id=NOBODY if blocked or login.obstacle else holder.id, answer=read,
            challenge=queries.passkey_challenge(login), minimum=queries.minimum_level(login.partner), caller=caller)
        if judged is Fault.CLONED:
            devices.forget_at_signer(read.credential_id)
            _alarm(login, caller)
            return _refused(login, Event.LOGIN_CODE_REFUSED, caller, fault=judged, failures=counter.failures)
        if isinstance(judged, Fault):
            return _failed(login, counter, judged, caller)
        used, _ = judged
        return enter(login, credential, _entry(used, read), caller)


def _entry(used: Passkey, answer: Answer) -> Entry:
    grade = device_queries.grade(used)
    level = passkeys.current().levels[grade]
    return Entry(acr=policy.LEVEL_NAMED[level], amr=policy.PASSKEY_FACTORS[grade is Grade.ATTESTED],
                 device_serial=used.device.serial, shown=statements.passkey(answer))


def _failed(login: LoginTransaction, counter: Counter, fault: Fault, caller: Caller) -> SecondStep:
    """R150: it counts as a wrong code does; a password that was wrong has been counted with the first step."""
    current = rules.current()
    counted = lockout.after_failure(counter, caller.at, current) if login.obstacle != Obstacle.PASSWORD \
        else {"failures": counter.failures, "failed_at": counter.failed_at}
    Credential.objects.filter(identity_id=login.holder.id).update(**lockout.columns(login.lane, counted))
    blocks = counted["failures"] >= current.lockout_failures > counter.failures
    return _refused(login, Event.BLOCKED if blocks else Event.LOGIN_CODE_REFUSED, caller, fault=fault,
                    failures=counted["failures"])


def _refused(login: LoginTransaction, event: Event, caller: Caller, **facts: object) -> SecondStep:
    """Whatever was wrong, here or in the first step, and a blocked account: one answer, and the login is over."""
    LOGIN.advance(login, "refuse", at=caller.at)
    audit.record(event, about=("login", login.id), caller=caller, facts={
        "identity": login.holder.id, "obstacle": login.obstacle, **facts})
    return SecondStep(SecondStepOutcome.WRONG)


def _alarm(login: LoginTransaction, caller: Caller) -> None:
    contact = accounts.contact(login.identity_id)
    notifications.enqueue(
        template="passkey_cloned",
        to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email, mobile=contact.mobile),
        data={"name": contact.name, "at": caller.at}, caller=caller)
