# SPDX-License-Identifier: Apache-2.0
"""Who may open what: every address of the service against every kind of caller. An address without a row fails."""

from uuid import UUID

import pytest
from django.test import Client

from paraph.domain.audit.models import Event
from paraph.domain.authentication import services as authentication
from paraph.domain.organisations import services as organisations
from paraph.interfaces.callers import SESSION_KEY
from testkit import holders

from .walking import addresses

pytestmark = pytest.mark.django_db

ANY = {"anonymous": "open", "holder": "open", "suspended": "open", "devices": "open", "officer": "open",
       "agent": "open", "auditor": "open", "administrator": "open"}
HOLDER = dict.fromkeys(ANY, "forbidden") | {"anonymous": "door", "holder": "open"}
HOLDER_EVEN_SUSPENDED = HOLDER | {"suspended": "open"}
SUSPENDED = HOLDER | {"holder": "forbidden", "suspended": "open"}
DEVICES = HOLDER | {"devices": "open"}
DESK = HOLDER | {"holder": "forbidden", "officer": "open"}
HELPDESK = HOLDER | {"holder": "forbidden", "agent": "open"}
OPERATIONS = HOLDER | {"holder": "forbidden", "auditor": "open", "administrator": "open"}
ADMINISTRATION = OPERATIONS | {"auditor": "forbidden"}
WITH_PASSWORD = HOLDER | {"officer": "open", "agent": "open", "auditor": "open", "administrator": "open"}

# Longest prefix decides.
ADDRESSES = {
    "/": ANY, "/finder/": ANY, "/products/": ANY, "/partners/": ANY, "/desks/": ANY, "/pki/": ANY, "/help/": ANY,
    "/phishing/": ANY, "/accessibility/": ANY, "/legal/": ANY,
    "/shop/": ANY,
    "/verify/": ANY,
    "/health/": ANY,
    "/outbox/": ANY, "/faces/": ANY,
    "/login/": ANY, "/login/stay": ANY | {"anonymous": "forbidden"}, "/login/change-password": WITH_PASSWORD,
    "/.well-known/": ANY, "/openid/": ANY,
    "/openid/confirmations/": HOLDER,
    "/openid/confirmations/00000000-0000-0000-0000-000000000007/end": HOLDER_EVEN_SUSPENDED,
    "/my/": ANY,
    "/my/activity": HOLDER_EVEN_SUSPENDED, "/my/messages": HOLDER_EVEN_SUSPENDED,
    "/my/forgotten-password": ANY, "/my/unblock": ANY, "/my/recovery-with-scan": ANY, "/my/report-fraud": ANY,
    "/my/sessions": HOLDER_EVEN_SUSPENDED, "/my/confirmations": HOLDER_EVEN_SUSPENDED,
    "/my/secret-image": HOLDER, "/my/products": DEVICES, "/my/replacement": ANY,
    "/my/products/00000000-0000-0000-0000-000000000007/add": DEVICES,
    "/my/passkeys": DEVICES, "/my/passkeys/new": HOLDER, "/my/passkeys/removed": ANY,
    "/my/passkeys/00000000-0000-0000-0000-000000000007/rename": HOLDER,
    "/my/certificate/": HOLDER,
    "/my/certificate/activate": ANY,
    "/my/certificate/suspend-with-codes": ANY, "/my/certificate/suspended": ANY, "/my/certificate/resumed": ANY,
    "/my/certificate/revoked": ANY,
    "/my/certificate/resume": SUSPENDED, "/my/certificate/revoke": HOLDER_EVEN_SUSPENDED,
    "/sign/": HOLDER,
    "/desk/": DESK,
    "/helpdesk/": HELPDESK,
    "/operations/": OPERATIONS,
    "/operations/ask/": ADMINISTRATION, "/operations/arrange/": ADMINISTRATION, "/operations/move/": ADMINISTRATION,
    "/operations/staff/invite/": ADMINISTRATION, "/operations/staff/duty": ADMINISTRATION,
    "/operations/staff/requests.csv": OPERATIONS,
    "/operations/staff/requests/": ADMINISTRATION, "/operations/staff/invitations/": ADMINISTRATION,
    "/operations/staff/00000000-0000-0000-0000-000000000007/ask/": ADMINISTRATION,
    "/operations/staff/00000000-0000-0000-0000-000000000007/suspend": ADMINISTRATION,
    "/invited/": ANY,
    "/operations/alarms/": ADMINISTRATION, "/operations/approvals/00000000-0000-0000-0000-000000000007/": ADMINISTRATION,
}
DOOR_STEPS = {"/login/password"}
EXACT = {"/", "/my/", "/my/certificate/resume", "/my/certificate/revoke"}


def row_of(address: str) -> dict[str, str]:
    fitting = [prefix for prefix in ADDRESSES
               if address == prefix or (address.startswith(prefix) and prefix not in EXACT)]
    assert fitting, f"{address} stands in no row: say who may open it"
    return ADDRESSES[max(fitting, key=len)]


@pytest.fixture
def browsers(clock, signer, system):
    """A browser for each kind of caller."""
    def browser(scope: str = "", kind: str = "private", role: str = "") -> Client:
        client = Client(raise_request_exception=False)
        if scope:
            holder = holders.new(system, kind=kind)
            person = holder.identity.person_id
            session = authentication.open_session(
                identity_id=holder.identity.id, person_id=person, scope=scope, acr="", amr=["pwd", "otp"],
                caller=system)
            if role:
                organisations.add_membership(person_id=person, organisation_id=here.id, role=role, caller=system)
            held = client.session
            held[SESSION_KEY] = str(session.id)
            held.save()
        return client

    here = organisations.create_organisation(slug="here", name="Ici", roles=("operator", "registration_authority"),
                                             address={}, caller=system)
    return {"anonymous": browser(), "holder": browser("full"), "suspended": browser("suspended"),
            "devices": browser("devices"),
            "officer": browser("staff", "staff", "registration_officer"),
            "agent": browser("staff", "staff", "helpdesk_agent"),
            "auditor": browser("staff", "staff", "auditor"),
            "administrator": browser("staff", "staff", "operator_admin")}


def outcome(client: Client, address: str) -> str:
    response = client.get(address)
    if response.status_code == 405:  # only posted to
        response = client.post(address)
    if response.status_code == 403:
        return "forbidden"
    if response.status_code == 302 and response["Location"].startswith("/login/?next="):
        # A step of the door that is asked for too early leads to the door's first step, for everybody.
        return "open" if address in DOOR_STEPS else "door"
    return "open" if response.status_code < 500 else f"error {response.status_code}"


def test_every_address_opens_for_whom_it_should(browsers, signer, subtests):
    # Those that end the session come last.
    seen = sorted(set(addresses()), key=lambda address: (address.endswith(("/logout", "/logout/confirmed")), address))
    assert len(seen) > 60
    for address in seen:
        for kind, client in browsers.items():
            with subtests.test(msg=f"{kind} {address}"):
                assert outcome(client, address) == row_of(address)[kind]


@pytest.mark.requirement("R022", part="later: banks, video and apostille officers")
def test_an_officer_sees_his_own_desk_only(browsers):
    """An order of another desk answers as one that does not exist."""
    response = browsers["officer"].get(f"/desk/orders/{UUID(int=7)}/")
    assert response.status_code == 404


def test_nothing_is_changed_by_looking(browsers, signer):
    """GET changes nothing: no audit row is written by opening any page."""
    before = Event.objects.count()
    for address in sorted(set(addresses())):
        for client in browsers.values():
            client.get(address)
    assert Event.objects.count() == before
