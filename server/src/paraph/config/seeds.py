# SPDX-License-Identifier: Apache-2.0
"""What a demonstration starts with: keys and authorities, organisations, partners, staff, Tokens, vouchers.

Every step can be repeated, so a first start that was interrupted goes on where it stopped.
"""

import contextlib
import json
import os
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from paraph.domain.accounts import queries as people
from paraph.domain.accounts import services as accounts
from paraph.domain.accounts.policy import Claims
from paraph.domain.accounts.services import TextAlreadyPublished
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as held_devices
from paraph.domain.devices import services as devices
from paraph.domain.devices.services import ScanKey, TokenSeed
from paraph.domain.identity_provider import authorization_details
from paraph.domain.identity_provider import services as identity_provider
from paraph.domain.orders import services as orders
from paraph.domain.organisations import queries as organisations
from paraph.domain.organisations import services as organisation_services
from paraph.domain.partners import queries as partners
from paraph.domain.partners import services as partner_services
from paraph.domain.staff import services as staff_services
from paraph.domain.timestamping import services as timestamping
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.interfaces.cli import ca, signer_host
from paraph.kernel import clock, tokens
from paraph.kernel.caller import Caller
from paraph.kernel.errors import NotFound
from paraph.pki.scan import image_text
from paraph.signer import client
from testkit.simulators import scan as scan_simulator
from testkit.simulators import token as simulator

GUICHET_CLIENT_ID = "guichet"
TOKENS = 40
SCANS = 6
VOUCHERS = 12


def set_up(data: Path, *, url: str, guichet_url: str, say: Callable[[str], None]) -> None:
    caller = Caller.system(at=clock.bound().now(), name="cli:demo")
    hold_ceremony(caller)
    if (data / "demo.json").exists():
        return
    say("Making authorities, partners, staff and Tokens of the demonstration …")
    make_partners_and_texts(caller)
    make_organisations(caller)
    secret = register_portal(guichet_url, caller)
    write_private(data / "secrets" / "guichet-client", secret)
    serials, scans = make_tokens(data, caller), make_scans(data, caller)
    staff = appoint_staff(serials, scans[0], caller)
    trust_agents(data, staff, caller)
    vouchers = orders.create_vouchers(giver=organisations.by_slug("operator").id, count=VOUCHERS,
                                      expires_at=caller.at + timedelta(days=365), caller=caller)
    write_private(data / "demo.json", json.dumps({
        "url": url, "guichet_url": guichet_url, "staff": staff, "vouchers": vouchers,
        "tokens_in_stock": serials[len(staff):], "scans_in_stock": scans[1:]}, indent=2))


def write_private(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)


def hold_ceremony(caller: Caller) -> None:
    """Authorities, keys, the first lists and answers; and trust in this computer's clock, so that stamps are made."""
    ca.hold_ceremony(caller)
    timestamping.renew_clock_trust(source=EvenRun(clock.bound()), caller=caller)


def make_partners_and_texts(caller: Caller) -> None:
    partner_services.demo_partners(caller=caller)
    legal = settings.OPERATOR.legal
    effective = clock.start_of_day(date.fromisoformat(legal["terms_effective"]))
    with contextlib.suppress(TextAlreadyPublished):
        accounts.publish_own_texts(
            version=legal["terms_version"], effective_at=effective, authoritative=legal["authoritative"],
            operator=settings.OPERATOR.legal_name, phone=settings.OPERATOR.phone, email=settings.OPERATOR.email,
            address=", ".join(line for line in settings.OPERATOR.address.values() if line),
            website=settings.OPERATOR.website, repository=f"{settings.URL}/pki/", policy_arc=settings.OPERATOR.policy_arc,
            hours=settings.OPERATOR.hours, notice=settings.OPERATOR.notice, caller=caller)


def make_organisations(caller: Caller) -> None:
    try:
        organisations.by_slug("operator")
    except NotFound:
        profile = settings.OPERATOR
        organisation_services.demo_organisations(
            operator_name=profile.legal_name, operator_address=profile.address, phone=profile.phone,
            email=profile.email, hours=profile.hours, caller=caller)


def register_portal(guichet_url: str, caller: Caller) -> str:
    """The citizen portal may ask for logins. Returns its secret, which is stored hashed here."""
    _, secret = identity_provider.register_client(
        client_id=GUICHET_CLIENT_ID, partner_id=partners.by_slug("guichet").id,
        redirect_addresses=[f"{guichet_url}/callback"], details_types=[authorization_details.CONFIRMATION], caller=caller)
    return secret


def make_tokens(data: Path, caller: Caller) -> list[str]:
    """Simulated Tokens in the drawer, their seeds in the signer: from there on the two never meet again."""
    made = [(f"{number:02d}-{tokens.digits(7)}-{tokens.digits(1)}", tokens.token_bytes(20))
            for number in range(1, TOKENS + 1)]
    simulator.write_seeds(data, [simulator.SimulatedToken(serial=serial, seed=seed.hex()) for serial, seed in made])
    devices.import_stock(tokens=[TokenSeed(serial=serial, seed=seed) for serial, seed in made], signer=client.bound(),
                         caller=caller)
    return [serial for serial, _ in made]


def make_scans(data: Path, caller: Caller) -> list[str]:
    """Simulated Scans in the drawer, their factory keys in the signer."""
    made = [(f"SC-{number:02d}-{tokens.digits(6)}", tokens.token_bytes(32)) for number in range(1, SCANS + 1)]
    scan_simulator.write_scans(data, [scan_simulator.SimulatedScan(serial, key.hex()) for serial, key in made])
    devices.import_stock(scans=[ScanKey(serial=serial, factory_key=key) for serial, key in made], signer=client.bound(),
                         caller=caller)
    return [serial for serial, _ in made]


OFFICER = "registration_officer"
STAFF = (
    (OFFICER, Claims(family_names="Weber", given_names="Claire", birth_date=date(1988, 4, 12))),
    ("registration_manager", Claims(family_names="Muller", given_names="Paul", birth_date=date(1975, 9, 3))),
    ("helpdesk_agent", Claims(family_names="Schmit", given_names="Anne", birth_date=date(1991, 6, 21))),
    # Two of them: what one asks on the operations pages, another decides. From then on nobody is appointed here any more.
    ("operator_admin", Claims(family_names="Hoffmann", given_names="Luc", birth_date=date(1983, 2, 27))),
    ("operator_admin", Claims(family_names="Thill", given_names="Nadine", birth_date=date(1979, 11, 8))),
)


def appoint_staff(serials: list[str], scan: str, caller: Caller) -> list[dict[str, str]]:
    """All or nobody: an interrupted start can be repeated. The officer is handed a Scan beside her Token."""
    operator = organisations.by_slug("operator")
    appointed = []
    with transaction.atomic():
        for (role, claims), serial in zip(STAFF, serials, strict=False):
            address = f"{claims.given_names}.{claims.family_names}@paraph.example".lower()
            made = staff_services.appoint(claims=claims, organisation_id=operator.id, roles=[role], token_serial=serial,
                                          email=address, caller=caller)
            appointed.append({"role": role, "name": f"{claims.given_names} {claims.family_names}",
                              "user_id": made.user_id, "password": made.initial_password, "token": serial})
            if role == OFFICER:
                devices.assign(identity_id=made.identity_id, serial=scan, caller=caller)
                appointed[-1]["scan"] = scan
    return appointed


# Whose Token may let another one in (R085), and how many codes ago the one was shown by which the signer learns whose it is:
# the codes of the first login are still to come.
AGENTS = (OFFICER, "helpdesk_agent")
CODES_AGO = 4


def trust_agents(data: Path, staff: list[dict[str, str]], caller: Caller) -> None:
    """What an operator does after their first login (paraph agent trust) is done, so that they can replace a Token at once."""
    signer = client.bound()
    with signer_host.core() as core:
        for member in staff:
            if member["role"] not in AGENTS:
                continue
            holder, serial = str(people.identity_by_user_id(member["user_id"]).id), member["token"]
            if member["role"] == OFFICER:
                # Trusted with names; which brings her and her devices together without a code.
                for device_serial in (serial, member["scan"]):
                    core.trust_registrar(attempt=str(tokens.uuid7()), holder=holder, device_serial=device_serial)
                set_up_scan(data, member["user_id"], member["scan"], caller)
            else:
                session = signer.open_session(
                    attempt=str(tokens.uuid7()), kind="login", holder=holder, key_id=None, hashes=[bytes(32)], labels=["demo"],
                    device_serial=serial)
                signer.authorise_with_code(
                    attempt=str(tokens.uuid7()), session_id=session.session_id, device_serial=serial,
                    code=simulator.press(data, serial, ago=CODES_AGO, now=caller.at.timestamp()))
            core.trust_agent(attempt=str(tokens.uuid7()), holder=holder, device_serial=serial)


def set_up_scan(data: Path, user_id: str, serial: str, caller: Caller) -> None:
    """The two images of a first login with a Scan are read, so that its first use is an approval."""
    device, owner = held_devices.by_serial(serial), authentication.as_owner(people.identity_by_user_id(user_id), caller)
    joining = devices.begin_setting_up(device_id=device.id, caller=owner)

    def aim() -> str:
        joining.refresh_from_db()
        return scan_simulator.aim(data, serial, image_text(bytes(joining.image))).code

    devices.read_first_image(joining_id=joining.id, code=aim(), partner=settings.OPERATOR.name, text=serial, caller=owner)
    devices.finish_joining(joining_id=joining.id, answer=aim(), caller=owner)
