# SPDX-License-Identifier: Apache-2.0
"""From the codes of the letter to two certificates."""


import pytest
from paraph.domain.authentication.models import Credential
from paraph.domain.certification import queries as certificates
from paraph.domain.devices import queries as devices
from paraph.domain.notifications.models import Message
from testkit.applications import IMAGE, PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("R088")
def test_the_whole_way_ends_in_two_certificates(prepared, caller, signer):
    activation = prepared.activate(caller)
    prepared.order.refresh_from_db()
    pair = certificates.active_pair(str(activation.identity_id), caller.at)
    assert {pair.authentication.usage, pair.signature.usage} == {"authentication", "signature"}
    assert pair.authentication.generation == pair.signature.generation
    assert (prepared.order.state, activation.state) == ("activated", "activated")
    assert [device.serial for device in devices.active_for(activation.identity_id, caller.at)] == [prepared.serial]
    assert Message.objects.filter(template="activated").count() == 1
    assert (activation.password_hash, activation.secret_image) == ("", "")
    credential = Credential.objects.get(identity_id=activation.identity_id)
    assert credential.activated_at == caller.at and credential.secret_image == IMAGE
    assert PASSWORD not in credential.password_hash
