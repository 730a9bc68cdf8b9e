# SPDX-License-Identifier: Apache-2.0
"""How other interfaces send somebody to the door, and what the door remembers of the errand.

A page of ours gives `next` alone. A partner's request comes with a signed ticket, so that nobody can put another
partner's name on the door or lead away from it to an address that was not validated.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Self
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from paraph.domain.authentication.services import LoginOver
from paraph.kernel import rules

SALT = "paraph.interfaces.login.door"
HOME = "/my/"
# Where each role of staff works; who has several begins at the first of these.
STAFF_HOMES = {"registration_officer": "/desk/", "registration_manager": "/desk/", "helpdesk_agent": "/helpdesk/",
               "operator_admin": "/operations/", "auditor": "/operations/"}


@dataclass(frozen=True)
class Errand:
    """Where to go after the login (`next`), after turning back (`back`), and for whom.

    `origin` is the partner's, which the content policy of the door's forms must allow; `ticket` is the errand as the
    pages carry it.
    """

    next: str
    back: str = "/"
    partner_id: UUID | None = None
    origin: str = ""
    device: str = ""
    ticket: str = ""
    is_over: bool = False

    @property
    def carried(self) -> dict[str, str | None]:
        """As a web session holds it; Errand.read() reads it."""
        return asdict(self) | {"partner_id": str(self.partner_id) if self.partner_id else None}

    @classmethod
    def read(cls, carried: dict[str, str | None]) -> Self:
        return cls(**carried | {"partner_id": UUID(carried["partner_id"]) if carried["partner_id"] else None})

    @property
    def back_to_devices(self) -> str:
        return f"{reverse('login:start')}?{replace(self, device='').query}"

    @property
    def query(self) -> str:
        given = {"ticket": self.ticket} if self.ticket else {"next": self.next}
        return urlencode({**given, **({"device": self.device} if self.device else {})})


def staff_home(roles: Iterable[str]) -> str:
    """The desk of somebody with these roles."""
    held = set(roles)
    return next((home for role, home in STAFF_HOMES.items() if role in held), HOME)


def address(*, next: str, back: str, partner_id: UUID, origin: str, device: str = "") -> str:
    """The door's address for a partner's request. `next` and `back` are addresses of ours."""
    ticket = signing.dumps({"next": next, "back": back, "partner": str(partner_id), "origin": origin}, salt=SALT)
    return f"{reverse('login:start')}?{Errand(next=next, device=device, ticket=ticket).query}"


def errand_of(request: HttpRequest) -> Errand:
    """The errand that the address carries. A foreign `next` becomes My space. Of a ticket that is too old, only `next` and
    `back` are left: the partner's request itself says whether it still waits. Refuses: LoginOver."""
    device, ticket = request.GET.get("device", ""), request.GET.get("ticket", "")
    if not ticket:
        return Errand(next=local(request.GET.get("next", "")), device=device)
    try:
        content = signing.loads(ticket, salt=SALT, max_age=rules.current().login_transaction_minutes * 60)
    except signing.SignatureExpired:
        content = signing.loads(ticket, salt=SALT)
        return Errand(next=content["next"], back=content["back"], is_over=True)
    except signing.BadSignature as error:
        raise LoginOver() from error
    return Errand(next=content["next"], back=content["back"], partner_id=UUID(content["partner"]),
                  origin=content["origin"], device=device, ticket=ticket)


def local(target: str) -> str:
    """The address if it is one of ours, else My space."""
    ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if ours else HOME
