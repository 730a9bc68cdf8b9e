# SPDX-License-Identifier: Apache-2.0
"""E-mail over SMTP (RFC 5321) as plain text, with a Message-ID that is the same at each attempt."""

import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from paraph.domain.notifications.channels import NotCarried, Outgoing


@dataclass(frozen=True, kw_only=True)
class SMTPChannel:
    """`secure` demands STARTTLS with a certificate that this machine trusts; off only for a relay on this machine."""

    host: str
    port: int
    sender_name: str
    sender_address: str
    user: str = ""
    password: str = ""
    secure: bool = True
    timeout_seconds: float = 20
    keeps_codes: bool = False

    def send(self, message: Outgoing) -> None:
        letter = EmailMessage(policy=SMTP)
        letter["Subject"] = message.subject
        letter["From"] = Address(display_name=self.sender_name, addr_spec=self.sender_address)
        letter["To"] = Address(addr_spec=message.address)
        letter["Message-ID"] = f"<{message.id}@{self.sender_address.rpartition('@')[2]}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        letter["Content-Language"] = message.language
        try:
            with smtplib.SMTP(self.host, self.port, timeout=self.timeout_seconds) as connection:
                if self.secure:
                    connection.starttls(context=ssl.create_default_context())
                if self.user:
                    connection.login(self.user, self.password)
                connection.send_message(letter)
        except smtplib.SMTPResponseException as error:
            raise NotCarried(f"smtp_{error.smtp_code}") from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({str(code) for code, _ in error.recipients.values()})
            raise NotCarried(f"smtp_{'_'.join(codes)}") from error
        except (smtplib.SMTPException, OSError) as error:
            raise NotCarried(type(error).__name__) from error
