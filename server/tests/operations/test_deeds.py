# SPDX-License-Identifier: Apache-2.0
"""Everything that needs four eyes, by pages: asked by one operator, allowed by another, done once."""

import pytest
from lxml import html

from paraph.domain.certification import publication, queries, services
from paraph.domain.certification.models import Alarm, Approval, Authority, Certificate, DeclaredDevice
from paraph.interfaces.operations.forms import FORMS
from testkit import certification

pytestmark = pytest.mark.django_db(transaction=True)
SEAL = {"profile": "seal-qcp-l", "organisation": "Exemple Musée", "identifier": "NTRLU-F1234", "country": "LU",
        "applicant": "person-clara", "evidence": "file 7", "identification": "desk", "reason": "Seal of the museum"}
AUTHORITY = {"name": "seals", "common_name": "Paraph Test Seals", "kind": "seals", "algorithm": "P-256", "reason": "apart"}
UNTIL = {"day": "1", "month": "1", "year": "2030"}


def words(response):
    return " ".join(html.fromstring(response.content).xpath("//main")[0].text_content().split())


def until(name):
    return {f"{name}_{part}": value for part, value in UNTIL.items()}


@pytest.fixture
def anna(staff):
    return staff("operator_admin")


@pytest.fixture
def ben(staff):
    return staff("operator_admin")


@pytest.fixture
def request_pem():
    return "-----BEGIN CERTIFICATE REQUEST-----\n" + certification.base64_of(certification.pkcs10()) + \
        "\n-----END CERTIFICATE REQUEST-----\n"


def asks(client, deed, **fields):
    answer = client.post(f"/operations/ask/{deed}/", fields)
    assert answer.status_code == 302, words(answer)
    return Approval.objects.order_by("-asked_at", "-id").first()


def decides(client, approval, decision="approve"):
    return client.post(f"/operations/approvals/{approval.id}/{decision}", {"hash": approval.content_hash})


def agreed(anna, ben, deed, **fields):
    approval = asks(anna, deed, **fields)
    assert decides(ben, approval).status_code == 302
    return approval


def test_an_authority_is_made_and_revoked(anna, ben, scene, signer, system):
    publication.refresh(system.at, signer)
    approval = asks(anna, "create-authority", **AUTHORITY)
    page = words(anna.get("/operations/approvals/"))
    assert "attend une autre personne que vous" in page and "Un autre opérateur décide avant le 25 novembre 2026" in page
    assert "cachets d’organisations" in page
    assert decides(anna, approval).status_code == 409
    assert decides(anna, approval, "do").status_code == 409 and not Authority.objects.filter(name="seals")
    decides(ben, approval)
    assert "Un opérateur l’exécute avant le" in words(ben.get("/operations/approvals/"))
    assert decides(anna, approval, "do").status_code == 302
    assert Authority.objects.get(name="seals").in_service
    assert "C’est fait" in words(anna.get("/operations/approvals/"))
    assert decides(anna, approval, "do").status_code in (302, 409) and Authority.objects.filter(name="seals").count() == 1
    approval = agreed(anna, ben, "revoke-authority", name="seals", cause="compromised", reason="stolen")
    decides(ben, approval, "do")
    assert not Authority.objects.get(name="seals").in_service
    assert "révoquée" in words(anna.get("/operations/authorities/"))


def test_a_seal_is_issued_suspended_and_revoked(anna, ben, scene, request_pem):
    Authority.objects.update(disclosures=certification.disclosures())
    approval = agreed(anna, ben, "issue", request=request_pem, **SEAL)
    page = words(anna.get("/operations/approvals/"))
    assert "C=LU, O=Exemple Musée" in page and "Anne operator admin" in page
    assert "file 7" in page and "person-clara" in page and "BEGIN" not in page and approval.content["request"][:40] not in page
    answer = decides(anna, approval, "do")
    seal = Certificate.objects.get(usage="seal")
    assert answer["Location"] == f"/operations/certificates/{seal.serial}/"
    page = words(anna.get(answer["Location"]))
    assert "actif" in page and "BEGIN CERTIFICATE" in page
    for move, fields, state in (("suspend", {"cause": "lost"}, "suspended"), ("resume", {}, "active"),
                                ("revoke", {"cause": "compromised"}, "revoked")):
        assert anna.post(f"/operations/move/{seal.serial}/{move}", fields).status_code == 302
        seal.refresh_from_db()
        assert seal.state == state
    page = words(anna.get(f"/operations/certificates/{seal.serial}/"))
    assert "clé connue d’un autre" in page and "Révoquer pour toujours" not in page
    assert anna.post(f"/operations/move/{seal.serial}/resume").status_code == 409
    assert seal.serial in words(anna.get("/operations/certificates/"))
    found = anna.get("/operations/certificates/", {"serial": f" {seal.serial.upper()} "})
    assert found["Location"].endswith(f"{seal.serial}/")
    assert "Aucun certificat n’a ce numéro" in words(anna.get("/operations/certificates/", {"serial": "abc"}))


def test_a_refused_request_says_why_and_changes_nothing(anna, scene, request_pem):
    Authority.objects.update(disclosures=certification.disclosures())
    for wrong, said in (({"identifier": "nonsense"}, "règles de délivrance"), ({"request": "x"}, "PKCS#10"),
                        ({"evidence": ""}, "pièces vérifiées"), ({"reason": ""}, "Motif")):
        answer = anna.post("/operations/ask/issue/", {"request": request_pem, **SEAL, **wrong})
        assert answer.status_code == 422 and said in words(answer)
    assert not Approval.objects.exists()


def test_a_profile_goes_out_of_force_and_back(anna, ben, scene):
    decides(anna, agreed(anna, ben, "take-out-of-force", profile="tls-ovcp", reason="stop"), "do")
    assert "hors vigueur" in words(anna.get("/operations/profiles/"))
    decides(anna, agreed(anna, ben, "put-in-force", profile="tls-ovcp", version="1", reason="again"), "do")
    assert "hors vigueur" not in words(anna.get("/operations/profiles/"))
    answer = anna.post("/operations/ask/put-in-force/", {"profile": "tls-ovcp", "version": "9", "reason": "x"})
    assert answer.status_code == 422 and "cette version" in words(answer)


def test_a_waiver_stands_until_it_is_withdrawn(anna, ben, scene, clock):
    assert "Aucune dérogation" in words(anna.get("/operations/waivers/"))
    approval = agreed(anna, ben, "waive", profile="tls-ovcp", findings="subject_length  validity_period", reason="x",
                      **until("ends"))
    assert approval.content["findings"] == ["subject_length", "validity_period"]
    page = words(anna.get("/operations/waivers/"))
    assert "En vigueur jusqu’au 1er janvier 2030" in page or "En vigueur jusqu’au 1 janvier 2030" in page
    assert decides(ben, approval, "do").status_code == 409
    assert anna.post(f"/operations/approvals/{approval.id}/withdraw", {"waivers": "1"})["Location"] == "/operations/waivers/"
    assert "Aucune dérogation" in words(anna.get("/operations/waivers/"))


def test_a_device_is_declared(anna, ben, scene):
    decides(ben, agreed(anna, ben, "declare-device", name="hsm-1", reference="CC EAL4+", reason="new", **until("until")), "do")
    assert DeclaredDevice.objects.get().name == "hsm-1"


def test_who_is_unknown_has_nothing_to_replace(anna, scene):
    answer = anna.post("/operations/ask/reissue/", {"user_id": "NOBODY12", "reason": "x"})
    assert answer.status_code == 422 and "pas de certificat actif" in words(answer)


def test_what_nobody_decided_in_time_is_over(anna, ben, scene, clock):
    approval = asks(anna, "create-authority", **AUTHORITY)
    clock.set(approval.ends_at)
    late = scene.system.at_instant(clock.now())
    other = certification.operator(late, "x")
    page = anna.get("/operations/approvals/")
    if page.status_code == 200:  # the session may have ended with the day; then nobody sees a button either
        assert "périmée" in words(page) and "Accorder" not in words(page)
    with pytest.raises((services.ApprovalEnded, services.OtherDirectory)):
        services.approve(approval_id=approval.id, content_hash=approval.content_hash, caller=other)


def test_what_was_asked_by_command_is_decided_by_command(anna, scene, system):
    services.ask_standing(profile="tls-ovcp", version=None, reason="x", caller=certification.operator(system, "zoe"))
    page = words(anna.get("/operations/approvals/"))
    assert "paraph ca approve" in page and "Accorder" not in page
    assert decides(anna, Approval.objects.get()).status_code == 409


def test_lists_are_arranged(anna, scene, system, signer):
    publication.refresh(system.at, signer)
    answer = anna.post("/operations/arrange/issuing", {"issuing-shards": "2", "issuing-deltas": "on"})
    assert answer.status_code == 302
    page = words(anna.get("/operations/lists/"))
    assert "partie 2" in page and "complète" in page
    answer = anna.post("/operations/arrange/issuing", {"issuing-shards": "1"})
    assert answer.status_code == 422 and "peut seulement augmenter" in words(answer)


def test_responders_say_when_they_are_renewed(anna, scene, system, signer):
    publication.refresh(system.at, signer)
    page = words(anna.get("/operations/responders/"))
    assert "prend le relais d’elle-même" in page and "liste seulement" in page
    responder = queries.newest_service("ocsp")
    anna.post(f"/operations/move/{responder.serial}/revoke", {"cause": "compromised"})
    assert queries.newest_service("ocsp").serial != responder.serial
    services.count_unknown(authority_id=responder.authority_id, asked=7, caller=system)
    assert "en 24 heures7" in words(anna.get("/operations/responders/")).replace(" 7", "7")


def test_an_alarm_is_taken(anna, ben, scene, system):
    alarm = services.raise_alarm(code="blocked_key_in_use", about=queries.newest_service("tsu").serial, caller=system)
    page = words(anna.get("/operations/"))
    assert "à prendre en charge" in page and "dans les 24 heures" in page
    assert anna.post(f"/operations/alarms/{alarm.id}/take").status_code == 302
    assert "Prise en charge parAnne operator admin" in words(ben.get("/operations/"))
    assert ben.post(f"/operations/alarms/{alarm.id}/close").status_code == 302
    assert Alarm.objects.get().closed_by == ben.person
    assert "close" in words(anna.get("/operations/?closed"))
    assert anna.post(f"/operations/alarms/{alarm.id}/shelve").status_code == 404


def test_auditors_read_and_do_nothing(staff, scene, system):
    auditor = staff("auditor")
    serial = queries.newest_service("ocsp").serial
    page = auditor.get(f"/operations/certificates/{serial}/")
    assert page.status_code == 200 and "Révoquer" not in words(page) and "BEGIN" not in words(page)
    for address in ("/operations/ask/", *(f"/operations/ask/{deed}/" for deed in FORMS)):
        assert auditor.get(address).status_code == 403
    for address in (f"/operations/move/{serial}/revoke", "/operations/arrange/issuing"):
        assert auditor.post(address, {"cause": "lost", "issuing-shards": "2"}).status_code == 403
    assert queries.newest_service("ocsp").serial == serial


@pytest.mark.parametrize("deed", FORMS)
def test_each_deed_has_a_page_in_each_language(anna, scene, deed):
    titles = set()
    for language in ("fr", "de", "en"):
        document = html.fromstring(anna.get(f"/operations/ask/{deed}/", {"language": language}).content)
        titles.add(document.xpath("//h1")[0].text_content())
        assert document.get("lang") == language
    assert len(titles) == 3
    assert anna.get("/operations/ask/nothing/").status_code == 404
