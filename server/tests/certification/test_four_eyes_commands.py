# SPDX-License-Identifier: Apache-2.0
"""Two accounts of one machine at the command line: one asks, the other allows, then it is done."""

from paraph.domain.certification import queries, services
from paraph.domain.certification.models import Approval, Authority, BlockedKey, DeclaredDevice
from paraph.interfaces.cli import saying
from testkit import certification

CREATE = ("create-authority", "seals", "--kind", "seals", "--common-name", "Paraph Test Seals")
NOBODY = "00000000-0000-0000-0000-000000000007"


def test_an_authority_is_made_by_two(tree, run):
    assert run("anna", "request", *CREATE, "--reason-given", "seals", "--dry-run", "--json")[1]["action"] == "create_authority"
    assert not Approval.objects.exists()
    assert run("anna", "do", NOBODY)[0] == 1
    _, asked, _ = run("anna", "request", *CREATE, "--reason-given", "seals apart", "--json")
    assert run("anna", "do", asked["id"])[2].startswith("not_approved")
    status, _, said = run("anna", "approve", asked["id"], asked["hash"])
    assert status == 1 and said.startswith("same_eyes")
    assert run("ben", "approve", asked["id"], "0" * 64)[2].startswith("other_content")
    assert run("ben", "approve", asked["id"], asked["hash"], "--dry-run", "--json")[1]["state"] == "asked"
    assert run("ben", "approve", asked["id"], asked["hash"], "--json")[1]["state"] == "approved"
    assert run("ben", "do", asked["id"], "--dry-run", "--json")[1]["can_be_done"] is True
    assert not Authority.objects.filter(name="seals")
    assert run("ben", "do", asked["id"], "--json")[1]["done"] == "create_authority"
    assert Authority.objects.get(name="seals").in_service
    (row,) = run("anna", "approvals", "--json")[1]
    assert (row["state"], row["asked_by"], row["decided_by"]) == ("used", "os:anna", "os:ben")


def test_an_authority_is_revoked_by_two(tree, run):
    deed = ("revoke-authority", "issuing", "--cause", "compromised")
    asked = run("anna", "request", *deed, "--reason-given", "stolen", "--json")[1]
    run("ben", "approve", asked["id"], asked["hash"])
    assert run("anna", "do", asked["id"])[0] == 0 and not Authority.objects.get(name="issuing").in_service


def test_a_device_and_a_waiver(tree, run):
    deed = ("declare-device", "hsm-1", "--reference", "CC EAL4+ 2026", "--until", "2030-01-01")
    asked = run("anna", "request", *deed, "--reason-given", "new module", "--json")[1]
    run("ben", "approve", asked["id"], asked["hash"])
    assert run("anna", "do", asked["id"])[0] == 0 and DeclaredDevice.objects.get().reference == "CC EAL4+ 2026"
    waive = ("request", "waive", "--profile", "natural-signature-ncp", "--reason-given", "x", "--ends", "2027-01-01")
    assert run("anna", *waive, "--finding", "signature")[2].startswith("not_waivable")
    asked = run("anna", *waive, "--finding", "subject_length", "--json")[1]
    assert run("ben", "refuse", asked["id"], "--json")[1]["state"] == "refused"
    assert run("ben", "withdraw", asked["id"])[0] == 1


def test_alarms_are_read_and_closed(tree, run, system):
    assert run("anna", "alarms")[1] == "No alarm is open.\n"
    services.raise_alarm(code="test", about="something", caller=system)
    (alarm,) = run("anna", "alarms", "--json")[1]
    run("anna", "close", alarm["id"], "--dry-run")
    assert len(run("anna", "alarms", "--json")[1]) == 1
    assert run("anna", "close", alarm["id"])[0] == 0 and run("anna", "alarms", "--json")[1] == []


def test_who_takes_an_alarm_is_seen(tree, run, system):
    services.raise_alarm(code="test", about="something", caller=system)
    (alarm,) = run("anna", "alarms", "--json")[1]
    run("anna", "take", alarm["id"], "--dry-run")
    assert run("anna", "alarms", "--json")[1][0]["taken_by"] == ""
    run("anna", "take", alarm["id"])
    assert run("ben", "alarms", "--json")[1][0]["taken_by"] == "os:anna"
    run("ben", "close", alarm["id"])
    assert run("ben", "take", alarm["id"])[2].startswith("not_allowed")
    assert run("ben", "alarms", "--json")[1] == [] and run("ben", "alarms", "--all", "--json")[1][0]["closed_by"] == "os:ben"


def test_a_seal_is_issued_by_two(tree, run, tmp_path):
    request, out = tmp_path / "request.der", tmp_path / "chain.pem"
    request.write_bytes(certification.pkcs10())
    ask = ("request", "issue", str(request), "--profile", "seal-qcp-l", "--organisation", "Exemple Musée", "--identifier",
           "NTRLU-F1234", "--country", "LU", "--applicant", "clara", "--evidence", "file 7", "--identification", "desk",
           "--reason-given", "seal")
    assert run("anna", *ask, "--dry-run", "--json")[1]["content"]["subject"]["organization"] == "Exemple Musée"
    assert not Approval.objects.exists()
    assert run("anna", *ask, "--identifier", "nonsense")[2].startswith("certificate_refused: ")
    assert run("anna", *ask[:2], str(tmp_path / "missing"), *ask[3:])[2].startswith("unreadable")
    asked = run("anna", *ask, "--json")[1]
    assert "request" not in asked["content"]
    run("ben", "approve", asked["id"], asked["hash"])
    done = run("anna", "do", asked["id"], "--out", str(out), "--json")[1]
    assert out.read_text().count("BEGIN CERTIFICATE") == 3
    assert run("anna", "show", done["serial"], "--json")[1]["state"] == "active"
    assert run("anna", "suspend", done["serial"], "--cause", "lost", "--dry-run", "--json")[1]["would"] == "suspend"
    assert run("anna", "suspend", done["serial"], "--cause", "lost", "--json")[1]["state"] == "suspended"
    assert run("anna", "resume", done["serial"], "--json")[1]["state"] == "active"
    ended = run("anna", "revoke", done["serial"], "--cause", "compromised", "--received", "2026-11-24T08:30",
                "--invalid-since", "2026-11-20T00:00", "--json")[1]
    assert ended["state"] == "revoked"
    shown = run("anna", "show", done["serial"], "--json")[1]
    assert shown["requests"][-1]["received_at"] == "2026-11-24T08:30:00+00:00" and "revoked" in shown["published"]


def test_people_and_authorities_are_not_moved_from_here(tree, run, caller):
    pair = certification.active_pair(caller)
    root = queries.certificate_of(tree[0])
    for serial in (pair.signature.serial, root.serial):
        assert run("anna", "revoke", serial, "--cause", "lost")[2].startswith("persons_certificate")
    assert run("anna", "revoke", "abcdef", "--cause", "lost")[2].startswith("not_found")


def test_a_profile_is_taken_out_of_force_and_put_back_by_two(tree, run):
    for deed, version in ((("take-out-of-force", "tls-ovcp"), None), (("put-in-force", "tls-ovcp", "1"), 1)):
        asked = run("anna", "request", *deed, "--reason-given", "x", "--json")[1]
        run("ben", "approve", asked["id"], asked["hash"])
        assert run("anna", "do", asked["id"])[0] == 0
        rows = {row["name"]: row for row in run("anna", "profiles", "--json")[1]}
        assert rows["tls-ovcp"]["in_force"] == version and rows["tsu"]["in_force"] == 1
    assert run("anna", "request", "take-out-of-force", "ocsp", "--reason-given", "x")[2].startswith("always_in_force")


def test_the_login_stands_above_sudo(monkeypatch, tmp_path):
    login = tmp_path / "loginuid"
    monkeypatch.setattr(saying, "_LOGIN", login)
    monkeypatch.setenv("SUDO_USER", "ben")
    login.write_text("0")
    assert saying.account().person == "os:root"
    for unknown in ("4294967295", "", "x"):
        login.write_text(unknown)
        assert saying.account().person == "os:ben"
    login.unlink()
    assert saying.account().person == "os:ben"


def test_a_key_is_blocked_and_its_certificates_are_named(tree, run, caller):
    pair = certification.active_pair(caller)
    digest = pair.signature.public_key_digest
    run("anna", "block-key", digest, "--reason", "published", "--dry-run")
    assert not BlockedKey.objects.exists()
    assert run("anna", "block-key", digest, "--reason", "published", "--json")[1]["in_use_by"] == [pair.signature.serial]


def test_the_profiles_are_listed(run):
    rows = {row["name"]: row for row in run("anna", "profiles", "--json")[1]}
    assert rows["tls-ovcp"]["suspension"] is False and "EN 319 412-5" in " ".join(rows["seal-qcp-l"]["editions"])
