# SPDX-License-Identifier: Apache-2.0
"""What only somebody on the signer's own host allows: authorities, keys from elsewhere, stopped devices, a shorter log.

Here no operator stands beside the signer: it is asked as the web tier asks it."""

import pytest

from paraph.domain.audit.models import Checkpoint
from paraph.domain.certification import deeds, policy, services
from paraph.domain.certification.models import Alarm, Authority, Certificate
from paraph.domain.keys import queries as keys
from paraph.domain.timestamping.models import Unit
from paraph.interfaces import cli
from paraph.interfaces.cli import audit, ca, saying, signer_host
from paraph.interfaces.jobs import schedule
from paraph.kernel import rules, tokens
from paraph.signer import client
from paraph.signer.client import InProcessSigner, SignerRefusal
from testkit import certification, holders
from testkit.tree import PKI_URL

pytestmark = pytest.mark.django_db


@pytest.fixture
def alone(signer):
    """The signer with nobody beside it."""
    client.bind(InProcessSigner(signer.core))
    return signer


@pytest.fixture
def house(alone, system):
    """A service after its ceremony."""
    ca.hold_ceremony(system)
    return alone


def events(signer, event):
    return [entry for entry in signer.record() if entry.event == event]


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


@pytest.mark.requirement("R068")
def test_a_ceremony_is_held_on_the_signers_host_and_closed_after_it(house, system):
    assert len(events(house, "ceremony.opened")) == len(events(house, "ceremony.closed")) == 1
    assert events(house, "alarm.content_refused") == []
    # Repeated, nothing is missing, so none is opened.
    ca.hold_ceremony(system)
    assert len(events(house, "ceremony.opened")) == 1 and house.verify_record().holds


def test_the_signer_lets_the_house_state_what_it_states(house, system, settings):
    """The unit that the ceremony installed stamps under the policy that the signer was started with, and tokens name our
    address: one source for both."""
    assert [unit.policy for unit in Unit.objects.all()] == list(signer_host.house().timestamp_policies)
    assert signer_host.house().issuer == settings.URL


def test_whoever_holds_the_web_tier_makes_no_authority(alone, system):
    with refused("no_ceremony"):
        certification.demo_tree(system)
    assert not Authority.objects.filter(in_service=True).exclude(parent=None).exists()


def test_a_ceremony_that_fails_is_closed(alone, system, monkeypatch):
    monkeypatch.setattr(ca.authorities, "create_demo_tree", lambda **given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ca.hold_ceremony(system)
    assert len(events(alone, "ceremony.closed")) == 1


@pytest.fixture
def as_account(monkeypatch, capsys):
    monkeypatch.setattr(saying, "login_uid", lambda: None)

    def run(account, *arguments):
        monkeypatch.setenv("SUDO_USER", account)
        status = cli.main(["ca", *arguments])
        return status, capsys.readouterr()

    return run


def test_a_new_authority_is_certified_where_the_deed_is_done(house, system, as_account):
    content = policy.authority_creation("seals", "seals", "Essai Seals", "P-256")
    asked = certification.approved(system, policy.CREATE_AUTHORITY, content)
    with refused("no_ceremony"):
        deeds.perform(approval_id=asked.id, names=certification.NAMES, pki_url=PKI_URL,
                      caller=certification.operator(system, "anna"))
    content = policy.authority_creation("seals-2", "seals", "Essai Seals 2", "P-256")
    asked = certification.approved(system, policy.CREATE_AUTHORITY, content)
    assert as_account("anna", "do", str(asked.id))[0] == 0
    assert Authority.objects.get(name="seals-2").in_service
    assert len(events(house, "ceremony.opened")) == len(events(house, "ceremony.closed")) == 2


@pytest.fixture
def asked(house, system):
    """A seal for an organisation's own key, asked for and not yet allowed."""
    return services.ask_issuance(
        profile="seal-qcp-l", subject=certification.NAMES.subject("Exemple S.A."), request=certification.pkcs10(),
        reason="Test", applicant="os:carl", evidence="file 7", identification="desk",
        caller=certification.operator(system, "anna"))


def test_a_key_from_elsewhere_is_certified_where_the_deed_is_done(house, asked, system, as_account):
    ben = certification.operator(system, "ben")
    assert as_account("anna", "do", str(asked.id))[0] == 1
    assert events(house, "key.allowed") == []
    services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)
    assert as_account("anna", "do", str(asked.id))[0] == 0
    assert len(events(house, "key.allowed")) == 1 and events(house, "alarm.content_refused") == []


def test_four_eyes_in_the_database_alone_certify_no_key_from_elsewhere(asked, system, as_account):
    services.approve(approval_id=asked.id, content_hash=asked.content_hash,
                     caller=certification.operator(system, "ben"))
    with refused("unknown_subject_key"):
        deeds.perform(approval_id=asked.id, names=certification.NAMES, pki_url=PKI_URL,
                      caller=certification.operator(system, "anna"))
    # What was prepared waits, and is finished once somebody on the signer's host does it.
    assert as_account("anna", "do", str(asked.id))[0] == 0
    assert Certificate.objects.get(usage="seal").state == "active"


def test_a_holders_certificates_need_nobody(house, system):
    holder = holders.new(system)
    holders.activate(holder, system)
    assert events(house, "key.allowed") == [] and events(house, "alarm.content_refused") == []


# --- alarms -----------------------------------------------------------------------------------------------------------


def watch(system):
    [job] = [job for job in schedule.jobs() if job.name == "watch-signer"]
    return job.run(system)


def rubbish(signer):
    key = keys.active("audit")
    with refused("wrong_content"):
        signer.sign(attempt=str(tokens.uuid7()), key_id=key.key_id, purpose="audit", data=b"rubbish")


def test_what_the_signer_noticed_becomes_an_alarm_once(house, system, clock):
    assert watch(system) == 0
    rubbish(house)
    assert watch(system) == 1 and watch(system) == 0
    alarm = Alarm.objects.get(code="signer_content_refused")
    assert alarm.facts["code"] == "wrong_content" and alarm.facts["sequence"]
    services.close_alarm(alarm_id=alarm.id, caller=system)
    assert watch(system) == 0
    clock.advance(minutes=1)
    rubbish(house)
    assert watch(system.at_instant(clock.now())) == 1
    assert Alarm.objects.filter(code="signer_content_refused", closed_at=None).count() == 1


# --- devices ----------------------------------------------------------------------------------------------------------


def test_a_stopped_device_is_told_and_armed_again(house, system, clock, capsys, monkeypatch):
    monkeypatch.setattr(rules, "_rules", rules.from_mapping({"signer_stop_failures": 1}))
    holder = holders.new(system)
    holders.activate(holder, system)
    clock.advance(seconds=60)

    def answer(code):
        session = house.open_session(
            attempt=f"open-{clock.now()}".replace(" ", "-") + code, kind="login", holder=str(holder.identity.id), key_id=None,
            hashes=[], labels=[], device_serial=holder.device.serial)
        return house.authorise_with_code(attempt=f"code-{session.session_id}", session_id=session.session_id,
                                         device_serial=holder.device.serial, code=code)

    right = holder.code(clock.now())
    assert answer("000000" if right != "000000" else "111111") == "wrong"
    assert answer(right) == "too_many"
    assert watch(system) == 1 and Alarm.objects.get().about == holder.device.serial
    assert cli.main(["devices", "rearm", holder.device.serial, "--dry-run"]) == 0
    assert answer(right + "") == "too_many"
    assert cli.main(["devices", "rearm", holder.device.serial]) == 0
    assert "may be tried again" in capsys.readouterr().out
    clock.advance(seconds=30)
    assert answer(holder.code(clock.now())) == "accepted"
    assert cli.main(["devices", "rearm", "NOBODY"]) == 1


# --- the audit log after a restore ------------------------------------------------------------------------------------


def test_a_log_that_is_shorter_after_a_restore_goes_on_with_leave(house, system, clock, capsys):
    audit.seal()
    last = Checkpoint.objects.order_by("-size").first()
    house.core.accept_audit_loss(attempt="ahead", size=last.size + 1000, root="0" * 64, chain="0" * 64)
    services.raise_alarm(code="test", about="something", caller=system)
    assert cli.main(["audit", "verify"]) == 1
    said = capsys.readouterr().out
    assert "checkpoint_not_rising" in said and "accept-loss" in said
    assert cli.main(["audit", "accept-loss", "--dry-run"]) == 0
    assert cli.main(["audit", "verify"]) == 1
    assert cli.main(["audit", "accept-loss"]) == 0
    assert cli.main(["audit", "verify"]) == 0
    assert [entry.facts for entry in events(house, "audit.loss_accepted")][-1] == {
        "known": last.size + 1000, "size": last.size}


def test_there_is_nothing_to_go_on_from_without_a_checkpoint(alone):
    assert cli.main(["audit", "accept-loss"]) == 1


def test_none_of_it_is_asked_over_the_signers_interface():
    for call in ("open_ceremony", "close_ceremony", "admit_authority", "allow_certificate", "rearm_device",
                 "accept_audit_loss"):
        assert call not in client.CALLS and not hasattr(client.SocketSigner, call)
        assert hasattr(client.InProcessSigner, call) is False
    assert hasattr(signer_host.Signer, "open_ceremony")
