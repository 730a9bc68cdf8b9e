# SPDX-License-Identifier: Apache-2.0
"""What the signer answers when it does not do what it was asked."""

from typing import ClassVar

from paraph.kernel.errors import Refusal


class SignerRefusal(Refusal):
    """The signer will not do this, now or later; nothing was changed. `code` says why and is stable.

    Codes: unknown_key, key_destroyed, wrong_purpose, infrastructure_key, unknown_algorithm, attempt_reused,
    unknown_device, device_exists, seed_in_use, device_not_bound, device_retired, wrong_device, not_activated,
    no_challenge, holder_has_one, not_an_agent, not_a_registrar, needs_scan, not_shown,
    not_approved, activation_under_way, passkey_exists,
    unknown_session, not_authorised, session_used,
    expired_session, no_key_in_session, certificate_in_force, bad_argument, too_large, unreadable.

    Of what was to be signed: wrong_content (not what such a key signs), wrong_issuer (not in this key's name),
    wrong_name, wrong_usage, wrong_validity, wrong_time (not about now), wrong_policy, unknown_subject_key, serial_used,
    no_authority (no ceremony made this key an authority), no_ceremony, number_not_rising, checkpoint_not_rising,
    unknown_list, too_many_lists, wrong_login (no login that this signer knows, or another than it was), wrong_subject
    (another person's), wrong_statement (not what such a session is about), wrong_confirmation (not confirmed by this holder).
    """

    sentence: ClassVar[str] = "Le module de signature refuse cette opération. Rien n’a été signé."
    # What somebody on the signer's own host may still allow.
    sentence_for_the_host: ClassVar[str] = (
        "Le module de signature n’accepte cette opération que d’une personne présente sur sa machine. Elle est préparée : "
        "terminez-la là-bas avec la commande « paraph ca do ». Rien n’a été signé."
    )

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code  # type: ignore[misc]
        if code in ("no_ceremony", "unknown_subject_key"):
            self.sentence = self.sentence_for_the_host  # type: ignore[misc]
        self.args = (code,)


class SignerUnavailable(Refusal):
    """The signer or its key store cannot be reached. The same attempt may be asked again later."""

    code = "signer_unavailable"
    sentence: ClassVar[str] = (
        "Le module de signature est momentanément indisponible. Rien n’est perdu : réessayez dans quelques minutes."
    )
    status = 503


class WrongKeyStore(SignerUnavailable):
    """The passphrase does not open the key store, or this key store is not the one that the database was made with."""

    code = "wrong_key_store"
