# SPDX-License-Identifier: Apache-2.0
"""What the holder of the story does at the citizen portal: a login, a confirmation, and the same login with a passkey."""

from testkit.journeys.first_light import FAMILY_NAMES, PASSWORD

IBAN = "LU28 0019 4006 4475 0000"


def log_in_at_the_portal(holder, service, user_id, token):
    holder.open(service.guichet_url)
    holder.look("portal", everywhere=True)
    holder.press("Connexion")
    if "/login/?" in holder.page.url:
        holder.page.get_by_role("radio", name="Token").check()
        holder.press("Continuer")
    holder.look("login-password")
    assert holder.page.locator("main img").count() == 0, "the secret image is shown before the password is right"
    holder.fill(user_id=user_id, password=PASSWORD)
    holder.press("Connexion")
    assert holder.page.locator("main img").count() == 1, "only the secret image, and nothing to scan"
    assert holder.page.locator(".faces-secret-image img").get_attribute("alt").startswith("Votre image secrète")
    holder.look("login-code")
    holder.fill(code=token.code())
    holder.press("Connexion")
    holder.reads(FAMILY_NAMES)
    holder.look("consent")
    holder.press("Oui, envoyer")
    assert holder.page.url.startswith(service.guichet_url)
    holder.reads(FAMILY_NAMES)
    holder.look("portal-space", everywhere=True)


def a_new_account_at_the_portal(holder, service, token):
    """She is logged in; what changes where her money goes takes a fresh code for exactly these words."""
    words = f"Verser mes prestations sur le compte IBAN {IBAN}"
    holder.open(f"{service.guichet_url}/myguichet")
    with holder.page.expect_navigation():
        holder.page.locator("main a[href='/demarches/compte']").click()
    holder.fill(iban=IBAN.replace("28", "29", 1))
    holder.press("Continuer vers la confirmation")
    holder.reads("Cet IBAN n’est pas juste")
    holder.look("account-wrong", everywhere=True)
    holder.fill(iban=IBAN)
    holder.press("Continuer vers la confirmation")
    assert holder.page.url.startswith(f"{service.url}/openid/confirmations/")
    holder.reads(words)
    holder.look("account-words", everywhere=True)
    holder.press("Refuser")
    holder.reads("Vous n’avez pas confirmé. Votre compte n’a pas changé.")
    holder.look("account-refused")
    holder.fill(iban=IBAN)
    holder.press("Continuer vers la confirmation")
    holder.press("Confirmer avec votre appareil")
    holder.reads(words)
    holder.look("account-code")
    holder.fill(code=token.code())
    holder.press("Confirmer")
    assert holder.page.url.startswith(f"{service.guichet_url}/demarches/compte")
    holder.reads("Ce que vous avez confirmé", words)
    holder.look("account-confirmed", everywhere=True)
    kept = holder.context.request.get(f"{service.guichet_url}/demarches/compte/preuve").json()
    assert kept["result"] == "confirmed" and kept["text"].replace("\u00a0", " ") == words


def a_passkey_at_the_portal(laptop, service, user_id, token):
    """On her laptop, whose browser has a passkey made and gives it at the portal: no code is typed there any more."""
    tools = laptop.context.new_cdp_session(laptop.page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True}})
    laptop.open("/login/password?device=token&next=/my/passkeys")
    laptop.pass_the_door(user_id, PASSWORD, token.code())
    laptop.press("Ajouter une clé d’accès")
    laptop.fill(name="Ordinateur de Marie")
    laptop.press("Créer la clé d’accès")
    laptop.reads("Ordinateur de Marie", "Actif")
    laptop.look("passkeys")
    laptop.context.clear_cookies()
    laptop.open(service.guichet_url)
    laptop.press("Connexion")
    # The portal names the Token alone (R299); the door knows what else it accepts.
    laptop.follow("Choisir un autre produit")
    laptop.page.get_by_role("radio", name="Clé d’accès").check()
    laptop.look("devices-at-the-portal")
    laptop.press("Continuer")
    laptop.fill(user_id=user_id, password=PASSWORD)
    laptop.press("Connexion")
    laptop.look("login-passkey")
    laptop.press("Utiliser ma clé d’accès")
    laptop.reads(FAMILY_NAMES)
    laptop.press("Oui, envoyer")
    assert laptop.page.url.startswith(service.guichet_url)
    laptop.reads(FAMILY_NAMES)
