# SPDX-License-Identifier: Apache-2.0
"""Lists of shards, delta lists, and the last list of an authority."""

from datetime import timedelta

import pytest
from cryptography import x509

from paraph.domain.audit import queries as audit
from paraph.domain.certification import policy, publication, services
from paraph.domain.certification.models import Authority, Certificate, RevocationList
from paraph.domain.certification.publication import crl, scopes
from paraph.kernel import rules
from paraph.kernel.caller import Caller, Role
from paraph.kernel.errors import Forbidden, NotFound
from paraph.pki.crl import NEVER_UPDATED_AGAIN
from paraph.signer import client

pytestmark = pytest.mark.both_databases


@pytest.fixture
def publish(signer, clock):
    return lambda: publication.publish_changes(clock.now(), signer)


@pytest.fixture
def fetch(web, tree):
    key = x509.load_der_x509_certificate(bytes(tree[1].certificate_der)).public_key()

    def fetch(path="issuing"):
        body, status, _ = web("GET", f"/pki/crl/{path}.crl")
        assert status == "200 OK", status
        found = x509.load_der_x509_crl(body)
        assert found.is_signature_valid(key)
        return found
    return fetch


@pytest.fixture
def arrange(tree, system):
    return lambda **given: services.arrange_lists(name="issuing", caller=system, **given)


def reasons(found):
    """What a list says of each serial: its reason, or "" without one."""
    said = {}
    for entry in found:
        try:
            said[f"{entry.serial_number:x}"] = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.name
        except x509.ExtensionNotFound:
            said[f"{entry.serial_number:x}"] = ""
    return said


def number(found):
    return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def base(found):
    extension = found.extensions.get_extension_for_class(x509.DeltaCRLIndicator)
    assert extension.critical
    return extension.value.crl_number


def address_in(certificate):
    points = x509.load_der_x509_certificate(bytes(certificate.der)).extensions.get_extension_for_class(
        x509.CRLDistributionPoints).value
    ((name,),) = [point.full_name for point in points]
    return name.value


# --- shards -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("RFC 5280 5.2.5")
def test_each_certificate_stands_on_the_list_that_it_names_and_on_the_full_one(certify, fetch, publish, arrange, caller):
    before = certify("before")
    arrange(shards=3)
    after = [certify(f"after-{position}") for position in range(6)]
    for certificate in (before, *after):
        services.revoke(generation=certificate.generation, reason="stolen", caller=caller)
    publish()
    assert address_in(before).endswith("/crl/issuing.crl")
    assert set(reasons(fetch())) == {certificate.serial for certificate in (before, *after)}
    for shard in (1, 2, 3):
        found = fetch(f"issuing/{shard}")
        point = found.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
        assert point.critical
        assert not (point.value.only_contains_ca_certs or point.value.only_contains_user_certs or point.value.indirect_crl)
        here = [certificate for certificate in after if certificate.crl_shard == shard]
        assert set(reasons(found)) == {certificate.serial for certificate in here}
        assert {address_in(certificate) for certificate in here} <= {point.value.full_name[0].value}
    with pytest.raises(x509.ExtensionNotFound):
        fetch().extensions.get_extension_for_class(x509.IssuingDistributionPoint)
    numbers = RevocationList.objects.filter(authority__name="issuing").values_list("number", flat=True)
    assert len(set(numbers)) == len(numbers)


def test_shards_grow_without_touching_what_was_issued(certify, fetch, publish, arrange, caller):
    arrange(shards=1)
    old = certify("old")
    arrange(shards=4)
    services.suspend(generation="old", reason="lost", caller=caller)
    publish()
    assert old.crl_shard == 1
    assert set(reasons(fetch("issuing/1"))) == {old.serial}
    assert reasons(fetch("issuing/4")) == {}


def test_a_change_makes_its_shards_list_and_the_full_one_alone(certify, publish, arrange, caller, clock):
    arrange(shards=3)
    certificate = certify()
    assert publish() > 0
    before = {shard: crl.newest_of("issuing", shard).number for shard in range(4)}
    clock.advance(seconds=5)
    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    after = {shard: crl.newest_of("issuing", shard).number for shard in range(4)}
    assert {shard for shard in after if after[shard] != before[shard]} == {0, certificate.crl_shard}


@pytest.mark.parametrize("wanted", [2, 1025, -1])
def test_shards_only_grow(arrange, wanted):
    arrange(shards=3)
    with pytest.raises(services.ShardsOnlyGrow):
        arrange(shards=wanted)
    assert arrange(shards=1024).shards == 1024


def test_only_an_operator_cuts_lists_and_it_is_told(arrange, tree, caller, system):
    with pytest.raises(Forbidden):
        services.arrange_lists(name="issuing", shards=1, caller=caller)
    with pytest.raises(NotFound):
        services.arrange_lists(name="nobody", shards=1, caller=system)
    arrange(shards=2, deltas=True)
    arrange(shards=2)
    assert [event.facts for event in audit.about("authority", tree[1].id)
            if event.code == "certification.authority.lists_arranged"] == [{"shards": 2, "deltas": True}]


@pytest.mark.parametrize("path", ["issuing/0", "issuing/01", "issuing/4", "issuing/delta", "issuing/1/delta",
                                  "issuing/100000", "issuing/1/", "issuing/1/1"])
def test_lists_that_are_not_there(publish, arrange, web, path):
    arrange(shards=3)
    publish()
    assert web("GET", f"/pki/crl/{path}.crl")[1].startswith("404")


# --- deltas -----------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("RFC 5280 5.2.4")
def test_a_delta_tells_what_changed_since_the_oldest_list_in_force(certify, fetch, publish, arrange, caller, clock):
    for name in ("held", "released", "revoked", "brief"):
        certify(name)
    serials = {row.generation: row.serial for row in Certificate.objects.filter(profile="natural-signature-ncp")}

    def move(what, name, **given):
        clock.advance(minutes=1)
        what(generation=name, caller=caller.at_instant(clock.now()), **given)

    arrange(deltas=True)
    move(services.suspend, "released", reason="lost")
    publish()
    first = number(fetch())
    assert fetch().extensions.get_extension_for_class(x509.FreshestCRL).value[0].full_name[0].value.endswith(
        "/crl/issuing/delta.crl")

    move(services.suspend, "held", reason="lost")
    move(services.resume, "released")
    move(services.revoke, "revoked", reason="stolen")
    publish()
    full, delta = fetch(), fetch("issuing/delta")
    assert (number(delta), base(delta)) == (number(full), first)
    assert delta.last_update_utc == full.last_update_utc
    assert reasons(delta) == {serials["held"]: "certificate_hold", serials["released"]: "remove_from_crl",
                              serials["revoked"]: "key_compromise"}
    assert serials["released"] not in reasons(full)

    # Held and released between two lists: to be removed, in case somebody saw it in a delta in between.
    move(services.suspend, "brief", reason="lost")
    publish()
    assert reasons(fetch("issuing/delta"))[serials["brief"]] == "certificate_hold"
    move(services.resume, "brief")
    publish()
    delta = fetch("issuing/delta")
    assert base(delta) == first
    assert reasons(delta)[serials["brief"]] == "remove_from_crl"
    assert "remove_from_crl" not in reasons(fetch()).values()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.requirement("RFC 5280 5.2.4")
def test_base_and_delta_together_are_the_full_list(certify, fetch, publish, arrange, caller, clock, seed):
    """Whoever has any list in force and adds the newest delta knows what the newest full list says."""
    arrange(deltas=True)
    names = [f"one-{position}" for position in range(4)]
    for name in names:
        certify(name)
    seen = []
    for step in range(8):
        clock.advance(minutes=10)
        name = names[(step * 7 + seed) % 4]
        row = Certificate.objects.get(generation=name)
        at = caller.at_instant(clock.now())
        if row.state == "active":
            services.suspend(generation=name, reason="lost", caller=at)
        elif row.state == "suspended" and (step + seed) % 3:
            services.resume(generation=name, caller=at)
        elif row.state == "suspended":
            services.revoke(generation=name, reason="stolen", caller=at)
        publish()
        seen.append(fetch())
        if len(seen) == 1:
            continue
        delta, newest = fetch("issuing/delta"), reasons(seen[-1])
        for known in seen[:-1]:
            assert number(known) >= base(delta)
            combined = reasons(known) | reasons(delta)
            assert {serial: why for serial, why in combined.items() if why != "remove_from_crl"} == newest


def test_the_base_moves_on_when_a_list_runs_out(certify, fetch, publish, arrange, caller, clock, signer):
    certify()
    arrange(deltas=True)
    publish()
    first = number(fetch())
    life = rules.current().crl_life_seconds
    clock.advance(seconds=life - 1)
    crl.refresh(clock.now(), signer)
    second = number(fetch())
    assert base(fetch("issuing/delta")) == first
    clock.advance(seconds=1)
    services.suspend(generation="one", reason="lost", caller=caller.at_instant(clock.now()))
    publish()
    assert base(fetch("issuing/delta")) == second


def test_shards_have_deltas_of_their_own(certify, fetch, publish, arrange, caller, clock):
    arrange(shards=2, deltas=True)
    certificate = certify()
    publish()
    services.suspend(generation="one", reason="lost", caller=caller)
    publish()
    delta = fetch(f"issuing/{certificate.crl_shard}/delta")
    assert set(reasons(delta)) == {certificate.serial}
    point = delta.extensions.get_extension_for_class(x509.IssuingDistributionPoint).value
    assert point.full_name[0].value == address_in(certificate)
    with pytest.raises(x509.ExtensionNotFound):
        delta.extensions.get_extension_for_class(x509.FreshestCRL)


# --- the end ----------------------------------------------------------------------------------------------------------


def end(authority):
    Authority.objects.filter(pk=authority.pk).update(in_service=False)
    authority.refresh_from_db()


@pytest.mark.requirement("EN 319 411-1 CSS-6.3.9-06")
def test_the_last_list_waits_until_nothing_can_change(certify, fetch, publish, arrange, caller, clock, signer, tree):
    arrange(shards=1)
    certify()
    services.revoke(generation="one", reason="stolen", caller=caller)
    issuing = tree[1]
    with pytest.raises(crl.NotOver):
        crl.publish_last(issuing, clock.now(), signer)
    end(issuing)
    # Responder and time-stamping unit are still in their life.
    last_end = Certificate.objects.filter(authority=issuing).exclude(state="revoked").latest("not_after").not_after
    clock.set(last_end - timedelta(seconds=1))
    with pytest.raises(crl.NotOver):
        crl.publish_last(issuing, clock.now(), signer)
    clock.set(last_end)
    assert crl.publish_last(issuing, clock.now(), signer) == 2
    for path in ("issuing", "issuing/1"):
        assert fetch(path).next_update_utc == NEVER_UPDATED_AGAIN
        assert len(fetch(path)) == 1
    assert crl.publish_last(issuing, clock.now(), signer) == 0
    with pytest.raises(crl.Over):
        crl.publish(issuing, clock.now(), signer)
    clock.advance(days=400)
    crl.refresh(clock.now(), signer)
    assert fetch().next_update_utc == NEVER_UPDATED_AGAIN


@pytest.mark.requirement("EN 319 411-1 CSS-6.3.9-13")
def test_an_authoritys_revocation_stands_on_the_roots_list_at_once(web, publish, system, tree, clock):
    publish()
    issuing = Certificate.objects.get(profile="issuing")
    first, second = (Caller(at=clock.now(), channel="web", person=person, roles=frozenset({Role("", "operator_admin")}))
                     for person in ("anna", "bert"))
    approval = services.ask_approval(
        action=policy.REVOKE_AUTHORITY, content=policy.authority_revocation(issuing, "compromised"), reason="stolen key",
        caller=first)
    services.approve(approval_id=approval.id, content_hash=approval.content_hash, caller=second)
    services.revoke(generation=issuing.generation, reason="compromised", caller=system)
    publish()
    body, *_ = web("GET", "/pki/crl/root.crl")
    found = x509.load_der_x509_crl(body)
    assert found.is_signature_valid(x509.load_der_x509_certificate(bytes(tree[0].certificate_der)).public_key())
    assert list(reasons(found)) == [issuing.serial]


def test_a_signer_that_fails_leaves_no_half_list(certify, fetch, publish, arrange, caller, clock, signer):
    arrange(deltas=True)
    certify()
    publish()

    class Broken:
        """Signs one list, then is gone."""

        signed = 0

        def sign(self, **given):
            self.signed += 1
            if self.signed > 1:
                raise client.SignerUnavailable()
            return signer.sign(**given)

    services.suspend(generation="one", reason="lost", caller=caller)
    with pytest.raises(client.SignerUnavailable):
        crl.publish_outdated(clock.now(), Broken())
    assert number(fetch()) == 2
    assert crl.newest_of("issuing", delta=True) is None
    clock.advance(seconds=rules.current().crl_refresh_seconds)
    crl.refresh(clock.now(), signer)
    assert number(fetch()) == number(fetch("issuing/delta")) == 3


def test_addresses_follow_from_the_authoritys():
    authority = Authority(list_url="http://pki.example/crl/issuing.crl", shards=2)
    assert [scopes.list_address(authority, shard) for shard in scopes.shards(authority)] == [
        "http://pki.example/crl/issuing.crl", "http://pki.example/crl/issuing/1.crl",
        "http://pki.example/crl/issuing/2.crl"]
    assert scopes.delta_address(authority, 0) == "http://pki.example/crl/issuing/delta.crl"
    assert scopes.delta_address(authority, 2) == "http://pki.example/crl/issuing/2/delta.crl"
    assert {scopes.shard_of(authority, f"{serial:x}") for serial in range(64)} == {1, 2}
