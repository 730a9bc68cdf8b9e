# SPDX-License-Identifier: Apache-2.0
"""Three operators in office, Tokens in stock, and what somebody needs to ask for a colleague."""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from paraph.domain.accounts.policy import Claims
from paraph.domain.authentication import services as authentication
from paraph.domain.devices import queries as held_devices
from paraph.domain.notifications.models import Message
from paraph.domain.organisations import queries as organisations
from paraph.domain.staff import queries, services
from paraph.domain.staff.models import Invitation, Member
from paraph.kernel.caller import Caller, Role
from testkit import applications

PASSWORD = "Abc12345"
LINK = "https://service.example/invited/"


def link_to(secret):
    return LINK + secret


@dataclass
class Office:
    """Anna and Bert are operators from the machine. Callers of pages at the clock's instant."""

    scene: applications.Scene
    clock: object

    def caller(self, member):
        """As his session at the door makes him, with the roles that he holds now."""
        return Caller(at=self.clock.now(), channel="web", person=str(member.person_id), identity=str(member.identity_id),
                      session="desk", scope="staff", roles=organisations.roles_of(member.person_id))

    def role(self, name, organisation=None):
        return Role(str((organisation or self.scene.desk).id), name)

    def draft(self, **changes):
        claims = Claims(family_names="Weber", given_names="Luc", birth_date=date(1980, 2, 3))
        return {"claims": claims, "email": "luc.weber@example.org", "language": "fr", "reason": "Nouveau collègue",
                "roles": [self.role("helpdesk_agent")], "token_serial": "33-3333333-3"} | changes

    def ask(self, asker=None, **changes):
        draft = self.draft(**changes)
        if draft["token_serial"] not in self.scene.seeds:
            self.scene.stock(draft["token_serial"])
        return services.ask_invitation(caller=self.caller(asker or self.anna), **draft)

    def approve(self, request, decider=None):
        return services.approve(request_id=request.id, content_hash=request.content_hash, link_to=link_to,
                                caller=self.caller(decider or self.bert))

    def invite(self, **changes):
        """An approved invitation and the secret of its link, as its mail has it."""
        request = self.approve(self.ask(**changes))
        return Invitation.objects.get(request=request), self.secret()

    def secret(self, template="staff_invitation"):
        return next(word.rpartition("/")[2] for word in Message.objects.filter(template=template).latest(
            "created_at", "id").content["text"].split() if "/invited/" in word)

    def loses(self, member, asker=None, *, password=False, devices=True, new="44-4444444-4", reason="Perdu"):
        """Somebody asks for new access for a member who lost what he logs in with, or his password."""
        held = [device.serial for device in held_devices.for_identity(member.identity_id)]
        if new and new not in self.scene.seeds:
            self.scene.stock(new)
        return services.ask_renewal(member_id=member.id, password=password, lost=held if devices else [], device_serial=new,
                                    reason=reason, caller=self.caller(asker or self.anna))

    def renewal(self, member, **lost):
        """An allowed one, and the secret of its link."""
        request = self.approve(self.loses(member, **lost))
        return Invitation.objects.get(request=request), self.secret("staff_renewal")

    def renew(self, secret, password=""):
        return services.renew(digest=queries.digest_of(secret), password=password, caller=self.visitor())

    def accept(self, secret, password=PASSWORD):
        return services.accept(digest=queries.digest_of(secret), password=password, caller=self.visitor())

    def visitor(self):
        return Caller(at=self.clock.now(), channel="web", trace="1" * 32)

    def joined(self, **changes):
        """Somebody who was invited and has taken it up."""
        return self.accept(self.invite(**changes)[1]).member

    def appoint(self, given_names, serial, role="operator_admin", **more):
        made = services.appoint(
            claims=Claims(family_names="Chef", given_names=given_names, birth_date=date(1970, 1, 1)),
            organisation_id=self.scene.desk.id, roles=[role], token_serial=self.scene.stock(serial),
            email=f"{given_names.lower()}@example.org", caller=replace(self.scene.system, person="os:root"), **more)
        return Member.objects.get(identity_id=made.identity_id)

    def logs_in(self, user_id, serial, password=PASSWORD):
        """Through the door, with what his Token shows."""
        step = authentication.check_first_step(user_id=user_id, password=password, device="token", caller=self.visitor())
        if step.transaction_id is None:
            return None
        return authentication.check_code(transaction_id=step.transaction_id, caller=self.visitor(),
                                         code=self.scene.shows(serial, self.clock.now()))


@pytest.fixture
def office(db, signer, system, clock):
    office = Office(applications.scene(system), clock)
    office.anna, office.bert = office.appoint("Anna", "11-1111111-1"), office.appoint("Bert", "22-2222222-2")
    return office
