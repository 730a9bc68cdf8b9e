# SPDX-License-Identifier: Apache-2.0
"""Callers as time goes by; Marie in her session, asked by a bank to confirm something with her Token."""

from dataclasses import replace

import pytest

from paraph.domain.authentication import services
from paraph.domain.authentication.policy import Asked
from paraph.domain.partners import services as partners
from paraph.kernel import tokens
from testkit import holders

TEXT = "IBAN LU28 0019 4006 4475 0000 pour votre pension"


@pytest.fixture
def now(caller, clock):
    """`now(hours=1)`: a caller of the web when this time has gone by; `now()`: at this instant."""
    def at(**parts):
        clock.advance(**parts)
        return caller.at_instant(clock.now())
    return at


@pytest.fixture
def bank(tree, system):
    return partners.register(slug="bank", name={"fr": "Banque Exemple"}, category="bank", accepts=["token", "scan", "passkey"],
                             caller=system)


@pytest.fixture
def here(marie, caller, clock):
    """`here()`: Marie in her session, at the clock's instant; `scope` changes what the session may."""
    at = caller.at_instant(clock.now())
    login = services.check_first_step(user_id=marie.user_id, password=holders.PASSWORD, device="token", caller=at)
    step = services.check_code(transaction_id=login.transaction_id, code=marie.code(clock.now()), caller=at)
    clock.advance(seconds=30)

    def now(**changes):
        own = {"person": str(marie.identity.person_id), "identity": str(marie.identity.id),
               "session": str(step.session_id), "scope": "full"}
        return replace(caller.at_instant(clock.now()), **{**own, **changes})

    return now


@pytest.fixture
def ask(bank, here):
    def asked(text=TEXT, request=None, **given):
        return services.ask_confirmation(partner_id=bank.id, client_id="bank", asked=Asked(text=text, **given),
                                         request_id=request or tokens.uuid7(), caller=here())

    return asked


@pytest.fixture
def shown(ask, here, marie):
    """`shown()`: a confirmation that waits for Marie's Token."""
    return lambda **given: services.show_confirmation(
        confirmation_id=ask(**given).id, device=marie.device.serial, caller=here())
