# SPDX-License-Identifier: Apache-2.0
"""The pages of signatures name the device that was used, and what to do without one."""

import re

import pytest

from paraph.domain.devices.models import Device
from paraph.domain.signing.models import SignatureRequest
from testkit import holders
from testkit.signatory import pass_time
from testkit.simulators.scan import look

pytestmark = pytest.mark.usefixtures("near")


def signed_with_scan(inside, scan):
    inside.upload()
    row = SignatureRequest.objects.latest("id")
    inside.post(f"/sign/{row.id}/prepare", {"device": scan.serial})
    image = re.search(r"PARAPH:[^<]+", inside.get(f"/sign/{row.id}/code").content.decode())[0]
    assert inside.post(f"/sign/{row.id}/code", {"code": look(scan, image).code}).status_code == 302


def test_the_ledger_says_which_device_each_signature_took(inside, marie, system, clock):
    scan = holders.add_scan(marie.holder, system.at_instant(clock.now()))
    pass_time(clock, seconds=30)
    signed_with_scan(inside, scan)
    inside.upload()
    row = SignatureRequest.objects.latest("id")
    inside.post(f"/sign/{row.id}/prepare", {"device": marie.device_serial})
    assert inside.post(f"/sign/{row.id}/code", {"code": marie.code()}).status_code == 302
    rows = re.findall(r"Produit</dt>.*?</dd>", inside.get("/sign/ledger").content.decode(), re.DOTALL)
    assert [name in row for name, row in zip(
        (f'Token <span class="faces-reference">{marie.device_serial}<', f'Scan <span class="faces-reference">{scan.serial}<'),
        rows, strict=True)] == [True, True]


@pytest.mark.requirement("R087", part="here: signing; the door in its own tests")
@pytest.mark.parametrize(("state", "told"), [("disabled", "Désactivé"), ("assigned", "Pas encore activé")])
def test_without_an_active_device_the_holder_reads_what_he_has(inside, marie, state, told):
    inside.upload()
    row = SignatureRequest.objects.get()
    Device.objects.filter(serial=marie.device_serial).update(state=state)
    Device.objects.create(type="passkey", serial="P-1", identity_id=marie.identity_id, state="active",
                          state_since=marie.clock.now())
    answer = inside.post(f"/sign/{row.id}/prepare")
    page = answer.content.decode()
    assert answer.status_code == 409 and "un Token ou un Scan actif" in page
    assert marie.device_serial in page and told in page and 'href="/my/products"' in page
    assert "Votre clé d’accès sert à vous connecter. Elle ne signe pas." in page


def test_without_any_device_he_reads_whom_to_call(inside, marie):
    inside.upload()
    row = SignatureRequest.objects.get()
    Device.objects.filter(serial=marie.device_serial).update(state="retired")
    page = inside.post(f"/sign/{row.id}/prepare").content.decode()
    assert "Vous n’avez ni Token ni Scan." in page and "+352 20 00 00 00" in page
    assert "clé d’accès" not in page and marie.device_serial not in page
