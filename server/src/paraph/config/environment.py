# SPDX-License-Identifier: Apache-2.0
"""Settings are environment variables PARAPH_*; secrets also as PARAPH_*_FILE. `paraph check --settings` lists them."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


class SettingError(Exception):
    """One sentence that says which setting is wrong and what to do."""


@dataclass(frozen=True)
class Setting:
    name: str
    default: str
    meaning: str
    secret: bool = False

    def read(self) -> str:
        path = os.environ.get(f"PARAPH_{self.name}_FILE")
        if path:
            try:
                return Path(path).read_text().strip()
            except OSError as error:
                raise SettingError(f"PARAPH_{self.name}_FILE: {error}") from error
        return os.environ.get(f"PARAPH_{self.name}", self.default)


SETTINGS = {
    setting.name: setting
    for setting in (
        Setting("DATA", "data", "the folder of databases, keys and documents"),
        Setting("PROFILE", "demo", "the operator profile: a name in config/profiles or a path to a TOML file"),
        Setting("URL", "http://localhost:8000", "the public address of the service"),
        Setting("PKI_URL", "", "the plain-http address that stands in certificates; default: PARAPH_URL/pki"),
        Setting("GUICHET_URL", "http://localhost:8100", "the citizen portal's address"),
        Setting("DATABASE_URL", "", "postgresql://user:password@host/name; empty: SQLite in PARAPH_DATA", secret=True),
        Setting("SECRET_KEY", "", "Django's secret key; empty: DATA/secrets/django-key", secret=True),
        Setting("KEY_RING", "", "the database key ring; empty: DATA/secrets/key-ring", secret=True),
        Setting("PEPPER", "", "the pepper of password hashes; empty: DATA/secrets/pepper", secret=True),
        Setting("SIGNER", "", "the signer's Unix socket; empty: DATA/signer/socket"),
        Setting("SIGNER_DATA", "", "the folder of the signer's database and software key store; empty: DATA/signer"),
        Setting("SIGNER_USERS", "", "the users who may ask the signer, by name or number, between commas; empty: its own user "
                "alone. Consent is for its own user and root alone, whatever stands here"),
        Setting("SIGNER_GROUP", "", "the group whose members reach the signer's socket; with PARAPH_SIGNER_USERS"),
        Setting("KEY_STORE", "software", "software, or pkcs11 with PARAPH_KEY_STORE_MODULE and PARAPH_KEY_STORE_TOKEN"),
        Setting("KEY_STORE_MODULE", "", "the PKCS#11 module, such as /usr/lib/softhsm/libsofthsm2.so"),
        Setting("KEY_STORE_TOKEN", "", "the label of the PKCS#11 token"),
        Setting("KEY_STORE_PASSPHRASE", "", "opens the key store; empty: DATA/secrets/key-store", secret=True),
        Setting("SMTP_URL", "", "smtp://user:password@host:587 (STARTTLS), smtps://user:password@host:465, or "
                "smtp+local://localhost:25 for a relay on this machine", secret=True),
        Setting("SMS_SECRET", "", "{secret} in [channels.sms] of the operator profile", secret=True),
        Setting("ISOLATION", "required", "programs that open foreign files are isolated by the kernel: required, or "
                "where-possible (as in the demonstration)"),
        Setting("JUDGE", "", "pkilint: what it finds stops a certificate, as our own rules do; empty: our rules alone"),
        Setting("TRUSTED_PROXIES", "", "addresses or networks of the proxies in front, between commas; only they may say in "
                "X-Forwarded-For who asks"),
        Setting("HASHES_AT_ONCE", "2", "how many password hashes a web process computes at once: its share of the cores"),
        Setting("DEMO", "", "1: demonstration (outbox page, simulators); refused by check --deploy"),
        Setting("TEST_CLOCK", "", "a file with a number of seconds to shift the clock; refused by check --deploy"),
        Setting("LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING"),
    )
}


def read(name: str) -> str:
    return SETTINGS[name].read()


def choice(name: str, *words: str) -> str:
    """The setting, which must be one of the words."""
    value = read(name)
    if value not in words:
        raise SettingError(f"PARAPH_{name} is {' or '.join(word or 'empty' for word in words)}, not {value}.")
    return value


def data_directory() -> Path:
    return Path(read("DATA")).resolve()


def signer_folder() -> Path:
    return Path(read("SIGNER_DATA") or data_directory() / "signer").resolve()


def signer_socket() -> Path:
    return Path(read("SIGNER") or signer_folder() / "socket").absolute()


def key_store_passphrase() -> str:
    """For the signer's process, and for consent on its host."""
    return secret_file("key-store", "KEY_STORE_PASSPHRASE", lambda: secrets.token_urlsafe(32)).strip()


def secret_place(name: str, setting: str) -> Path | None:
    """The file that holds this secret; None when the setting itself does."""
    given = os.environ.get(f"PARAPH_{setting}_FILE")
    if given:
        return Path(given).absolute()
    return None if os.environ.get(f"PARAPH_{setting}") else data_directory() / "secrets" / name


def secret_file(name: str, setting: str, fresh: Callable[[], str]) -> str:
    """The setting, else the 0600 file DATA/secrets/NAME, made once with `fresh()`. Raises SettingError where this user may
    not read it."""
    value = read(setting)
    if value:
        return value
    path = data_directory() / "secrets" / name
    try:
        if not path.exists():
            _make(path, fresh())
        return path.read_text()
    except PermissionError as error:
        raise SettingError(f"{path}: {error.strerror}. Run this as the user that the file belongs to, or as root; or give "
                           f"PARAPH_{setting}_FILE a file of this user's.") from error


def _make(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)
    with suppress(FileExistsError):
        os.link(draft, path)
    os.unlink(draft)
