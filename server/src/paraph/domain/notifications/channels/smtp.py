# SPDX-License-Identifier: Apache-2.0
"""E-mail over SMTP (RFC 5321, RFC 8314) as plain text, with a Message-ID that is the same at each attempt."""

import re
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from paraph.domain.notifications.channels import NotCarried, Outgoing, Refused, Unreachable

HERE = ("localhost", "127.0.0.1", "::1")
# What relays write after "250 … queued as".
_QUEUED = re.compile(rb"\bqueued as ([A-Za-z0-9._-]{1,80})")


class Security(StrEnum):
    """`NONE` is for a relay on this machine alone."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


SCHEMES: Mapping[str, tuple[Security, int]] = {
    "smtp": (Security.STARTTLS, 587), "smtps": (Security.TLS, 465), "smtp+local": (Security.NONE, 25)}


@dataclass(frozen=True, kw_only=True)
class SMTPChannel:
    """The certificate of a relay must be one that this machine trusts, for the relay's name."""

    host: str
    port: int
    sender_name: str
    sender_address: str
    user: str = ""
    password: str = field(default="", repr=False)
    security: Security = Security.STARTTLS
    timeout_seconds: float = 20
    keeps_codes: bool = False

    @classmethod
    def at(cls, address: str, *, sender_name: str, sender_address: str) -> "SMTPChannel":
        """The relay at smtp://user:password@host:587, smtps://…:465 or smtp+local://localhost:25. Raises ValueError."""
        parts = urlsplit(address)
        if parts.scheme not in SCHEMES or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError("it is smtp://user:password@host, smtps://user:password@host or smtp+local://localhost")
        security, port = SCHEMES[parts.scheme]
        if security is Security.NONE and parts.hostname not in HERE:
            raise ValueError("smtp+local is for a relay on this machine: mail would travel in clear text")
        if not (unquote(parts.username or "") + unquote(parts.password or "")).isascii():
            raise ValueError("user and password are letters of ASCII (RFC 4954)")
        return cls(host=parts.hostname, port=parts.port or port, security=security, sender_name=sender_name,
                   sender_address=sender_address, user=unquote(parts.username or ""), password=unquote(parts.password or ""))

    def send(self, message: Outgoing) -> str:
        try:
            return self._hand_over(self._written(message))
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            failure = Refused if min(codes) >= 500 else NotCarried
            raise failure(f"smtp_{'_'.join(map(str, codes))}") from None
        except smtplib.SMTPDataError as error:
            raise (Refused if error.smtp_code >= 500 else NotCarried)(f"smtp_{error.smtp_code}") from None
        except smtplib.SMTPResponseException as error:  # to our greeting, name, password or sender: not this message's fault
            raise Unreachable(f"smtp_{error.smtp_code}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(type(error).__name__) from None

    def _written(self, message: Outgoing) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        try:
            letter["Subject"] = message.subject
            letter["From"] = Address(display_name=self.sender_name, addr_spec=self.sender_address)
            letter["To"] = Address(addr_spec=message.address)
        except (ValueError, IndexError, MessageError):
            raise Refused("bad_address") from None
        letter["Message-ID"] = f"<{message.id}@{self.sender_address.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        letter["Content-Language"] = message.language
        return letter

    def _hand_over(self, letter: EmailMessage) -> str:
        with self._connection() as connection:
            if self.security is Security.STARTTLS:
                connection.starttls(context=ssl.create_default_context())
            if self.user:
                connection.login(self.user, self.password)
            connection.ehlo_or_helo_if_needed()
            if not str(letter["To"]).isascii() and not connection.has_extn("smtputf8"):
                raise Refused("smtp_no_smtputf8")
            connection.answered = b""
            connection.send_message(letter)
            queued = _QUEUED.search(connection.answered)
        return queued[1].decode() if queued else ""

    def _connection(self) -> "_Connection | _TLSConnection":
        if self.security is Security.TLS:
            return _TLSConnection(self.host, self.port, timeout=self.timeout_seconds, context=ssl.create_default_context())
        return _Connection(self.host, self.port, timeout=self.timeout_seconds)


class _Remembering:
    """Keeps the last answer: smtplib drops the one in which a relay says what it calls the message.

    A relay that took the message has it: what goes wrong in the farewell afterwards does not bring it back.
    """

    answered = b""

    def data(self, content: bytes) -> tuple[int, bytes]:
        code, answer = super().data(content)
        self.answered = answer
        return code, answer

    def __exit__(self, *details: object) -> None:
        try:
            super().__exit__(*details)
        except (smtplib.SMTPException, OSError):
            self.close()


class _Connection(_Remembering, smtplib.SMTP):
    pass


class _TLSConnection(_Remembering, smtplib.SMTP_SSL):
    pass
