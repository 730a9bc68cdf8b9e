# SPDX-License-Identifier: Apache-2.0
"""SMS through an operator's gateway: one POST of JSON or of a form, as the operator profile describes it.

The message's id goes along as an Idempotency-Key, so that a gateway that was asked twice sends once. What is said of a
failure is a code: no number, no text, nothing of the gateway's words.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlencode, urlsplit

from paraph.domain.notifications.channels import REFERENCE, NotCarried, Outgoing, Refused, Unreachable

HERE = ("localhost", "127.0.0.1", "::1")
LONGEST_ANSWER = 64 * 1024
LONGEST_PAUSE = timedelta(hours=6)
_PLACE = re.compile(r"\{(\w*)\}")
_IN_BODY = frozenset({"number", "digits", "text", "id", "language", "secret"})
_IN_HEADERS = frozenset({"id", "secret", "basic"})
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,60}")
_ENTRIES = {"url", "format", "user", "headers", "body", "reference", "status", "accepted", "refused", "timeout_seconds"}
# The message is at fault, whoever asks and however often. Of the others, 401, 403 and 404 are the operator's to mend.
_REFUSALS = frozenset({400, 410, 413, 414, 422})

Body = str | int | bool | Sequence["Body"] | Mapping[str, "Body"]


@dataclass(frozen=True, kw_only=True)
class SMSGateway:
    """Where and how a gateway is asked.

    `body` is a tree whose texts hold {number} (E.164), {digits} (the same without its plus), {text}, {id}, {language} and
    {secret}; `headers` hold {id}, {secret} and {basic} (user and secret as HTTP Basic wants them).
    `reference` and `status` are paths into a JSON answer, such as "messages.0.id". With `accepted`, another status than those is
    no yes; those of `refused` are a no for ever. `timeout_seconds` bounds the whole exchange.
    """

    url: str
    body: Mapping[str, Body]
    headers: Mapping[str, str] = field(default_factory=dict)
    form: bool = False
    user: str = ""
    secret: str = field(default="", repr=False)
    reference: str = ""
    status: str = ""
    accepted: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    timeout_seconds: float = 15
    keeps_codes: bool = False

    @classmethod
    def described(cls, table: Mapping[str, Any], *, secret: str) -> "SMSGateway":
        """The table [channels.sms] of an operator profile. Raises ValueError for what it must not say, in one sentence."""
        unknown = set(table) - _ENTRIES
        if unknown:
            raise ValueError(f"unknown entries of [channels.sms]: {', '.join(sorted(unknown))}")
        gateway = cls(
            url=str(table.get("url", "")), body=table.get("body", {}), headers=table.get("headers", {}),
            form=table.get("format", "json") == "form", user=str(table.get("user", "")), secret=secret,
            reference=str(table.get("reference", "")), status=str(table.get("status", "")),
            accepted=frozenset(map(str, table.get("accepted", ()))), refused=frozenset(map(str, table.get("refused", ()))),
            timeout_seconds=float(table.get("timeout_seconds", 15)))
        fault = gateway._fault(str(table.get("format", "json")))
        if fault:
            raise ValueError(f"[channels.sms]: {fault}")
        return gateway

    def _fault(self, style: str) -> str:
        if style not in ("json", "form"):
            return "format is json or form"
        address = urlsplit(self.url)
        secure = address.scheme == "https" or (address.scheme == "http" and address.hostname in HERE)
        if not (address.hostname and secure) or "@" in address.netloc or address.fragment or not self.url.isascii():
            return "url is an https address (http on this machine alone), without user and password"
        if not isinstance(self.body, Mapping) or not isinstance(self.headers, Mapping):
            return "body and headers are tables"
        if self.form and not all(isinstance(value, str) for value in self.body.values()):
            return "a form's body has texts alone"
        used = _places(self.body)
        if not used <= _IN_BODY or not {"text"} <= used or not used & {"number", "digits"}:
            return f"body holds {{text}} and {{number}} or {{digits}}, and of places else only {_listed(_IN_BODY)}"
        if not _places(self.headers) <= _IN_HEADERS:
            return f"of places, headers hold only {_listed(_IN_HEADERS)}"
        for name, value in self.headers.items():
            if not _HEADER_NAME.fullmatch(name) or not isinstance(value, str) or not (value.isascii() and value.isprintable()):
                return f"{name!r} is no header of one printable line"
        if not (self.secret + self.user).isascii() or not (self.secret + self.user).isprintable():
            return "user and secret are printable ASCII"
        if "secret" in used | _places(self.headers) and not self.secret:
            return "it names {secret}, and PARAPH_SMS_SECRET is empty"
        if not 1 <= self.timeout_seconds <= 30:
            return "timeout_seconds is 1 to 30"
        return "accepted and refused need a status" if (self.accepted or self.refused) and not self.status else ""

    def send(self, message: Outgoing) -> str:
        status, pause, content = self._asked(message)
        if status in _REFUSALS:
            raise Refused(f"sms_http_{status}")
        if status in (401, 403, 404, 405) or 300 <= status < 400:
            raise Unreachable(f"sms_http_{status}", after=pause)
        if not 200 <= status < 300:
            raise NotCarried(f"sms_http_{status}", after=pause)
        answer = parsed(content)
        if self.status:
            said = said_at(answer, self.status)
            if said in self.refused:
                raise Refused("sms_refused")
            if said is None or (self.accepted and said not in self.accepted):
                raise NotCarried("sms_not_accepted")
        reference = said_at(answer, self.reference) if self.reference else None
        return reference if reference is not None and REFERENCE.fullmatch(reference) else ""

    def _asked(self, message: Outgoing) -> tuple[int, timedelta, bytes]:
        """Status, wanted pause and the answer's first octets."""
        values = {"number": message.address, "digits": message.address.removeprefix("+"), "text": message.text, "id": message.id,
                  "language": message.language, "secret": self.secret, "basic": self._basic()}
        body = _filled(self.body, values)
        status, pause, content = import_module("paraph.domain.notifications.channels.posting").post(
            self.url, content=(urlencode(body) if self.form else json.dumps(body, ensure_ascii=False)).encode(),
            headers={
                "Accept-Encoding": "identity", "Accept": "application/json", "User-Agent": "paraph",
                "Idempotency-Key": message.id,
                "Content-Type": "application/x-www-form-urlencoded" if self.form else "application/json"},
            more=_filled(self.headers, values), seconds=self.timeout_seconds, longest=LONGEST_ANSWER)
        return status, _pause(pause), content

    def _basic(self) -> str:
        return base64.b64encode(f"{self.user}:{self.secret}".encode()).decode()


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))


def _places(tree: object) -> set[str]:
    if isinstance(tree, str):
        return set(_PLACE.findall(tree))
    if isinstance(tree, Mapping):
        return set().union(*map(_places, tree.values()))
    if isinstance(tree, Sequence):
        return set().union(*map(_places, tree))
    return set()


def _filled(tree: Any, values: Mapping[str, str]) -> Any:
    """The tree with its places filled, once: what stands in a value is never a place."""
    if isinstance(tree, str):
        return _PLACE.sub(lambda place: values[place[1]], tree)
    if isinstance(tree, Mapping):
        return {name: _filled(value, values) for name, value in tree.items()}
    if isinstance(tree, Sequence):
        return [_filled(value, values) for value in tree]
    return tree


def parsed(content: bytes) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def said_at(answer: object, path: str) -> str | None:
    """The text or number at a path of names and places, such as "messages.0.id"."""
    for step in path.split("."):
        if isinstance(answer, dict):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdecimal() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    if isinstance(answer, bool):
        return str(answer).lower()
    return str(answer) if isinstance(answer, str | int) else None


def _pause(header: str) -> timedelta:
    """Retry-After in seconds (RFC 9110 10.2.3); as a date, or beyond six hours, it is not heeded."""
    if not (header.isascii() and header.isdigit() and len(header) <= 9):
        return timedelta(0)
    return min(timedelta(seconds=int(header)), LONGEST_PAUSE)
