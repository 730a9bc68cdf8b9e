# SPDX-License-Identifier: Apache-2.0
"""The codes of the letter, and the password that replaces the first of them."""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from paraph.domain.accounts.policy import NOBODY
from paraph.domain.audit import services as audit
from paraph.domain.authentication import gallery, policy
from paraph.domain.authentication.events import Event
from paraph.domain.authentication.models import Credential, OwnPicture, RecoveryStep
from paraph.domain.authentication.policy import PasswordProblem
from paraph.kernel import rules, secrets
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotAllowed, NotFound, Refusal

# The kinds under which the secrets are hashed: a hash of one kind never matches another (R138).
PASSWORD, INITIAL_PASSWORD, ACTIVATION_CODE, CHALLENGE = "password", "initial_password", "activation_code", "challenge"


class CodeOutcome(StrEnum):
    ACCEPTED = "accepted"
    WRONG = "wrong"


class PasswordRefused(Refusal):
    """The password does not follow the rules (R136, R138). `problems` lists which."""

    code = "password_refused"
    sentence = "Ce mot de passe ne respecte pas les règles. Choisissez-en un autre."
    status = 422

    def __init__(self, problems: list[PasswordProblem]) -> None:
        super().__init__()
        self.problems = problems


class UnknownImage(Refusal):
    code = "unknown_image"
    sentence = "Choisissez une image dans la liste."
    status = 422


def password_problems(text: str) -> list[PasswordProblem]:
    """Which rules of R136 this password misses, one code each; empty when it is good."""
    return policy.password_problems(text, rules.current())


def set_initial(
    *, identity_id: object, initial_password: str, challenge: str = "", activation_code_hash: str = "", caller: Caller
) -> None:
    """The identity can be activated with these codes. The texts are hashed here and kept nowhere else.

    `activation_code_hash` is the order's (kind "activation_code"). Staff has neither Challenge nor activation code: its
    first login with password and Token replaces the initial password. Refuses: NotAllowed (already activated).
    """
    hashes = {
        "initial_password_hash": secrets.hash_secret(initial_password, INITIAL_PASSWORD),
        "challenge_hash": secrets.hash_secret(challenge, CHALLENGE) if challenge else "",
        "activation_code_hash": activation_code_hash,
    }
    with transaction.atomic():
        credential = Credential.objects.select_for_update().filter(identity_id=identity_id).first()
        if credential is None:
            Credential.objects.create(identity_id=identity_id, created_at=caller.at, **hashes)
        elif credential.activated_at:
            raise NotAllowed(record="credential", state="activated", move="set_initial")
        else:
            Credential.objects.filter(pk=credential.pk).update(
                **hashes, initial_password_tries=0, challenge_tries=0, activation_code_tries=0)
        audit.record(Event.CODES_SET, about=("identity", identity_id), caller=caller)


def hash_new_password(*, identity_id: object, password: str) -> str:
    """The hash of a password that follows the rules, for complete_activation() later; nothing is changed.

    Refuses: PasswordRefused, NotFound.
    """
    credential = Credential.objects.filter(identity_id=identity_id).first()
    if credential is None:
        raise NotFound()
    problems = password_problems(password)
    if secrets.verify_secret(password, credential.initial_password_hash, INITIAL_PASSWORD):
        problems.append(PasswordProblem.SAME_AS_INITIAL)
    if problems:
        raise PasswordRefused(problems)
    return secrets.hash_secret(password, PASSWORD)


def complete_activation(
    *, identity_id: object, password: str = "", password_hash: str = "", secret_image: str, own_picture: bytes = b"",
    caller: Caller,
) -> None:
    """The password and the secret image are the holder's from now on; the initial password opens no login (R102).

    `secret_image` is an id of queries.gallery(), or gallery.OWN with `own_picture` as services.drawn_anew() gave it; empty
    for staff alone. The hashes of the initial password and of the
    Challenge stay, for suspension without the device and for reactivation.
    Refuses: PasswordRefused, UnknownImage, NotAllowed (activated before), NotFound.
    """
    credential = Credential.objects.select_related("identity").filter(identity_id=identity_id).first()
    if credential is None:
        raise NotFound()
    password_hash = password_hash or hash_new_password(identity_id=identity_id, password=password)
    nothing = secret_image == "" and credential.identity.kind == "staff"
    if not (secret_image in gallery.PICTURES or nothing or (secret_image == gallery.OWN and own_picture)):
        raise UnknownImage()
    with transaction.atomic():
        if not Credential.objects.filter(pk=credential.pk, activated_at=None).update(
                password_hash=password_hash, password_set_at=caller.at, secret_image=secret_image,
                activated_at=caller.at, failures=0, failed_at=None, block_told_at=None):
            raise NotAllowed(record="credential", state="activated", move="complete_activation")
        if secret_image == gallery.OWN:
            OwnPicture.objects.create(identity_id=identity_id, content=own_picture, set_at=caller.at)
        audit.record(Event.ACTIVATED, about=("identity", identity_id), caller=caller)


def renew_initial(*, identity_id: object, initial_password: str, challenge: str, caller: Caller) -> None:
    """New initial codes: the old ones are worth nothing from now on (R147), nor is what was begun with them. Refuses:
    NotFound.

    The password, the secret image and the device stay as they are. Who may ask is registration's decision.
    """
    hashes = {"initial_password_hash": secrets.hash_secret(initial_password, INITIAL_PASSWORD),
              "challenge_hash": secrets.hash_secret(challenge, CHALLENGE)}
    with transaction.atomic():
        credential = Credential.objects.select_for_update().filter(identity_id=identity_id).first()
        if credential is None:
            raise NotFound()
        Credential.objects.filter(pk=credential.pk).update(**hashes, initial_password_tries=0, challenge_tries=0)
        RecoveryStep.objects.filter(identity_id=identity_id, finished_at=None).update(
            finished_at=caller.at, password_hash="")
        audit.record(Event.CODES_RENEWED, about=("identity", identity_id), caller=caller)


@dataclass(frozen=True)
class _Check:
    kind: str
    text: str
    stored: str
    right: bool


def check_initial_codes(
    *, identity_id: object | None, initial_password: str | None = None, activation_code: str | None = None,
    challenge: str | None = None, caller: Caller,
) -> CodeOutcome:
    """Whether all the codes that are given (not None) are right; each wrong one costs a try of that code.

    A code whose tries are used up is wrong for ever, and nothing in the answer tells. `identity_id` None (an unknown
    UserID) costs the same and is wrong. Never raises for a wrong code: the caller must let its transaction commit.
    """
    given = {INITIAL_PASSWORD: initial_password, ACTIVATION_CODE: activation_code, CHALLENGE: challenge}
    given = {kind: text.strip() for kind, text in given.items() if text is not None}
    if not given:
        raise ValueError("no code to check")
    holder = identity_id or NOBODY
    credential = Credential.objects.filter(identity_id=holder).first()
    checks = [_check(credential, kind, text) for kind, text in given.items()]
    with transaction.atomic():
        locked = Credential.objects.select_for_update().filter(identity_id=holder).first()
        accepted = locked is not None and all(_still_right(locked, check) for check in checks)
        # Written whether or not something changes, so that an unknown UserID costs what a known one costs.
        Credential.objects.filter(identity_id=holder).update(
            **{f"{check.kind}_tries": 0 if accepted else _tries_after(locked, check) for check in checks})
        if not accepted:
            audit.record(Event.CODES_REFUSED, about=("identity", holder), caller=caller,
                         facts={"codes": [check.kind for check in checks]})
    return CodeOutcome.ACCEPTED if accepted else CodeOutcome.WRONG


def check_challenge(*, identity_id: object, challenge: str, caller: Caller) -> CodeOutcome:
    """Whether this is the six-digit Challenge of the letter or SMS. A wrong one costs a try."""
    return check_initial_codes(identity_id=identity_id, challenge=challenge, caller=caller)


def _check(credential: Credential | None, kind: str, text: str) -> _Check:
    stored = getattr(credential, f"{kind}_hash") if credential else ""
    if not stored:
        secrets.dummy_verify(text)
        return _Check(kind, text, "", False)
    return _Check(kind, text, stored, secrets.verify_secret(text, stored, kind))


def _still_right(credential: Credential, check: _Check) -> bool:
    same = getattr(credential, f"{check.kind}_hash") == check.stored
    return check.right and same and _has_tries(credential, check.kind)


def _has_tries(credential: Credential, kind: str) -> bool:
    return getattr(credential, f"{kind}_tries") < rules.current().code_tries


def _tries_after(credential: Credential | None, check: _Check) -> int:
    """A wrong code costs a try as long as there are any; a right one beside a wrong one costs none."""
    tries = getattr(credential, f"{check.kind}_tries") if credential else 0
    return tries if check.right else min(tries + 1, rules.current().code_tries)
