# SPDX-License-Identifier: Apache-2.0
"""What a stranger sees of our changes, how long it takes, and who is told when it takes too long."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from paraph.domain.audit import queries as audit
from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Alarm, Authority, Certificate, UnknownSerials
from paraph.domain.certification.policy import WrongInstant
from paraph.domain.timestamping import services as timestamping
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.interfaces.jobs import probing, renewal
from paraph.kernel.caller import Caller
from paraph.pki import der, ocsp, oids

pytestmark = pytest.mark.both_databases


@pytest.fixture
def publish(signer, clock):
    return lambda: publication.publish_changes(clock.now(), signer)


@pytest.fixture
def job(clock):
    return lambda: Caller.system(at=clock.now(), name="job:probe")


@pytest.fixture
def fetch(web):
    """HTTP without a network: the addresses of the certificates lead to our responders."""

    def fetch(address):
        body, status, _ = web("GET", urlsplit(address).path)
        if status != "200 OK":
            raise OSError(status)
        return body
    return fetch


@pytest.fixture
def probe(job, fetch):
    return lambda: probing.probe(job(), fetch)


def seen(certificate):
    return [(change["list_seen_at"], change["answer_seen_at"]) for change in services.instants(certificate)]


@pytest.mark.requirement("EN 319 411-1 REV-6.2.4-03A")
def test_each_request_keeps_its_four_instants(certify, caller, clock, publish, probe, steady):
    certificate = certify()
    received = clock.now() - timedelta(minutes=7)
    services.suspend(generation="one", reason="lost", caller=caller, received_at=received)
    decided = clock.now()
    clock.advance(seconds=10)
    # OCSP answers at once, the list shows it once it is published.
    assert probe() == 1
    answered = clock.now()
    publish()
    clock.advance(seconds=10)
    assert probe() == 1
    (change,) = services.instants(certificate)
    assert change == {"number": change["number"], "received_at": received, "decided_at": decided,
                      "list_seen_at": clock.now(), "answer_seen_at": answered}
    clock.advance(seconds=10)
    assert probe() == 0


def test_hold_release_and_revocation_are_each_seen(certify, caller, clock, publish, probe, steady):
    certificate = certify()
    for what, given in ((services.suspend, {"reason": "lost"}), (services.resume, {}),
                        (services.revoke, {"reason": "lost"}), (services.report_compromise, {})):
        clock.advance(minutes=1)
        steady.seconds += 1
        what(generation="one", caller=caller.at_instant(clock.now()), **given)
        publish()
        assert probe() == 2
        assert seen(certificate)[-1] == (clock.now(), clock.now())


def test_a_later_change_that_is_seen_shows_the_earlier_ones(certify, caller, clock, publish, probe):
    certificate = certify()
    services.suspend(generation="one", reason="lost", caller=caller)
    services.resume(generation="one", caller=caller)
    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    clock.advance(seconds=1)
    assert probe() == 6
    assert seen(certificate) == [(clock.now(), clock.now())] * 3


def test_what_is_published_wrong_was_not_seen(certify, caller, publish, probe, tree):
    certificate = certify()
    services.suspend(generation="one", reason="lost", caller=caller)
    # The list of the moment before, and an authority whose key is another: neither tells of the suspension.
    assert probe() == 1
    publish()
    other = Authority.objects.get(name="root")
    Authority.objects.filter(name="issuing").update(certificate_der=bytes(other.certificate_der))
    assert probe() == 0
    assert seen(certificate)[0][0] is None


@pytest.mark.parametrize("answer", [b"", b"no list", OSError("down")])
def test_what_can_not_be_fetched_was_not_seen(certify, caller, publish, job, answer):
    certify()
    certify("two")
    asked = []

    def fetch(address):
        asked.append(address)
        if isinstance(answer, OSError):
            raise answer
        return answer

    for name in ("one", "two"):
        services.suspend(generation=name, reason="lost", caller=caller)
    publish()
    assert probing.probe(job(), fetch) == 0
    # One list, and one question to a responder that does not answer.
    assert len(asked) == 2


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://localhost/x", "/etc/passwd"])
def test_the_probe_reads_the_web_alone(address):
    with pytest.raises(ValueError, match="address of the web"):
        probing.fetch(address)


def test_nobody_decides_before_he_was_asked(certify, caller):
    certify()
    for what, given in ((services.suspend, {"reason": "lost"}), (services.revoke, {"reason": "lost"}), (services.resume, {})):
        with pytest.raises(WrongInstant):
            what(generation="one", caller=caller, received_at=caller.at + timedelta(seconds=1), **given)
    assert services.suspend(generation="one", reason="lost", caller=caller, received_at=caller.at)


def test_late_is_an_alarm_and_too_late_another(certify, caller, clock, job, publish, probe, signer):
    certificate = certify()
    services.suspend(generation="one", reason="lost", caller=caller)
    clock.advance(minutes=60)
    assert services.tell_late(caller=job()) == 0
    clock.advance(seconds=1)
    assert services.tell_late(caller=job()) == 1
    assert list(Alarm.objects.values_list("code", "about")) == [("status_late", certificate.serial)]
    clock.advance(hours=23, seconds=-1)
    assert services.tell_late(caller=job()) == 1
    assert Alarm.objects.count() == 1
    clock.advance(seconds=1)
    services.tell_late(caller=job())
    assert set(Alarm.objects.values_list("code", flat=True)) == {"status_late", "status_too_late"}
    late = Alarm.objects.get(code="status_too_late")
    assert late.facts["unseen"] == ["list_seen_at", "answer_seen_at"]
    (told,) = audit.about("alarm", late.id)
    assert told.code == "certification.alarm.raised"
    ready = Client(HTTP_HOST="localhost").get("/health/ready")
    assert (ready.status_code, ready.json()["parts"]["status"]) == (503, "failing")
    publication.refresh(clock.now(), signer)
    probe()
    assert services.tell_late(caller=job()) == 0


def test_a_serial_that_nobody_was_given_is_not_waited_for(certify, caller, clock, job):
    certificate = certify()
    services.suspend(generation="one", reason="lost", caller=caller)
    Certificate.objects.filter(pk=certificate.pk).update(der=b"")
    clock.advance(hours=30)
    assert services.tell_late(caller=job()) == 0
    assert list(services.awaited()) == []


def test_disagreement_beyond_the_target_is_an_alarm(certify, caller, clock, job, publish):
    certificate = certify()
    publish()
    services.suspend(generation="one", reason="lost", caller=caller)
    clock.advance(minutes=60)
    assert services.compare_all(caller=job()) == 0
    clock.advance(seconds=1)
    assert services.compare_all(caller=job()) == 1
    assert Alarm.objects.get().about == certificate.serial
    publish()
    assert services.compare_all(caller=job()) == 0


def test_the_lists_of_shards_are_compared_too(certify, caller, clock, job, publish, system, signer):
    services.arrange_lists(name="issuing", shards=2, caller=system)
    certificate = certify()
    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    clock.advance(hours=2)
    assert services.compare_all(caller=job()) == 0
    Certificate.objects.filter(pk=certificate.pk).update(crl_shard=3 - certificate.crl_shard)
    assert services.compare_all(caller=job()) > 0


# --- serials that were never issued -----------------------------------------------------------------------------------


@pytest.fixture
def ask_unknown(tree, web):
    issuer = ocsp.Issuer.of(bytes(tree[1].subject_der), bytes(tree[1].public_key_der))

    def ask_unknown(times):
        wanted = b"".join(der.sequence(issuer.certificate_id(oids.SHA256, f"{7 + number:x}")) for number in range(times))
        web("POST", "/pki/ocsp", der.sequence(der.sequence(der.tagged(der.SEQUENCE, wanted))))
    return ask_unknown


@pytest.mark.requirement("EN 319 411-1 OVR-6.6.3-03")
def test_questions_about_unknown_serials_are_counted_and_many_are_an_alarm(certify, ask_unknown, ask, steady, clock, tree):
    certificate = certify()
    ask(certificate)
    assert not UnknownSerials.objects.exists()
    for _ in range(10):
        ask_unknown(10)
    # Written at once the first time, then once a minute.
    assert UnknownSerials.objects.get().asked == 10
    steady.seconds += 60
    ask(certificate, nonce=b"n")
    row = UnknownSerials.objects.get()
    assert (row.asked, row.hour) == (100, clock.now().replace(minute=0))
    assert not Alarm.objects.exists()
    steady.seconds += 60
    ask_unknown(1)
    assert Alarm.objects.get().code == "unknown_serials"
    (told,) = [event for event in audit.about("authority", tree[1].id) if event.code.endswith("unknown_serials")]
    assert told.facts["asked"] == 101
    steady.seconds += 60
    ask_unknown(1)
    assert Alarm.objects.get().times == 1
    clock.advance(hours=1)
    steady.seconds += 60
    ask_unknown(1)
    assert UnknownSerials.objects.count() == 2


# --- health -----------------------------------------------------------------------------------------------------------


def parts():
    return Client(HTTP_HOST="localhost").get("/health/ready").json()["parts"]


def test_a_list_that_ran_out_is_a_failure(certify, publish, clock, signer):
    publish()
    clock.advance(days=1, seconds=-1)
    assert parts()["crl"] == "ok"
    clock.advance(seconds=1)
    assert parts()["crl"] == "failing"
    publication.refresh(clock.now(), signer)
    assert parts()["crl"] == "ok"


def test_a_clock_that_is_not_trusted_is_a_failure(certify, clock, system):
    assert parts()["clock"] == "ok"
    renewal.install_units(system)
    assert parts()["clock"] == "failing"
    timestamping.renew_clock_trust(source=EvenRun(clock, lambda: 0.0), caller=system)
    assert parts()["clock"] == "ok"
