# SPDX-License-Identifier: Apache-2.0
"""A further device joins a living holder by a grant of his own other device or of an agent, and by nothing less."""

from datetime import timedelta

import pytest

from paraph.kernel import rules
from paraph.signer import server
from paraph.signer.client import Outcome, SignerRefusal, grant_statement

from .conftest import Holder, named
from .scanning import scan_holder
from .test_sessions import refused


def opened(giver: Holder, clock, holder: str, new: str, replaces: str | None = None, **given):
    """A grant session, authorised by the giver's Token."""
    covers = grant_statement(holder, new, replaces)
    given = {"key_id": None, "hashes": [covers.digest], "labels": [covers.label], **given}
    session = giver.open("grant", **given)
    assert giver.authorise(session, giver.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    return session


def give(giver: Holder, session, holder: str, new: str, replaces: str | None = None) -> None:
    giver.signer.grant_device(attempt=giver.attempt(), session_id=session.session_id, holder=holder, device_serial=new,
                              replaces=replaces)


def join(holder: Holder, clock, serial: str) -> Holder:
    """The same holder, who takes the new Token in hand and types its code."""
    new = Holder(holder.signer, holder.name, serial, holder.keys, holder.numbers)
    session = new.open("join", key_id=None, hashes=[])
    assert new.authorise(session, new.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    return new


@pytest.fixture
def core(signer):
    return signer._signer


@pytest.fixture
def agent(stocked, core, clock):
    """An officer: a Token, no keys, named on the signer's host."""
    stocked.import_token(attempt="import-agent", serial="T-JEAN-2", seed=b"the officer's seed,20")
    officer = Holder(stocked, "officer", "T-JEAN")
    assert officer.authorise(officer.open("login", key_id=None), officer.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    core.trust_agent(attempt="trust", holder="officer", device_serial="T-JEAN")
    return officer


@pytest.mark.requirement("R085", part="here: at the signer; UserID and password in the helpdesk's tests")
def test_an_agent_replaces_a_lost_token_and_the_old_one_is_refused(marie, agent, clock, signer):
    give(agent, opened(agent, clock, "marie", "T-STOCK", "T-MARIE"), "marie", "T-STOCK", "T-MARIE")
    old = marie.open("sign")
    assert marie.authorise(old, marie.code(clock.now())) is Outcome.ACCEPTED  # until the new one is here
    clock.advance(seconds=30)
    waiting = marie.open("login")
    new = join(marie, clock, "T-STOCK")
    with refused("device_retired"):
        marie.authorise(waiting, marie.code(clock.now()))
    with refused("device_retired"):
        marie.open("login")
    session = new.open("sign")
    assert new.authorise(session, new.code(clock.now())) is Outcome.ACCEPTED
    assert len(new.sign(session)) == 1  # the same key as before
    facts = {entry.event: entry.facts for entry in signer.record()}
    assert facts["device.granted"] | {"session": ""} == {
        "session": "", "holder": "marie", "device": "T-STOCK", "replaces": "T-MARIE", "authority": "agent", "by": "officer"}
    assert facts["device.retired"] == {"device": "T-MARIE", "replaced_by": "T-STOCK"}
    assert (signer.device("T-STOCK").holder, signer.device("T-MARIE").retired) == ("marie", True)


@pytest.mark.requirement("R085", part="here: at the signer; UserID and password in the helpdesk's tests")
def test_the_holders_own_other_device_may_replace_a_token(marie, agent, clock, signer):
    """A Scan first (by the agent), which then shows exactly what it allows."""
    scan = scan_holder(signer, "marie", "S-MARIE")
    scan.keys, scan.numbers = marie.keys, marie.numbers
    give(agent, opened(agent, clock, "marie", "S-MARIE"), "marie", "S-MARIE")
    assert scan.both_images(scan.open("join", key_id=None, hashes=[])) is Outcome.ACCEPTED
    assert marie.authorise(marie.open("login"), marie.code(clock.now())) is Outcome.ACCEPTED  # beside it
    clock.advance(seconds=30)

    covers = grant_statement("marie", "T-STOCK", "T-MARIE")
    session = scan.open("grant", key_id=None, hashes=[covers.digest], labels=[covers.label])
    assert scan.answer(session, scan.look(scan.challenge(session, ""))) is Outcome.ACCEPTED
    give(scan, session, "marie", "T-STOCK", "T-MARIE")
    new = join(marie, clock, "T-STOCK")
    assert new.authorise(new.open("sign"), new.code(clock.now())) is Outcome.ACCEPTED
    assert [entry.facts["authority"] for entry in signer.record() if entry.event == "device.granted"] == [
        "agent", "device"]


def test_without_a_grant_no_device_joins(marie, clock):
    new = Holder(marie.signer, "marie", "T-STOCK", marie.keys, marie.numbers)
    for kind in ("join", "activate", "login"):
        with refused("device_not_bound"):
            new.open(kind, key_id=None, hashes=[])


def test_the_device_of_somebody_else_grants_nothing(marie, jean, clock):
    """Jean has keys and a Token, and is no agent."""
    session = opened(jean, clock, "marie", "T-STOCK", "T-MARIE")
    with refused("not_an_agent"):
        give(jean, session, "marie", "T-STOCK", "T-MARIE")


def test_no_call_of_the_interface_makes_an_agent(signer):
    assert not {"trust_agent", "dismiss_agent"} & server.CALLS
    assert not hasattr(signer, "trust_agent")


def test_an_agent_is_a_person_with_a_device_that_the_operator_saw(marie, core, clock):
    """Somebody's own Token taken for the officer's name before he came: the operator sees another serial number."""
    thief = Holder(core, "officer", "T-STOCK")
    assert thief.authorise(thief.open("login", key_id=None), thief.code(clock.now())) is Outcome.ACCEPTED
    for serial, code in (("T-JEAN", "device_not_bound"), ("T-MARIE", "device_not_bound"), ("T-NONE", "unknown_device")):
        with refused(code):
            core.trust_agent(attempt=f"trust-{serial}", holder="officer", device_serial=serial)
    core.retire_device(attempt="retire", device_serial="T-STOCK")
    with refused("device_retired"):
        core.trust_agent(attempt="trust", holder="officer", device_serial="T-STOCK")


def test_an_agents_other_device_is_not_the_one_that_the_operator_saw(marie, agent, clock, signer):
    scan = scan_holder(signer, "officer", "S-OFFICER")
    scan.numbers = agent.numbers
    give(agent, opened(agent, clock, "officer", "S-OFFICER"), "officer", "S-OFFICER")
    assert scan.both_images(scan.open("join", key_id=None, hashes=[])) is Outcome.ACCEPTED
    covers = grant_statement("marie", "T-STOCK", "T-MARIE")
    session = scan.open("grant", key_id=None, hashes=[covers.digest], labels=[covers.label])
    assert scan.answer(session, scan.look(scan.challenge(session, ""))) is Outcome.ACCEPTED
    with refused("not_an_agent"):
        give(scan, session, "marie", "T-STOCK", "T-MARIE")


def test_a_dismissed_agent_grants_nothing(marie, agent, core, clock):
    session = opened(agent, clock, "marie", "T-STOCK", "T-MARIE")
    core.dismiss_agent(attempt="dismiss", holder="officer")
    with refused("not_an_agent"):
        give(agent, session, "marie", "T-STOCK", "T-MARIE")
    core.trust_agent(attempt="again", holder="officer", device_serial="T-JEAN")
    give(agent, session, "marie", "T-STOCK", "T-MARIE")


def test_a_grant_is_exactly_what_the_session_covers_and_once(marie, agent, clock):
    session = opened(agent, clock, "marie", "T-STOCK", "T-MARIE")
    for other in (("jean", "T-STOCK", "T-MARIE"), ("marie", "T-JEAN-2", "T-MARIE"), ("marie", "T-STOCK", None)):
        with refused("wrong_purpose"):
            give(agent, session, *other)
    give(agent, session, "marie", "T-STOCK", "T-MARIE")
    with refused("session_used"):
        give(agent, session, "marie", "T-STOCK", "T-MARIE")


def test_a_label_that_says_something_else_grants_nothing(marie, agent, clock):
    """A Scan would have shown the label: it must be the truth."""
    session = opened(agent, clock, "marie", "T-STOCK", "T-MARIE", labels=["Relevé de compte"])
    with refused("wrong_purpose"):
        give(agent, session, "marie", "T-STOCK", "T-MARIE")


def test_a_session_that_no_code_opened_or_of_another_kind_grants_nothing(marie, agent, clock):
    covers = grant_statement("marie", "T-STOCK", "T-MARIE")
    session = agent.open("grant", key_id=None, hashes=[covers.digest], labels=[covers.label])
    with refused("not_authorised"):
        give(agent, session, "marie", "T-STOCK", "T-MARIE")
    login = agent.open("login", key_id=None, hashes=[covers.digest], labels=[covers.label])
    assert agent.authorise(login, agent.code(clock.now())) is Outcome.ACCEPTED
    with refused("wrong_purpose"):
        give(agent, login, "marie", "T-STOCK", "T-MARIE")
    for given in ({"hashes": [], "labels": []}, {"hashes": [bytes(32)] * 2, "labels": ["", ""]}):
        with refused("wrong_purpose"):
            agent.open("grant", **{"key_id": None, **given})
    with refused("bad_argument"):
        agent.open("grant", key_id=None, hashes=[bytes(32)], labels=[""], device_serial=None)


def test_a_token_does_not_grant_its_own_successor(marie, clock):
    """Whoever stole it would never have to give it back."""
    session = opened(marie, clock, "marie", "T-STOCK", "T-MARIE")
    with refused("wrong_device"):
        give(marie, session, "marie", "T-STOCK", "T-MARIE")


def test_a_second_token_beside_the_first_is_refused(marie, agent, clock):
    session = opened(agent, clock, "marie", "T-STOCK")
    with refused("holder_has_one"):
        give(agent, session, "marie", "T-STOCK")


def test_a_device_of_somebody_else_is_not_granted(marie, agent, clock):
    session = opened(agent, clock, "marie", "T-JEAN", "T-MARIE")
    with refused("device_not_bound"):
        give(agent, session, "marie", "T-JEAN", "T-MARIE")
    session = opened(agent, clock, "marie", "T-STOCK", "T-JEAN")
    with refused("device_not_bound"):
        give(agent, session, "marie", "T-STOCK", "T-JEAN")
    session = opened(agent, clock, "marie", "T-NONE", "T-MARIE")
    with refused("unknown_device"):
        give(agent, session, "marie", "T-NONE", "T-MARIE")


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (1, False)])
def test_a_grant_waits_sixty_days(marie, agent, clock, seconds, good):
    given_at = clock.now() + timedelta(seconds=30)
    give(agent, opened(agent, clock, "marie", "T-STOCK", "T-MARIE"), "marie", "T-STOCK", "T-MARIE")
    clock.set(given_at + timedelta(days=rules.current().device_grant_days, seconds=seconds))
    if good:
        assert join(marie, clock, "T-STOCK")
    else:
        with refused("device_not_bound"):
            join(marie, clock, "T-STOCK")


def test_a_grant_is_for_one_holder_and_a_later_one_takes_its_place(marie, agent, clock, signer):
    for holder in ("marie", "paul"):
        give(agent, opened(agent, clock, holder, "T-STOCK", "T-MARIE" if holder == "marie" else None), holder, "T-STOCK",
             "T-MARIE" if holder == "marie" else None)
    with refused("device_not_bound"):
        join(marie, clock, "T-STOCK")
    assert join(Holder(signer, "paul", "T-STOCK"), clock, "T-STOCK")


def test_a_retired_device_leaves_nobody_free(marie, clock, signer):
    """The web tier may end a device, and gains nothing by it: Marie does not become somebody without devices."""
    signer.retire_device(attempt="retire", device_serial="T-MARIE")
    signer.retire_device(attempt="retire-again", device_serial="T-MARIE")
    assert [entry.event for entry in signer.record()].count("device.retired") == 1
    with refused("device_retired"):
        marie.open("sign")
    for kind in ("activate", "login", "join"):
        with refused("device_not_bound"):
            marie.open(kind, key_id=None, hashes=[], device_serial="T-STOCK")
    with refused("unknown_device"):
        signer.retire_device(attempt="none", device_serial="T-NONE")


def test_staff_come_back_with_another_device_once_theirs_has_ended_and_it_is_not_trusted(agent, clock):
    """They never had keys, so there is nothing to inherit: what they may do hangs on the one device that was seen."""
    stock = Holder(agent.signer, "officer", "T-STOCK", None, agent.numbers)
    for kind in ("login", "join"):
        with refused("device_not_bound"):
            stock.open(kind, key_id=None, hashes=[])
    agent.signer.retire_device(attempt="retire", device_serial="T-JEAN")
    for kind in ("grant", "unblock", "sign"):
        with pytest.raises(SignerRefusal):
            stock.open(kind, key_id=None, hashes=[bytes(32)] if kind == "grant" else [])
    session = stock.open("login", key_id=None)
    assert stock.authorise(session, stock.code(clock.now())) is Outcome.ACCEPTED
    with refused("device_retired"):
        agent.open("login", key_id=None)
    with refused("device_not_bound"):
        Holder(agent.signer, "officer", "T-MARIE", None, agent.numbers).open("login", key_id=None)
    clock.advance(minutes=1)
    with refused("not_an_agent"):
        give(stock, opened(stock, clock, "paul", "T-MARIE"), "paul", "T-MARIE")


def test_whom_somebody_named_is_nobody_of_the_staff(agent):
    """Who is to be certified keeps his first device as a holder does, also before his keys are made."""
    named(agent.signer, "officer")
    agent.signer.retire_device(attempt="retire", device_serial="T-JEAN")
    for kind in ("login", "join", "activate"):
        with refused("device_not_bound"):
            agent.open(kind, key_id=None, hashes=[], device_serial="T-STOCK")


def test_unblocking_uses_no_key_and_binds_nobody(marie, stocked, clock):
    session = marie.open("unblock", key_id=None, hashes=[])
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    for use in ("holder_sign", "make_holder_keys"):
        with pytest.raises(SignerRefusal):
            getattr(stocked, use)(attempt=use, session_id=session.session_id)
    with refused("wrong_purpose"):
        marie.open("unblock")
    with refused("device_not_bound"):
        Holder(stocked, "nobody", "T-STOCK").open("unblock", hashes=[])


def test_an_activation_that_broke_is_gone_on_with_another_device_by_a_grant_alone(stocked, agent, clock, signer):
    """The first Token answered, and no keys were made: the holder is not free any more."""
    first = Holder(stocked, "paul", "T-MARIE")
    assert first.authorise(first.open("activate", key_id=None, hashes=[]), first.code(clock.now())) is Outcome.ACCEPTED
    clock.advance(seconds=30)
    second = Holder(stocked, "paul", "T-STOCK", None, first.numbers)
    with refused("device_not_bound"):
        second.open("activate", key_id=None, hashes=[])
    give(agent, opened(agent, clock, "paul", "T-STOCK", "T-MARIE"), "paul", "T-STOCK", "T-MARIE")
    with refused("device_not_bound"):
        second.open("login", key_id=None)
    session = second.open("activate", key_id=None, hashes=[])
    assert second.authorise(session, second.code(clock.now())) is Outcome.ACCEPTED
    assert (signer.device("T-STOCK").holder, signer.device("T-MARIE").retired) == ("paul", True)
    with refused("device_retired"):
        first.open("activate", key_id=None, hashes=[])
