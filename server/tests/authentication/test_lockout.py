# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest

from paraph.domain.accounts import services as accounts
from paraph.domain.audit.models import Event
from paraph.domain.authentication import services
from paraph.domain.authentication.models import Credential, LoginEvidence
from paraph.domain.authentication.services import second_step
from paraph.domain.notifications.models import Message
from paraph.domain.partners import services as partners
from paraph.kernel import rules
from paraph.signer.errors import SignerUnavailable
from testkit import holders

HOURS = 12


def first(holder, caller, password="Wrong1", **arguments):
    return services.check_first_step(
        user_id=holder.user_id, password=password, device="token", caller=caller, **arguments).transaction_id


def log_in(holder, caller):
    return services.check_code(transaction_id=first(holder, caller, holders.PASSWORD), code=holder.code(caller.at),
                               caller=caller)


@pytest.mark.requirement("R150")
def test_four_failures_do_not_block_and_the_fifth_does(marie, now):
    for _ in range(4):
        assert first(marie, now()) is None
    assert first(marie, now(), holders.PASSWORD) is not None
    assert first(marie, now()) is None
    assert first(marie, now(), holders.PASSWORD) is None, "a right sixth is refused"


@pytest.mark.requirement("R150")
def test_wrong_codes_and_wrong_passwords_count_together_over_all_partners(marie, now, system):
    bank = partners.register(slug="bank", name={"fr": "B"}, category="bank", accepts=["token"], caller=system)
    for _ in range(2):
        first(marie, now(), partner_id=bank.id, purpose="partner")
    login = first(marie, now(), holders.PASSWORD)
    for _ in range(3):
        assert services.check_code(transaction_id=login, code="000000", caller=now()).outcome == "wrong"
    assert services.check_code(transaction_id=login, code=marie.code(now().at), caller=now()).outcome == "wrong"
    assert first(marie, now(), holders.PASSWORD, partner_id=bank.id) is None


def test_a_right_password_alone_takes_no_failure_back_and_a_login_does(marie, now):
    for _ in range(4):
        first(marie, now())
    assert first(marie, now(), holders.PASSWORD)
    assert Credential.objects.get().failures == 4
    assert log_in(marie, now()).outcome == "accepted"
    assert Credential.objects.get().failures == 0
    for _ in range(4):
        first(marie, now())
    assert first(marie, now(), holders.PASSWORD)


@pytest.mark.requirement("R151")
def test_the_block_ends_after_exactly_twelve_hours(marie, now):
    for _ in range(5):
        first(marie, now())
    assert first(marie, now(hours=HOURS, seconds=-1), holders.PASSWORD) is None
    assert first(marie, now(seconds=1), holders.PASSWORD) is not None


@pytest.mark.requirement("R151")
def test_attempts_during_a_block_neither_extend_it_nor_count(marie, now):
    for _ in range(5):
        first(marie, now())
    for _ in range(7):
        assert first(marie, now(hours=1)) is None
    assert first(marie, now(hours=5), holders.PASSWORD) is not None, "twelve hours after the fifth"


def test_after_a_block_five_new_failures_are_needed(marie, now):
    for _ in range(5):
        first(marie, now())
    now(hours=HOURS)
    for _ in range(4):
        first(marie, now())
    assert first(marie, now(), holders.PASSWORD) is not None
    first(marie, now())
    assert first(marie, now(), holders.PASSWORD) is None


@pytest.mark.requirement("R152")
def test_the_first_login_after_a_block_says_so_and_only_the_first(marie, now):
    for _ in range(5):
        first(marie, now())
    now(hours=HOURS)
    first(marie, now())
    assert log_in(marie, now()).was_unblocked
    assert not log_in(marie, now(minutes=1)).was_unblocked


@pytest.mark.requirement("R152")
def test_without_a_failure_after_the_block_the_advice_comes_too(marie, now):
    for _ in range(5):
        first(marie, now())
    assert log_in(marie, now(hours=HOURS)).was_unblocked


def test_the_owner_is_told_once_and_nobody_when_nothing_was_blocked(marie, now, system):
    accounts.record_contact(identity_id=marie.identity.id, kind="email", value="marie@example.lu", read_back=True,
                            caller=system)
    for _ in range(4):
        first(marie, now())
    assert services.tell_blocked(caller=now(minutes=1)) == 0
    first(marie, now())
    assert services.tell_blocked(caller=now(minutes=1)) == 1
    assert services.tell_blocked(caller=now(minutes=1)) == 0
    message = Message.objects.get(template="login_blocked")
    assert message.recipient["email"] == "marie@example.lu" and str(message.person_id) == str(marie.identity.person_id)
    now(hours=HOURS)
    for _ in range(5):
        first(marie, now())
    assert services.tell_blocked(caller=now(minutes=1)) == 1, "a second block is told too"


def test_a_block_stands_in_the_journal_once(marie, now):
    for _ in range(8):
        first(marie, now())
    codes = list(Event.objects.filter(code__startswith="authentication.").values_list("code", flat=True))
    assert codes.count("authentication.account.blocked") == 1
    assert codes.count("authentication.login.refused") == 7


def test_what_cannot_be_judged_is_not_counted(marie, now, signer, monkeypatch):
    login = first(marie, now(), holders.PASSWORD)

    def down(**given):
        raise SignerUnavailable()

    with monkeypatch.context() as broken:
        broken.setattr(type(signer), "sign_with_code", lambda self, **given: down())
        with pytest.raises(SignerUnavailable):
            services.check_code(transaction_id=login, code=marie.code(now().at), caller=now())
    assert Credential.objects.get().failures == 0
    assert services.check_code(transaction_id=login, code=marie.code(now().at), caller=now()).outcome == "accepted"


def cut_off(monkeypatch, login, code, caller):
    """A submission whose process dies after the signer answered and before anything was settled."""
    with monkeypatch.context() as broken:
        broken.setattr(second_step, "_settle", lambda *given: (_ for _ in ()).throw(SystemExit()))
        with pytest.raises(SystemExit):
            services.check_code(transaction_id=login, code=code, caller=caller)


def test_a_login_that_was_cut_off_is_finished_with_the_same_code(marie, now, monkeypatch):
    login, code = first(marie, now(), holders.PASSWORD), marie.code(now().at)
    cut_off(monkeypatch, login, code, now())
    assert services.check_code(transaction_id=login, code=code, caller=now(seconds=89)).outcome == "busy"
    step = services.check_code(transaction_id=login, code=code, caller=now(seconds=1))
    assert step.outcome == "accepted" and bytes(LoginEvidence.objects.get().signature)
    assert Credential.objects.get().failures == 0


def test_a_login_that_was_cut_off_begins_anew_with_another_code(marie, now, monkeypatch):
    login = first(marie, now(), holders.PASSWORD)
    cut_off(monkeypatch, login, marie.code(now().at), now())
    code = marie.code(now(seconds=90).at)
    assert services.check_code(transaction_id=login, code=code, caller=now()).outcome == "over"
    assert log_in(marie, now()).outcome == "accepted"


def test_a_wrong_code_that_was_cut_off_counts_once(marie, now, monkeypatch):
    login = first(marie, now(), holders.PASSWORD)
    cut_off(monkeypatch, login, "000000", now())
    assert services.check_code(transaction_id=login, code="000000", caller=now(seconds=90)).outcome == "wrong"
    assert Credential.objects.get().failures == 1


def test_the_limit_follows_the_rules(marie, now, monkeypatch):
    before = rules.current()
    rules.use(rules.Rules(lockout_failures=2, lockout_hours=1))
    try:
        for _ in range(2):
            first(marie, now())
        assert first(marie, now(), holders.PASSWORD) is None
        assert first(marie, now(hours=1), holders.PASSWORD) is not None
    finally:
        rules.use(before)
    assert timedelta(hours=HOURS) == timedelta(hours=before.lockout_hours)
