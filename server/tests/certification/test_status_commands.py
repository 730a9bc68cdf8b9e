# SPDX-License-Identifier: Apache-2.0
"""`paraph ca` on what is published: shards, deltas, the last list, and a check that covers them."""

import pytest
from cryptography import x509

from paraph.domain.certification import publication, services
from paraph.domain.certification.models import Authority, Certificate, RevocationList
from paraph.domain.certification.publication import deltas
from paraph.pki.crl import NEVER_UPDATED_AGAIN
from testkit import certification

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def published(tree, system, signer):
    publication.refresh(system.at, signer)
    return tree


def test_lists_are_shown_arranged_and_checked(published, run, caller, later, signer):
    assert run("anna", "arrange", "issuing", "--shards", "3", "--deltas", "on", "--dry-run", "--json")[1] == {
        "name": "issuing", "shards": 3, "deltas": True}
    assert Authority.objects.get(name="issuing").shards == 0
    assert run("anna", "arrange", "issuing", "--shards", "3", "--deltas", "on")[0] == 0
    # The first lists with deltas have a base only from the second on.
    pair = certification.active_pair(caller)
    moment = later(minutes=5)
    services.suspend(generation=pair.generation, reason="lost", caller=moment)
    publication.publish_changes(moment.at, signer)
    rows = run("anna", "lists", "--authority", "issuing", "--json")[1]
    assert [row["shard"] for row in rows] == [0, 1, 2, 3]
    assert rows[0]["full"]["entries"] == 2 and rows[0]["delta"]["base"] < rows[0]["full"]["number"]
    assert rows[1]["address"].endswith("/issuing/1.crl") and rows[0]["full"]["last"] is False
    assert run("anna", "arrange", "issuing", "--shards", "2")[2].startswith("shards_only_grow")
    status, report, _ = run("anna", "check", "--json")
    assert (status, report["findings"]) == (0, [])
    assert run("anna", "lists", "--authority", "nobody")[2].startswith("no_authority")


def test_a_delta_that_lies_is_found(published, run, caller, later, signer):
    services.arrange_lists(name="issuing", deltas=True, caller=certification.operator(caller, "anna"))
    pair = certification.active_pair(caller)
    moment = later(minutes=5)
    publication.refresh(moment.at, signer)
    services.suspend(generation=pair.generation, reason="lost", caller=moment)
    publication.publish_changes(moment.at, signer)
    assert list(deltas.differences()) == []
    # The delta of an hour later, which lifts the hold, in the place of this one; and then none at all.
    moment = later(hours=1)
    services.resume(generation=pair.generation, caller=moment)
    publication.publish_changes(moment.at, signer)
    assert list(deltas.differences()) == []
    newest, before = RevocationList.objects.filter(authority__name="issuing").exclude(base_number=None).order_by("-number")[:2]
    RevocationList.objects.filter(pk=newest.pk).update(der=bytes(before.der))
    found = {difference.serial for difference in deltas.differences()}
    assert found == {pair.signature.serial, pair.authentication.serial}
    status, report, _ = run("anna", "check", "--json")
    assert status == 1 and {finding["code"] for finding in report["findings"]} == {"delta_disagrees"}
    RevocationList.objects.filter(pk=newest.pk).delete()
    assert [difference.serial for difference in deltas.differences()] == [""]


def test_a_list_that_ran_out_is_found_in_every_shard(published, run, later, caller):
    services.arrange_lists(name="issuing", shards=2, caller=certification.operator(caller, "anna"))
    later(days=2)
    codes = [(entry["about"].rsplit("/", 1)[1], entry["code"]) for entry in run("anna", "check", "--json")[1]["findings"]
             if entry["code"] == "list_too_old"]
    assert codes == [("root.crl", "list_too_old"), ("issuing.crl", "list_too_old"), ("1.crl", "list_too_old"),
                     ("2.crl", "list_too_old")]


@pytest.mark.requirement("EN 319 411-2 CSS-6.3.10-09")
def test_the_last_list(published, run, later, signer):
    assert run("anna", "last-list", "issuing")[2].startswith("authority_not_over")
    later(days=1)
    run("anna", "out-of-service", "issuing", "--dry-run")
    assert Authority.objects.get(name="issuing").in_service
    assert run("anna", "out-of-service", "issuing")[0] == 0 and not Authority.objects.get(name="issuing").in_service
    assert run("anna", "out-of-service", "nobody")[2].startswith("no_authority")
    for certificate in Certificate.objects.filter(authority__name="issuing"):
        services.revoke(generation=certificate.generation, reason="authority_decision",
                        caller=certification.operator(later(minutes=1), "anna"))
    assert run("anna", "last-list", "issuing", "--dry-run", "--json")[1]["would_make"] == 1
    assert run("anna", "last-list", "issuing", "--json")[1]["made"] == 1
    assert run("anna", "last-list", "issuing", "--json")[1]["made"] == 0
    row = run("anna", "lists", "--authority", "issuing", "--json")[1][0]
    assert row["full"]["last"] is True
    newest = RevocationList.objects.filter(authority__name="issuing").order_by("-number").first()
    assert x509.load_der_x509_crl(bytes(newest.der)).next_update_utc == NEVER_UPDATED_AGAIN


def test_publishing_now_and_who_answers(published, run, caller):
    pair = certification.active_pair(caller)
    services.suspend(generation=pair.generation, reason="lost", caller=caller)
    assert run("anna", "publish", "--dry-run", "--json")[1] == {"stale": []}
    assert run("anna", "publish", "--json")[1]["made"] >= 2
    rows = {row["authority"]: row for row in run("anna", "responders", "--json")[1]}
    assert rows["root"]["responder"] is None and rows["issuing"]["not_after"].startswith("2027-11-24")
