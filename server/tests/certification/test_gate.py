# SPDX-License-Identifier: Apache-2.0
"""What the gate asks beside its rules: weak and blocked keys, declared devices, waivers of four eyes, another's judgement."""

import threading
from datetime import timedelta

import pytest
from cryptography import x509 as outside
from django.db import DatabaseError, transaction

from paraph.domain.audit import queries as audit
from paraph.domain.certification import gate, policy, queries, services
from paraph.domain.certification.lifecycle import State
from paraph.domain.certification.models import Alarm, Approval, Certificate
from paraph.kernel.caller import Role
from paraph.kernel.errors import Forbidden, NotAllowed
from paraph.pki import oids
from paraph.pki.keys import SoftwareKey
from testkit import certification, tree
from testkit.tree import MARIE, SEAL, SERVER

pytestmark = pytest.mark.both_databases
SECOND = timedelta(seconds=1)
LONG = "é" * 65
WRONG_NAME = {"subject": type(MARIE)(**{**MARIE.__dict__, "common_name": LONG})}


@pytest.fixture
def anna(caller):
    return certification.operator(caller, "anna")


@pytest.fixture
def ben(caller):
    return certification.operator(caller, "ben")


def extension(certificate, kind):
    return outside.load_der_x509_certificate(bytes(certificate.der)).extensions.get_extension_for_class(kind).value


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("CA/Browser Forum BR 6.1.1.3")
def test_a_blocked_key_is_refused_and_who_has_it_is_reported(issue, anna, caller):
    key, other = (SoftwareKey.generate("P-256").public_key_der for _ in range(2))
    certificate = issue(public_key_der=key)
    affected = services.block_key(digest=certificate.public_key_digest, reason="published", caller=anna)
    assert [row.pk for row in affected] == [certificate.pk]
    assert Alarm.objects.get().code == "blocked_key_in_use"
    with pytest.raises(services.KeyRefused) as refused:
        issue(public_key_der=key, generation="next")
    assert refused.value.facts["findings"] == ["blocked"]
    assert issue(public_key_der=other, generation="next").state == State.ISSUED
    with pytest.raises(Forbidden):
        services.block_key(digest="0" * 64, reason="mischief", caller=caller)


# --- what a profile states ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("EN 319 412-5 4.2.2")
def test_a_certificate_speaks_of_a_device_only_if_it_was_declared(issue, caller, anna, later):
    qualified = {"profile": "natural-signature-qcp-n-qscd"}
    for device in ("", "nobody-declared-it"):
        with pytest.raises(policy.DeviceNotDeclared):
            issue(device=device, **qualified)
    certification.declare_device(caller, years=1)
    certificate = issue(device=certification.DEVICE, **qualified)
    assert certificate.device.name == certification.DEVICE
    end = certificate.device.ends_at
    assert issue(device=certification.DEVICE, generation="last", caller=later(at=end - SECOND), **qualified)
    with pytest.raises(policy.DeviceNotDeclared):
        issue(device=certification.DEVICE, generation="late", caller=later(at=end), **qualified)
    assert Certificate.objects.filter(level="qcp-n-qscd").count() == 2


def test_nobody_declares_a_device_alone(tree, caller, anna):
    with pytest.raises(services.NotApproved):
        services.declare_device(name="x", reference="none", ends_at=caller.at + timedelta(days=1), caller=anna)


@pytest.mark.requirement("EN 319 412-5 4.3.5")
@pytest.mark.parametrize(("method", "stated"), [
    ("desk", oids.IDENTIFIED_2024_ACD), ("certificate", oids.IDENTIFIED_2024_B), ("unheard-of", None)])
def test_a_qualified_certificate_states_how_its_subject_was_identified(issue, method, stated):
    certificate = issue(profile="natural-signature-qcp-n", identification=method)
    assert certificate.identification == method
    present = [value for oid, value in _statements(certificate) if oid == oids.QC_IDENTIFICATION]
    assert present == ([tree.x509.certificate_types(stated)] if stated else [])


def _statements(certificate):
    raw = outside.load_der_x509_certificate(bytes(certificate.der)).extensions
    value = raw.get_extension_for_oid(outside.ObjectIdentifier(oids.QC_STATEMENTS)).value.value
    parts = [element.children() for element in tree.x509.der.read(value).children()]
    return [(part[0].object_identifier(), part[1].encoding if len(part) > 1 else b"") for part in parts]


@pytest.mark.requirement("EN 319 412-2 NAT-4.2.4-12A")
def test_why_a_name_was_transliterated_is_kept(issue):
    certificate = issue(transliteration="icao-9303-3: the register accepts Latin letters only")
    assert certificate.transliteration.startswith("icao-9303-3")
    assert audit.about("certificate", certificate.id).first().facts["transliteration"] == certificate.transliteration


def test_a_seal_and_a_server_are_certified(issue):
    seal = issue(profile="seal-qcp-l", subject=SEAL, subject_id="organisation-1", generation="seal-1")
    assert (seal.usage, seal.level) == ("seal", "qcp-l") and queries.active_pair("organisation-1", seal.not_before) is None
    server = issue(profile="tls-ovcp", subject=SERVER, subject_id="organisation-1", generation="tls-1",
                   dns_names=("www.example.lu",))
    names = extension(server, outside.SubjectAlternativeName).get_values_for_type(outside.DNSName)
    assert names == ["www.example.lu"]
    with pytest.raises(services.CertificateRefused):
        issue(profile="tls-ovcp", subject=SERVER, subject_id="organisation-1", generation="tls-2")


@pytest.mark.requirement("CA/Browser Forum BR 4.9.13")
def test_a_servers_certificate_is_revoked_and_never_suspended(issue, caller):
    server = issue(profile="tls-ovcp", subject=SERVER, subject_id="organisation-1", generation="tls-1",
                   dns_names=("www.example.lu",))
    services.activate(generation="tls-1", caller=caller)
    with pytest.raises(policy.NotSuspendable):
        services.suspend(generation="tls-1", reason="lost", caller=caller)
    services.revoke(generation="tls-1", reason="compromised", caller=caller)
    assert queries.by_serial(server.serial).state == State.REVOKED


@pytest.mark.requirement("EN 319 411-1 REV-6.3.9-16")
def test_a_session_certificate_ends_by_itself(issue, caller, later):
    certificate = issue(profile="natural-signature-short-term")
    services.activate(generation="generation-1", caller=caller)
    for move, refusal in ((services.suspend, policy.NotSuspendable), (services.revoke, policy.NotRevocable)):
        with pytest.raises(refusal):
            move(generation="generation-1", reason="lost", caller=caller)
    assert certificate.not_after - certificate.not_before == timedelta(hours=1) - SECOND


# --- waivers ----------------------------------------------------------------------------------------------------------


def waive(anna, ben, findings, *, days=7, profile="natural-signature-ncp", **other):
    asked = services.ask_waiver(profile=profile, findings=findings, reason="A register with long names",
                                ends_at=anna.at + timedelta(days=days), caller=anna, **other)
    return services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)


@pytest.mark.requirement("EN 319 411-1 REG-6.2.2-26")
def test_a_waiver_lets_exactly_its_findings_pass_until_its_end(issue, anna, ben, later):
    with pytest.raises(services.CertificateRefused):
        issue(**WRONG_NAME)
    waiver = waive(anna, ben, ["subject_length"])
    certificate = issue(**WRONG_NAME)
    assert (certificate.state, certificate.waiver) == (State.ISSUED, waiver)
    assert queries.findings(queries.by_serial(certificate.serial)) == []
    for other in ({"profile": "natural-signature-lcp"}, {"subject": _worse()}):
        with pytest.raises(services.CertificateRefused):
            issue(generation="other", **{**WRONG_NAME, **other})
    assert issue(generation="last", caller=later(at=waiver.ends_at - SECOND), **WRONG_NAME).waiver == waiver
    with pytest.raises(services.CertificateRefused):
        issue(generation="late", caller=later(at=waiver.ends_at), **WRONG_NAME)


def _worse():
    return type(MARIE)(**{**WRONG_NAME["subject"].__dict__, "title": "Notary"})


def test_a_waiver_that_was_withdrawn_lets_nothing_pass(issue, anna, ben):
    waiver = waive(anna, ben, ["subject_length"])
    services.withdraw(approval_id=waiver.id, caller=anna)
    with pytest.raises(services.CertificateRefused):
        issue(**WRONG_NAME)


@pytest.mark.parametrize("findings", [[], *([code] for code in sorted(policy.NEVER_WAIVED))])
def test_what_can_not_be_waived(tree, anna, findings):
    with pytest.raises(services.NotWaivable):
        services.ask_waiver(profile="natural-signature-ncp", findings=findings, reason="because",
                            ends_at=anna.at + timedelta(days=1), caller=anna)


# --- four eyes --------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(db, anna):
    return services.ask_approval(action="test", content={"what": 1}, reason="Needed", subject="person-7", caller=anna)


@pytest.mark.requirement("EN 319 411-1 REG-6.2.2-26")
def test_requester_approver_and_subject_are_three_people(asked, anna, ben, caller):
    role = frozenset({Role("operator", "operator_admin")})
    subject = type(caller)(at=caller.at, channel="web", person="person-7", roles=role)
    for eyes in (anna, subject):
        with pytest.raises(services.SameEyes):
            services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=eyes)
        with pytest.raises(services.SameEyes):
            services.refuse(approval_id=asked.id, caller=eyes)
    with pytest.raises(services.SameEyes):
        services.ask_approval(action="test", content={}, reason="mine", subject="person-7", caller=subject)
    for nobody in (caller, type(caller)(at=caller.at, channel="cli:ca")):
        with pytest.raises(Forbidden):
            services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=nobody)
    assert services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben).decided_by == ben.person


def test_an_approval_is_bound_to_what_was_seen(asked, ben):
    other = policy.content_hash("test", {"what": 2})
    with pytest.raises(services.OtherContent):
        services.approve(approval_id=asked.id, content_hash=other, caller=ben)
    # Somebody edits the row between the asking and the approving.
    Approval.objects.filter(pk=asked.pk).update(content={"what": 2})
    with pytest.raises(services.OtherContent):
        services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)


def test_an_approval_is_used_once_for_its_deed_until_its_end(asked, anna, ben, later):
    def use(content, caller):
        return services.use_approval(action="test", content=content, caller=caller)

    with pytest.raises(services.NotApproved):
        use({"what": 1}, anna)
    services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)
    with pytest.raises(services.NotApproved):
        use({"what": 2}, anna)
    with pytest.raises(services.NotApproved):
        use({"what": 1}, later(at=asked.ends_at))
    assert use({"what": 1}, later(at=asked.ends_at - SECOND)).state == "used"
    with pytest.raises(services.NotApproved):
        use({"what": 1}, anna)


def test_a_decision_is_final(asked, ben, anna):
    services.refuse(approval_id=asked.id, caller=ben)
    with pytest.raises(NotAllowed):
        services.approve(approval_id=asked.id, content_hash=asked.content_hash, caller=ben)
    with pytest.raises(DatabaseError, match="final"), transaction.atomic():
        Approval.objects.update(state="approved")
    codes = [row.code for row in audit.about("approval", asked.id)]
    assert codes == ["certification.approval.asked", "certification.approval.refused"]


def test_an_approval_needs_a_reason_and_a_future(db, anna):
    with pytest.raises(services.ReasonMissing):
        services.ask_approval(action="test", content={}, reason="  ", caller=anna)
    with pytest.raises(services.ApprovalEnded):
        services.ask_approval(action="test", content={}, reason="x", ends_at=anna.at, caller=anna)


# --- the pool, another's judgement, alarms -----------------------------------------------------------------------------


def test_throw_away_keys_are_made_in_advance_and_used_in_turn():
    pool = gate.Pool(size=3)
    pool.prepare("P-256")
    pool.prepare("P-256")
    taken = [pool.take("P-256") for _ in range(6)]
    assert len({key.public_key_der for key in taken}) == 3 and taken[:3] == taken[3:]
    assert gate.Pool().take("P-384").algorithm == "P-384"


@pytest.mark.django_db(transaction=True)
def test_a_process_makes_keys_of_the_kinds_that_its_authorities_need(signer, system, monkeypatch):
    certification.demo_tree(system, algorithms={"root": "P-384", "issuing": "RSA-3072", "ocsp": "P-256", "tsu": "P-256"})
    pool = gate.Pool(size=2)
    monkeypatch.setattr(gate, "POOL", pool)
    thread = threading.Thread(target=gate.prepare_pool)
    thread.start()
    thread.join()
    monkeypatch.setattr(SoftwareKey, "generate", lambda algorithm: pytest.fail("nobody waits for a key"))
    for algorithm in ("RSA-3072", "P-256", "P-384"):
        assert len({pool.take(algorithm).public_key_der for _ in range(4)}) == 2


def test_a_missing_kind_is_made_when_it_is_needed_and_kept():
    pool = gate.Pool()
    assert pool.take("P-256") is pool.take("P-256")


@pytest.mark.requirement("EN 319 411-1 6.6.1")
def test_a_judge_from_outside_takes_part(issue, anna, ben):
    gate.bind_judge(lambda certificate, profile: ["they.say.no"])
    try:
        with pytest.raises(services.CertificateRefused) as refused:
            issue()
        assert refused.value.facts["findings"] == ["outside:they.say.no"]
        waive(anna, ben, ["outside:they.say.no"])
        assert issue().state == State.ISSUED
    finally:
        gate.bind_judge(None)


@pytest.mark.requirement("EN 319 411-1 6.6.1")
def test_the_daily_job_raises_an_alarm_that_somebody_closes(pair, caller, system, anna):
    assert services.recheck_issued(caller=system) == [] and not queries.alarms()
    Certificate.objects.filter(pk=pair.signature.pk).update(der=pair.authentication.der)
    for _day in range(2):
        assert [row.pk for row in services.recheck_issued(caller=system)] == [pair.signature.pk]
    (alarm,) = queries.alarms()
    assert (alarm.code, alarm.about, alarm.times) == ("certificate_fails_todays_rules", pair.signature.serial, 2)
    with pytest.raises(Forbidden):
        services.close_alarm(alarm_id=alarm.id, caller=caller)
    services.close_alarm(alarm_id=alarm.id, caller=anna)
    services.close_alarm(alarm_id=alarm.id, caller=anna)
    assert not queries.alarms() and len(queries.alarms(open_only=False)) == 1
    services.recheck_issued(caller=system)
    assert len(queries.alarms()) == 1 and len(queries.alarms(open_only=False)) == 2
