# SPDX-License-Identifier: Apache-2.0
"""Chromium with an authenticator of its computer, and the service as the relying party that passkeys are made for."""

from contextlib import contextmanager

from paraph.domain.devices.methods import passkey as methods
from testkit import holders


@contextmanager
def passkeys_at(address):
    """Passkeys are made for this server's address."""
    before = methods.current()
    methods.use(methods.relying_party({}, url=address, name="Paraph"))
    yield
    methods.use(before)


class Browser:
    """A page, and the authenticator of the computer that it is on."""

    def __init__(self, context, clock):
        self.page, self.clock = context.new_page(), clock
        self.tools = context.new_cdp_session(self.page)
        self.tools.send("WebAuthn.enable")
        self.authenticator = self.tools.send("WebAuthn.addVirtualAuthenticator", {"options": {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}})["authenticatorId"]

    def send(self, command, **parameters):
        return self.tools.send(f"WebAuthn.{command}", {"authenticatorId": self.authenticator, **parameters})

    def first_step(self, holder, device, next="/my/", base="", password=holders.PASSWORD, **more):
        query = "&".join(f"{name}={value}" for name, value in {"device": device, "next": next, **more}.items())
        self.page.goto(f"{base}/login/password?{query}")
        self.page.fill("[name=user_id]", holder.user_id)
        self.page.fill("[name=password]", password)
        self.page.get_by_role("button", name="Connexion", exact=True).click()

    def log_in_with_token(self, holder, next="/my/passkeys"):
        self.first_step(holder, "token", next=next)
        self.page.fill("[name=code]", holder.code(self.clock.now()))
        self.page.get_by_role("button", name="Connexion", exact=True).click()
        self.page.wait_for_url(f"**{next}")
        self.clock.advance(minutes=1)

    def add(self, holder, name="Mon ordinateur"):
        self.log_in_with_token(holder)
        self.page.get_by_role("button", name="Ajouter une clé d’accès").click()
        self.page.fill("[name=name]", name)
        self.page.get_by_role("button", name="Créer la clé d’accès").click()
        self.page.wait_for_url("**/my/passkeys?added=1")

    def use(self, holder, **more):
        self.first_step(holder, "passkey", **more)
        self.page.wait_for_url("**/login/passkey")
        self.page.get_by_role("button", name="Utiliser ma clé d’accès").click()

    def reads(self, phrase):
        self.page.get_by_text(phrase).first.wait_for()
