# SPDX-License-Identifier: Apache-2.0
"""In the demonstration an officer and an agent can replace a Token from the start, and nobody else can."""

import pytest

from paraph.config import seeds
from paraph.domain.accounts import queries as accounts
from paraph.signer import client
from paraph.signer.client import grant_statement
from paraph.signer.errors import SignerRefusal
from testkit import holders
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
    staff = seeds.appoint_staff(seeds.make_tokens(tmp_path, system), system)
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
