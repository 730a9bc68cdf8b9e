# SPDX-License-Identifier: Apache-2.0
"""One operator, or whoever sits at his open session, asks for new access for all the others: from the asking on they rest."""

from dataclasses import replace

import pytest

from paraph.domain.devices.models import Device
from paraph.domain.staff import services

from ..staff.conftest import office  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
SPARE = "55-5555555-5"


@pytest.fixture
def cleo(office):  # noqa: F811
    """A third operator, so that two are left to decide about each of them."""
    return office.joined(roles=[office.role("operator_admin")])


def test_who_rests_decides_nothing_so_the_others_can_not_all_be_put_to_rest(office, cleo):  # noqa: F811
    asked = office.loses(office.bert)
    with pytest.raises(services.NobodyDecides):
        office.loses(cleo, new=SPARE)
    assert Device.objects.get(serial=cleo.device_serial).state == "active"
    services.refuse(request_id=asked.id, caller=office.caller(cleo))
    office.loses(cleo, new=SPARE)


def test_new_access_that_nobody_has_taken_up_yet_decides_nothing_either(office, cleo):  # noqa: F811
    office.approve(office.loses(office.bert), cleo)
    with pytest.raises(services.NobodyDecides):
        office.loses(cleo, new=SPARE)
    office.renew(office.secret("staff_renewal"))
    office.loses(cleo, new=SPARE)


def test_the_machine_helps_where_those_who_can_log_in_are_too_few(office, cleo):  # noqa: F811
    root = replace(office.scene.system, at=office.clock.now(), person="os:root")
    office.scene.stock(SPARE)
    lost = {"member_id": cleo.id, "password": True, "lost": [cleo.device_serial], "device_serial": SPARE, "caller": root}
    with pytest.raises(services.TwoCanDecide):
        services.renew_at_the_machine(**lost)
    office.loses(office.bert)
    assert services.renew_at_the_machine(**lost).device_serial == SPARE
