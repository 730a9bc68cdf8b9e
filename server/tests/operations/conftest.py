# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest
from django.test import Client

from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.organisations import services as organisations
from testkit import applications


@pytest.fixture
def staff(scene, clock):
    """A browser in which a person with this role is logged in."""

    def staff(role):
        claims = Claims(family_names=role.replace("_", " "), given_names="Anne", birth_date=date(1970, 1, 1))
        person = accounts.create_person(claims=claims, document_expires_on=None, caller=scene.system)
        organisations.add_membership(
            person_id=person.id, organisation_id=scene.desk.id, role=role, caller=scene.system)
        identity = accounts.create_identity(
            person_id=person.id, kind="staff", device_family="server", caller=scene.system)
        client = Client(HTTP_HOST="localhost")
        applications.log_in(client, identity_id=identity.id, person_id=person.id, scope="staff", at=clock.now())
        client.person = str(person.id)
        return client

    return staff
