# SPDX-License-Identifier: Apache-2.0
"""paraph ceremony and paraph ca: what an operator types and reads."""

import argparse
import json

import pytest
from cryptography import x509 as outside
from django.conf import settings

from paraph.domain.certification import publication, queries, services
from paraph.domain.certification.models import Authority, Certificate
from paraph.domain.timestamping.models import Unit
from paraph.interfaces.cli import ca
from paraph.interfaces.jobs import renewal
from paraph.kernel.caller import Caller
from paraph.pki import x509
from testkit import certification


@pytest.fixture
def run(db, signer, capsys):
    """Runs a command; gives its status and what it printed."""

    def run(*arguments):
        parser = argparse.ArgumentParser()
        ca.register(parser.add_subparsers())
        parsed = parser.parse_args(arguments)
        status = parsed.handler(parsed)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def ceremony(run):
    assert run("ceremony")[0] == 0


def test_the_ceremony_makes_everything_once(run):
    status, out, _ = run("ceremony", "--dry-run", "--json")
    planned = [line["name"] for line in json.loads(out)]
    assert planned == ["root", "issuing", "ocsp", "tsu", "audit", "openid", "openid"]
    assert not Authority.objects.exists()

    status, out, _ = run("ceremony", "--json")
    made = json.loads(out)
    assert status == 0 and [(row["name"], row["parent"]) for row in made] == [("root", None), ("issuing", "root")]
    assert made[1]["list_url"] == f"{settings.PKI_URL}/crl/issuing.crl" and made[1]["list"]["entries"] == 0
    assert settings.OPERATOR.certificates["issuing_name"] in made[1]["subject"]

    count = Certificate.objects.count()
    assert Unit.objects.get().key_id == Certificate.objects.get(usage="tsu").key_id
    assert run("ceremony", "--dry-run")[:2] == (0, "Nothing is missing.\n")
    assert run("ceremony")[0] == 0
    assert Certificate.objects.count() == count


def test_a_renewed_time_stamping_unit_begins_to_stamp(run, ceremony, clock):
    clock.advance(days=550)
    assert renewal.renew_services(Caller.system(at=clock.now(), name="job:renew-services")) == 2
    newest, oldest = Unit.objects.order_by("-not_before")
    assert newest.key_id != oldest.key_id and newest.in_service
    assert renewal.renew_services(Caller.system(at=clock.now(), name="job:renew-services")) == 0


def test_an_operator_chooses_the_algorithms(run):
    run("ceremony", "--root-algorithm", "P-256", "--issuing-algorithm", "P-384")
    assert dict(Authority.objects.values_list("name", "algorithm")) == {"root": "P-256", "issuing": "P-384"}
    assert run("ca", "check")[0] == 0


def test_the_policies_stand_under_the_operators_arc(run, ceremony, caller):
    read = outside.load_der_x509_certificate(bytes(certification.active_pair(caller).signature.der))
    policies = read.extensions.get_extension_for_class(outside.CertificatePolicies).value
    assert policies[0].policy_identifier.dotted_string.startswith(f"{settings.OPERATOR.policy_arc}.")


def test_authorities_and_certificates_are_shown(run, ceremony, caller, later):
    pair = certification.active_pair(caller)
    services.suspend(generation=pair.generation, reason="lost", caller=later(hours=1))
    _, out, _ = run("ca", "list")
    assert "root: C=LU" in out and "list http" in out
    _, out, _ = run("ca", "show", pair.signature.serial, "--json")
    shown = json.loads(out)
    assert (shown["state"], shown["published"]) == ("suspended", "revoked (certificateHold)")
    assert [entry["state"] for entry in shown["history"]] == ["issued", "active", "suspended"]
    assert "GN=Marie" in shown["subject"]
    for name in ("root", "issuing", "ocsp", "tsu"):
        assert "state            active" in run("ca", "show", name)[1]
    assert run("ca", "show", "nobody")[0] == 1


def test_a_chain_is_printed_as_pem(run, ceremony, caller):
    pair = certification.active_pair(caller)
    out = run("ca", "show", pair.signature.serial, "--pem")[1]
    read = outside.load_pem_x509_certificates(out.encode())
    assert len(read) == 3
    read[0].verify_directly_issued_by(read[1])
    read[1].verify_directly_issued_by(read[2])
    assert x509.from_pem(out) == bytes(pair.signature.der)


def test_no_authority_yet(run):
    assert run("ca", "list") == (0, "No authority yet: paraph ceremony makes them.\n", "")


def test_check_holds_and_finds(run, ceremony, caller, signer):
    pair = certification.active_pair(caller)
    publication.refresh(caller.at, signer)
    status, out, _ = run("ca", "check", "--json")
    assert (status, json.loads(out)) == (0, {"checked": 6, "holds": True, "findings": []})
    # Somebody edits a row: the list no longer says what the row says, and the bytes are another certificate's.
    Certificate.objects.filter(pk=pair.signature.pk).update(der=pair.authentication.der)
    status, out, _ = run("ca", "check")
    assert status == 1 and f"{pair.signature.serial}: key_usage" in out


def test_check_finds_a_list_that_ran_out(run, ceremony, later):
    later(days=2)
    status, out, _ = run("ca", "check")
    assert status == 1 and "issuing.crl: list_too_old" in out


def test_a_file_is_linted(run, ceremony, caller, tmp_path):
    pair = certification.active_pair(caller)
    leaf, issuing, _root = queries.chain(pair.signature)
    (tmp_path / "leaf.pem").write_text(x509.pem(leaf))
    (tmp_path / "issuing.der").write_bytes(issuing)
    given = ["--issuer", str(tmp_path / "issuing.der")]
    file = str(tmp_path / "leaf.pem")
    assert run("ca", "lint", file, "--profile", "natural-signature-ncp", *given) == (0, "No rule refuses it.\n", "")
    status, out, _ = run("ca", "lint", file, "--profile", "natural-authentication-ncp", "--json", *given)
    assert status == 1 and "key_usage" in {finding["code"] for finding in json.loads(out)}
    assert run("ca", "lint", file, "--profile", "no-such-profile")[0] == 2
    assert run("ca", "lint", str(tmp_path / "missing"), "--profile", "root")[0] == 2
    assert run("ca", "lint")[0] == 2
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    assert run("ca", "lint", str(tmp_path / "broken.pem"), "--profile", "root")[0] == 2


def test_pkilint_judges_a_file_where_it_is_installed(run, ceremony, caller, tmp_path, monkeypatch):
    pair = certification.active_pair(caller)
    leaf, issuing, _root = queries.chain(pair.signature)
    (tmp_path / "leaf.der").write_bytes(leaf)
    (tmp_path / "issuing.der").write_bytes(issuing)
    asked = ("ca", "lint", str(tmp_path / "leaf.der"), "--issuer", str(tmp_path / "issuing.der"), "--json", "--pkilint",
             "--profile", "natural-signature-ncp")
    # It takes the example arc 2.999 for an encoding error, and says so.
    status, out, _ = run(*asked)
    assert status == 1 and {finding["clause"] for finding in json.loads(out)} == {"pkilint"}
    monkeypatch.setattr(ca.importlib.util, "find_spec", lambda name: None)
    assert run(*asked)[::2] == (2, "pkilint is not installed.\n")


def test_the_rules_are_listed_with_their_clauses(run):
    rules = json.loads(run("ca", "lint", "--rules", "--json")[1])
    assert {"key_usage", "qc_sscd"} <= {rule["code"] for rule in rules} and all(rule["clause"] for rule in rules)
