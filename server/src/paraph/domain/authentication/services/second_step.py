# SPDX-License-Identifier: Apache-2.0
"""The door's second step: the device's code. Reserve and commit, act in the signer, settle and commit (architecture, idioms)."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from django.db import transaction

from paraph.domain.accounts.policy import NOBODY
from paraph.domain.audit import services as audit
from paraph.domain.authentication import lockout, policy, rows
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.lifecycle import LOGIN, State
from paraph.domain.authentication.models import Credential, LoginTransaction
from paraph.domain.authentication.policy import Obstacle, Standing
from paraph.domain.authentication.services import limiting
from paraph.domain.authentication.services.browsers import remember_browser
from paraph.domain.authentication.services.codes import complete_activation, hash_new_password
from paraph.domain.authentication.services.first_step import open_for_everybody, standing_of, valid_certificates
from paraph.domain.authentication.services.sessions import open_session
from paraph.domain.devices.methods import METHODS
from paraph.domain.limits import services as limits
from paraph.kernel import rules, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import Refusal
from paraph.signer import client
from paraph.signer.client import Outcome, Signed

# A submission that has not settled after this long was cut off; the next one takes it up where it stood.
CLAIM_LIFE = timedelta(seconds=90)
SCOPES = {Standing.FULL: "full", Standing.SUSPENDED: "suspended", Standing.STAFF: "staff", Standing.NEW_STAFF: "staff"}


class SecondStepOutcome(StrEnum):
    """`wrong` covers wrong, used and outdated codes and a blocked account alike (R106). Where no secret image is shown also
    whatever was wrong in the first step, and the login is then over: begin again.

    `over`: too late, or the login was already finished or cancelled; begin again. `busy`: another submission of this
    page is being checked. `not_activated`, `ended`: all was right, but the product is not active yet, or no more.
    `replace_password`: all was right, and the initial password must now be replaced (staff).
    """

    ACCEPTED = "accepted"
    MALFORMED = "malformed"
    WRONG = "wrong"
    OVER = "over"
    BUSY = "busy"
    NOT_ACTIVATED = "not_activated"
    ENDED = "ended"
    REPLACE_PASSWORD = "replace_password"


@dataclass(frozen=True)
class SecondStep:
    """`session_id`, its scope and whose it is, when accepted. `was_unblocked`: a block ended by itself since the last
    login (R152)."""

    outcome: SecondStepOutcome
    session_id: UUID | None = None
    was_unblocked: bool = False
    scope: str = ""
    identity_id: UUID | None = None
    person_id: UUID | None = None


class LoginOver(Refusal):
    """The login is finished, cancelled or too old."""

    code = "login_over"
    sentence = "Cette connexion est terminée ou trop ancienne. Recommencez."


def check_code(*, transaction_id: object, code: str, caller: Caller) -> SecondStep:
    """The right code opens the session; a wrong one is counted. Each code is judged by the signer, once (R115).

    The failure is counted before the code leaves for the signer and forgotten on success, so that of many guesses at
    once never more than the limit are tried. Refuses: SignerUnavailable, SignerRefusal (then nothing is counted).
    """
    claim = _reserve(transaction_id, code, caller)
    if isinstance(claim, SecondStepOutcome):
        return SecondStep(claim)
    try:
        answer = _ask_signer(claim.login, code) if claim.judged else _ask_in_vain(claim.login)
    except Refusal as refusal:
        _release(claim, over=refusal.code == "attempt_reused", caller=caller)
        if refusal.code == "attempt_reused":
            # Cut off before, and now another code: what the first one opened can't be finished any more.
            return SecondStep(SecondStepOutcome.OVER)
        raise
    return _settle(claim, answer, caller)


@dataclass(frozen=True)
class _Claim:
    """`judged`: the signer is asked about this code; else it is wrong whatever it is. `counted`: as a failure, unless it turns
    out to be right. `blocks`: that was the failure that blocks the account."""

    login: LoginTransaction
    judged: bool
    counted: bool
    blocks: bool


def _reserve(transaction_id: object, code: str, caller: Caller) -> _Claim | SecondStepOutcome:
    current = rules.current()
    with transaction.atomic(durable=True):
        login = rows.LOCKED_LOGIN.first(login_id=transaction_id)
        if login is None or login.state != State.WAITING or caller.at >= login.expires_at \
                or caller.at > login.code_until or login.device not in METHODS:
            return SecondStepOutcome.OVER
        if not policy.is_answer(code, METHODS[login.device].answer_length):
            return SecondStepOutcome.MALFORMED
        cut_off = login.claimed_at is not None
        if cut_off and caller.at - login.claimed_at < CLAIM_LIFE:
            return SecondStepOutcome.BUSY
        holder = login.holder
        credential = rows.locked_counters(holder.id)
        standing = standing_of(holder, credential, valid_certificates(holder.id, caller.at))
        if standing != login.standing:
            LOGIN.advance(login, "refuse", at=caller.at)
            return SecondStepOutcome.OVER
        counter = lockout.counter(credential, login.lane)
        blocked = not cut_off and lockout.is_blocked(counter, caller.at, current)
        # A password that was wrong has been counted with the first step.
        counted = not blocked and login.obstacle != Obstacle.PASSWORD
        failures = counter.failures
        if not cut_off:
            changes = lockout.after_failure(counter, caller.at, current) if counted \
                else {"failures": failures, "failed_at": counter.failed_at}
            rows.change_credential(lockout.columns(login.lane, changes), identity_id=holder.id)
            failures, login.attempt = changes["failures"], tokens.uuid7()
        login.claimed_at = caller.at
        rows.change_login({"attempt": login.attempt, "claimed_at": login.claimed_at}, login_id=login.pk)
    return _Claim(login, judged=not blocked and not login.obstacle, counted=counted,
                  blocks=counted and failures >= current.lockout_failures)


def _ask_signer(login: LoginTransaction, code: str) -> Signed:
    """The code is judged and the login signed with the holder's key, if it has one: one question. Asked again under the
    same attempt after a crash, the signer gives the answer that was lost."""
    return METHODS[login.device].sign(
        signer=client.bound(), attempt=str(login.attempt), session_id=login.signer_session, serial=login.device_serial,
        answer=code, shown_at=login.shown_at)


def _ask_in_vain(login: LoginTransaction) -> Signed:
    """Nothing is judged, and no device hears of it. The signer opens a session of nobody's, which costs what judging does."""
    client.bound().open_session(
        attempt=str(login.attempt), kind="login", holder=str(NOBODY), key_id=None,
        hashes=[sha256(login.statement).digest()], labels=[login.purpose], device_serial=None)
    return Signed(Outcome.WRONG)


def _settle(claim: _Claim, answer: Signed, caller: Caller) -> SecondStep:
    login, outcome = claim.login, answer.outcome
    with transaction.atomic(durable=True):
        # Nothing else of a claimed login changes.
        if rows.LOCKED_STATE.first(login_id=login.pk) != (State.WAITING,):
            return SecondStep(SecondStepOutcome.OVER)
        credential = rows.locked_counters(login.holder.id)
        counter = lockout.counter(credential, login.lane)
        if outcome is Outcome.EXPIRED_SESSION:
            _withdraw(credential, login.lane)
            LOGIN.advance(login, "refuse", at=caller.at)
            return SecondStep(SecondStepOutcome.OVER)
        if outcome is not Outcome.ACCEPTED:
            if policy.shows_image(login.device):
                rows.change_login({"claimed_at": None}, login_id=login.pk)
            else:
                LOGIN.advance(login, "refuse", at=caller.at)
            audit.record(Event.BLOCKED if claim.blocks else Event.LOGIN_CODE_REFUSED, about=("login", login.id),
                         caller=caller, facts={"identity": login.holder.id, "failures": counter.failures,
                                               "obstacle": login.obstacle})
            return SecondStep(SecondStepOutcome.WRONG)
        return enter(login, credential, _entry(login, answer), caller)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What a right second step proved: level and factors, with which device, the signature of the login by the holder's
    key, and what the device itself signed or showed."""

    acr: str
    amr: tuple[str, ...]
    device_serial: str
    signature: bytes = b""
    shown: bytes = b""


def _entry(login: LoginTransaction, answer: Signed) -> Entry:
    return Entry(acr=policy.LEVEL_OF[login.device], amr=policy.FACTORS[login.device], device_serial=login.device_serial,
                 signature=b"".join(answer.signatures), shown=answer.shown)


def enter(login: LoginTransaction, credential: Credential, entry: Entry, caller: Caller) -> SecondStep:
    """The second step of a login was right; both rows are locked. What it opens depends on the certificates' state."""
    was_unblocked = credential.unblocked_since is not None or credential.known_unblocked_since is not None
    rows.change_credential({"unblocked_since": None, "known_unblocked_since": None}
                           | lockout.columns(login.lane, lockout.after_success()), identity_id=login.identity_id)
    if login.standing in (Standing.NEW, Standing.ENDED):
        LOGIN.advance(login, "refuse", at=caller.at)
        audit.record(Event.LOGIN_REFUSED, about=("login", login.id), caller=caller,
                     facts={"identity": login.identity_id, "standing": login.standing})
        return SecondStep(SecondStepOutcome.NOT_ACTIVATED if login.standing == Standing.NEW
                          else SecondStepOutcome.ENDED)
    if login.standing == Standing.NEW_STAFF:
        LOGIN.advance(login, "replace", at=caller.at)
        return SecondStep(SecondStepOutcome.REPLACE_PASSWORD)
    return _accept(login, entry, caller, was_unblocked=was_unblocked)


def _accept(login: LoginTransaction, entry: Entry, caller: Caller, *, was_unblocked: bool = False) -> SecondStep:
    identity = login.identity
    LOGIN.advance(login, "accept", at=caller.at)
    limiting.give_back("door", identity=identity, lane=login.lane, caller=caller)
    remember_browser(identity_id=login.identity_id, caller=caller)
    session = open_session(
        identity_id=login.identity_id, person_id=login.person_id, scope=SCOPES[Standing(login.standing)],
        acr=entry.acr, amr=entry.amr, caller=caller)
    rows.new_evidence(
        session=session, identity_id=login.identity_id, partner_id=login.partner_id, statement=login.statement,
        signature=entry.signature, device_statement=entry.shown, key_id=login.key_id,
        certificate_serial=login.certificate_serial,
        device_serial=entry.device_serial, signer_session=login.signer_session, at=caller.at)
    audit.record(Event.LOGIN_ACCEPTED, about=("login", login.id), caller=caller,
                 facts={"identity": login.identity_id, "partner": login.partner_id, "session": session.id,
                        "device": login.device, "signer_session": login.signer_session})
    return SecondStep(SecondStepOutcome.ACCEPTED, session.id, was_unblocked, session.scope,
                      login.identity_id, login.person_id)


def renew_image(*, transaction_id: object, caller: Caller) -> None:
    """A fresh image for the Scan, good for 180 s, with a session of its own: the code of the one before opens nothing.

    Refuses: LoginOver (finished, cancelled, too old, being checked just now, no device that reads images; or the
    certificate's state changed since the first step), TooManyAttempts, SignerUnavailable.
    """
    login = LoginTransaction.objects.select_related("identity", "partner").filter(pk=transaction_id).first()
    if login is None or login.device not in METHODS or not METHODS[login.device].shows_challenge or not _may_renew(login, caller):
        raise LoginOver()
    with transaction.atomic(durable=True):
        limits.spend(kind="image", caller=caller)
    opened = open_for_everybody(
        identity=login.holder, partner=login.partner, purpose=login.purpose, device=login.device,
        serial=login.device_serial, key_id=login.key_id or None, site=login.site, notice=login.notice, caller=caller)
    with transaction.atomic(durable=True):
        locked = LoginTransaction.objects.select_for_update(of=("self",)).select_related("identity").get(pk=login.pk)
        if not _may_renew(locked, caller) or locked.signer_session != login.signer_session:
            raise LoginOver()
        locked.statement, locked.signer_session, locked.image = opened.statement, opened.session_id, opened.image
        if not opened.answers and not locked.obstacle:
            locked.obstacle, locked.device_serial, locked.key_id, locked.certificate_serial = Obstacle.DEVICE, "", "", ""
        locked.shown_at = caller.at
        locked.code_until = caller.at + timedelta(seconds=rules.current().otp_life_seconds)
        locked.save(update_fields=("statement", "signer_session", "image", "shown_at", "code_until", "obstacle", "device_serial",
                                   "key_id", "certificate_serial"))
        audit.record(Event.LOGIN_SHOWN, about=("login", locked.id), caller=caller, facts={
            "identity": locked.holder.id, "signer_session": opened.session_id,
            "statement": sha256(opened.statement).hexdigest()})


def _may_renew(login: LoginTransaction, caller: Caller) -> bool:
    holder = login.holder
    standing = standing_of(holder, rows.credential(holder.id), valid_certificates(holder.id, caller.at))
    return login.state == State.WAITING and caller.at < login.expires_at and login.claimed_at is None \
        and standing == login.standing


def replace_initial_password(*, transaction_id: object, password: str, caller: Caller) -> SecondStep:
    """Staff's first login: the new password stands and the session is open. Refuses: LoginOver, PasswordRefused."""
    waiting = LoginTransaction.objects.filter(pk=transaction_id).first()
    if waiting is None:
        raise LoginOver()
    # Before anything is locked: a hash may have to wait for its place.
    fresh = hash_new_password(identity_id=waiting.identity_id, password=password)
    with transaction.atomic(durable=True):
        login = LoginTransaction.objects.select_for_update().filter(pk=transaction_id).first()
        if login is None or login.state != State.REPLACING or caller.at >= login.expires_at:
            raise LoginOver()
        complete_activation(identity_id=login.identity_id, password_hash=fresh, secret_image="", caller=caller)
        return _accept(login, _entry(login, Signed(Outcome.ACCEPTED)), caller)


def cancel_login(*, transaction_id: object, caller: Caller) -> None:
    """The holder turned back. Cancelling a login that is over changes nothing."""
    with transaction.atomic(durable=True):
        login = LoginTransaction.objects.select_for_update().filter(pk=transaction_id).first()
        if login is not None and LOGIN.allows(login.state, "cancel"):
            LOGIN.advance(login, "cancel", at=caller.at)
            audit.record(Event.LOGIN_CANCELLED, about=("login", login.id), caller=caller,
                         facts={"identity": login.identity_id or NOBODY})


def _release(claim: _Claim, *, over: bool, caller: Caller) -> None:
    login = claim.login
    with transaction.atomic(durable=True):
        if claim.counted:
            _withdraw(rows.locked_credential(login.holder.id), login.lane)
        rows.change_login({"claimed_at": None}, login_id=login.pk)
        if over:
            LOGIN.advance(login, "refuse", at=caller.at)


def _withdraw(credential: Credential, lane: str) -> None:
    changes = lockout.after_withdrawal(lockout.counter(credential, lane))
    rows.change_credential(lockout.columns(lane, changes), identity_id=credential.identity_id)
