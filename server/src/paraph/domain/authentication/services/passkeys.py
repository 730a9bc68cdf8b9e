# SPDX-License-Identifier: Apache-2.0
"""The door's second step with a passkey: it signs the login's statement, and nothing is asked of the signer.

It opens a session, and never a key of the holder (decision 0015). The web tier verifies it here; the signer does again
when an ID token is to stand on it. Judging and settling are one transaction on the locked login: of many submissions one
can be right.
"""

from hashlib import sha256

from django.db import transaction

from paraph.domain.accounts import queries as accounts
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy, queries, statements
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lifecycle import LOGIN, State
from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.authentication.services.first_step import open_at_signer, standing_of, valid_certificates
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
    """The right signature opens the session; a wrong one is counted, and the next one needs another challenge.

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
        credential = Credential.objects.select_for_update().get(identity_id=login.identity_id)
        if standing_of(login.identity, credential, valid_certificates(login.identity_id, caller.at)) != login.standing:
            LOGIN.advance(login, "refuse", at=caller.at)
            return SecondStep(SecondStepOutcome.OVER)
        counter = lockout.counter(credential, login.lane)
        if lockout.is_blocked(counter, caller.at, rules.current()):
            return _refused(login, Event.LOGIN_CODE_REFUSED, caller, failures=counter.failures)
        judged = devices.judge_login(
            identity_id=login.identity_id, answer=read, challenge=queries.passkey_challenge(login),
            minimum=queries.minimum_level(login.partner), caller=caller)
        if judged is Fault.CLONED:
            devices.forget_at_signer(read.credential_id)
            _alarm(login, caller)
            return _refused(login, Event.LOGIN_CODE_REFUSED, caller, fault=judged, failures=counter.failures)
        if isinstance(judged, Fault):
            return _failed(login, credential, judged, caller)
        used, _ = judged
        return enter(login, credential, _entry(used, read), caller)


def _entry(used: Passkey, answer: Answer) -> Entry:
    grade = device_queries.grade(used)
    level = passkeys.current().levels[grade]
    return Entry(acr=policy.LEVEL_NAMED[level], amr=policy.PASSKEY_FACTORS[grade is Grade.ATTESTED],
                 device_serial=used.device.serial, shown=statements.passkey(answer))


def _failed(login: LoginTransaction, credential: Credential, fault: Fault, caller: Caller) -> SecondStep:
    """R150: it counts as a wrong code does."""
    current = rules.current()
    counted = lockout.after_failure(lockout.counter(credential, login.lane), caller.at, current)
    Credential.objects.filter(pk=credential.pk).update(**lockout.columns(login.lane, counted))
    blocks = counted["failures"] >= current.lockout_failures
    return _refused(login, Event.BLOCKED if blocks else Event.LOGIN_CODE_REFUSED, caller, fault=fault,
                    failures=counted["failures"])


def _refused(login: LoginTransaction, event: Event, caller: Caller, **facts: object) -> SecondStep:
    """Whatever was wrong, and a blocked account: one answer, and a fresh challenge."""
    opened = open_at_signer(
        identity=login.identity, partner=login.partner, purpose=login.purpose, device=login.device, serial="", key_id=None,
        site=login.site, notice=login.notice, caller=caller)
    LoginTransaction.objects.filter(pk=login.pk).update(statement=opened.statement, signer_session=opened.session_id)
    audit.record(event, about=("login", login.id), caller=caller, facts={
        "identity": login.identity_id, "statement": sha256(opened.statement).hexdigest(), **facts})
    return SecondStep(SecondStepOutcome.WRONG)


def _alarm(login: LoginTransaction, caller: Caller) -> None:
    contact = accounts.contact(login.identity_id)
    notifications.enqueue(
        template="passkey_cloned",
        to=Recipient(person_id=contact.person_id, language=contact.language, email=contact.email, mobile=contact.mobile),
        data={"name": contact.name, "at": caller.at}, caller=caller)
