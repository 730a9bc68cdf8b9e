# SPDX-License-Identifier: Apache-2.0
"""In the demonstration an officer and an agent can replace a Token from the start, and nobody else can."""

import pytest

from paraph.config import seeds
from paraph.domain.accounts import queries as accounts
from paraph.domain.registration.services import naming
from paraph.domain.registration.services.naming import Name
from paraph.kernel import tokens
from paraph.kernel.caller import Caller
from paraph.pki import names
from paraph.pki.scan import image_text
from paraph.signer import client
from paraph.signer.client import Outcome, grant_statement
from paraph.signer.errors import SignerRefusal
from testkit import holders
from testkit.simulators import scan
from testkit.simulators import token as simulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def demonstration(signer, clock, system, tmp_path, settings, monkeypatch):
    """Staff with their Tokens; the signer's folder can be opened beside the one that runs."""
    monkeypatch.undo()
    settings.DATA, settings.KEY_STORE = tmp_path, "software"
    settings.KEY_STORE_PASSPHRASE = lambda: "test passphrase"
    settings.SIGNER_DATA = tmp_path / "signer"
    holders.tree(system)
    seeds.make_organisations(system)
    staff = seeds.appoint_staff(seeds.make_tokens(tmp_path, system), seeds.make_scans(tmp_path, system)[0], system)
    seeds.trust_agents(tmp_path, staff, system)
    return {member["role"]: member for member in staff}


@pytest.mark.parametrize(("role", "may"), [("registration_officer", True), ("helpdesk_agent", True),
                                           ("registration_manager", False), ("operator_admin", False)])
def test_whose_token_lets_another_one_in_with_its_very_next_code(demonstration, system, clock, tmp_path, role, may):
    marie, member = holders.new(system), demonstration[role]
    holders.activate(marie, system)
    signer, agent = client.bound(), str(accounts.identity_by_user_id(member["user_id"]).id)
    new = holders.new(system, given_names="Paul").device.serial
    covers = grant_statement(str(marie.identity.id), new, marie.device.serial)

    def grant():
        session = signer.open_session(attempt="open", kind="grant", holder=agent, key_id=None, hashes=[covers.digest],
                                      labels=[covers.label], device_serial=member["token"])
        assert signer.authorise_with_code(
            attempt="code", session_id=session.session_id, device_serial=member["token"],
            code=simulator.press(tmp_path, member["token"], now=clock.now().timestamp())) == "accepted"
        signer.grant_device(attempt="grant", session_id=session.session_id, holder=str(marie.identity.id),
                            device_serial=new, replaces=marie.device.serial)

    if may:
        grant()
    else:
        with pytest.raises(SignerRefusal):
            grant()


def test_the_officers_scan_shows_whom_she_approves_from_the_start(demonstration, system, clock, tmp_path):
    officer = demonstration["registration_officer"]
    identity = accounts.identity_by_user_id(officer["user_id"])
    caller = Caller(at=clock.now(), channel="web", person=str(identity.person_id), identity=str(identity.id), session="desk",
                    scope="staff")
    marie = Name(str(tokens.uuid7()), names.natural_person(
        given_names="Marie", family_names="Schmit", country="LU", ssn="10101000001234567890").encode(), None)
    serial, session, image = naming.show_who(name=marie, caller=caller)
    assert serial == officer["scan"] != demonstration["helpdesk_agent"].get("scan")
    screen = scan.aim(tmp_path, serial, image_text(image.payload))
    assert screen.purpose == "NAME" and "Marie Schmit, 10101000001234567890" in screen.lines()
    assert naming.say_shown(name=marie, session=session, serial=serial, code="00000000", caller=caller) != Outcome.ACCEPTED
    assert naming.say_shown(name=marie, session=session, serial=serial, code=screen.code, caller=caller) is Outcome.ACCEPTED
