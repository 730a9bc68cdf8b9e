# SPDX-License-Identifier: Apache-2.0
"""Who may ask for what, and what the certificates of a holder will say."""

from datetime import timedelta

from paraph.domain.accounts.models import Person
from paraph.domain.reference import countries
from paraph.kernel.caller import Caller
from paraph.pki import names, profiles

OFFICER = "registration_officer"
PROFILES = {"authentication": "natural-authentication-ncp", "signature": "natural-signature-ncp"}
# Why an agent suspends for a caller (R077, R161), and what a reason means for the certificate.
PHONE_REASONS = ("lost", "stolen", "phishing")
# Why an agent disables one product for a caller (R080): nothing happened to his certificate.
DISABLED_FOR = ("lost", "stolen", "holder")
CAUSES = {"phishing": "compromised"}
# How long an activation that stopped between its steps is left to the holder's own browser before the job takes it.
GRACE = timedelta(minutes=1)
# Days before the last day on which somebody who has not activated yet is reminded (Q15).
REMINDER_DAYS = (14, 3)


def is_holder(caller: Caller, identity_id: object, *scopes: str) -> bool:
    """Whether the caller is logged in as this identity, with one of these scopes."""
    return bool(caller.session) and caller.identity == str(identity_id) and caller.scope in scopes


def is_operator(caller: Caller) -> bool:
    """A timer, or the operator at his own machine."""
    return not caller.person and caller.channel.startswith(("job:", "cli:"))


def cause_of(reason: str) -> str:
    """The certificate's cause for what happened to its holder."""
    return CAUSES.get(reason, reason)


def may_suspend(caller: Caller, identity_id: object) -> bool:
    return is_holder(caller, identity_id, "full") or is_operator(caller)


def may_resume(caller: Caller, identity_id: object) -> bool:
    return is_holder(caller, identity_id, "suspended")


def may_revoke(caller: Caller, identity_id: object) -> bool:
    return is_holder(caller, identity_id, "full", "suspended") or is_operator(caller)


def subject_of(*, person: Person, ssn: str, country: str) -> names.Subject:
    """What stands in both certificates as their subject. `country` is that of the identity document."""
    return names.natural_person(given_names=person.given_names, family_names=person.family_names,
                                country=person.nationality or country, ssn=ssn, title=names.PRIVATE_PERSON)


def speaks_of_a_device(profile: str) -> bool:
    """Whether certificates of this profile say that their key lives in a device."""
    return profiles.get(profile).in_device


def postal_lines(postal: dict[str, str] | None, language: str) -> tuple[str, ...]:
    """An address as it stands on an envelope; the country's name closes it when it is not Luxembourg."""
    if not postal:
        return ()
    code = postal["postcode"]
    if postal["country"] == "LU" and code.isdigit():
        code = f"L-{code}"
    abroad = () if postal["country"] == "LU" else (countries.name(postal["country"], language).upper(),)
    return (postal["name"], postal["street"], f"{code} {postal['city']}", *abroad)
