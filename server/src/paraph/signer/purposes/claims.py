# SPDX-License-Identifier: Apache-2.0
"""The signing input of a JSON Web Token (RFC 7515, RFC 7519): an ID token of this house, made now, under this key, about a
login that this signer authorised itself; or the news for a partner that a session ended (OpenID Connect Back-Channel
Logout 1.0).

An ID token is held against that login: its holder, when he logged in, and with what. The same login serves several
partners (single sign-on) as long as a session lives, and only its own holder. Under which name (`sub`) a partner knows a
person is remembered with the first token, and is nobody else's from then on. For whom a token is (`aud`, `nonce`) is the
service's word: the holder's consent is given there. What a token says that he confirmed, he has
confirmed, for that program.
"""

import base64
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from paraph.kernel import rules
from paraph.signer.activation import confirmations, logins, names
from paraph.signer.activation.statements import parsed
from paraph.signer.purposes.content import InfrastructureKey, must, near, reading
from paraph.signer.stores import Store
from paraph.signer.values import House

LARGEST = 16 * 1024
# A passkey's answer with the statement that it signed.
LARGEST_EVIDENCE = 32 * 1024
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST = timedelta(hours=1)
_ALGORITHMS = {"P-256": "ES256", "RSA-3072": "RS256", "RSA-4096": "RS256"}


def permit(
    connection: sqlite3.Connection, store: Store, key: InfrastructureKey, data: bytes, content: bytes, house: House,
    at: datetime,
) -> dict[str, object]:
    """`content` names the login that an ID token stands on: JSON with `session`, and for one with a passkey also with
    `statement` and `answer`; and in `confirmation` the same of what the claim `confirmation` says. Returns the facts for
    the record.

    Refuses wrong_content, too_large, wrong_issuer, wrong_time, wrong_validity, wrong_login, wrong_confirmation,
    wrong_subject, unknown_session, wrong_statement.
    """
    must(len(data) <= LARGEST and len(content) <= LARGEST_EVIDENCE, "too_large")
    with reading():
        header, claims = (_object(part) for part in data.decode("ascii").split("."))
    kind = header.get("typ")
    must(kind in ("JWT", "logout+jwt"))
    must(header == {"alg": _ALGORITHMS.get(key.algorithm), "kid": key.key_id, "typ": kind})
    must(bool(house.issuer) and claims.get("iss") == house.issuer, "wrong_issuer")
    must(all(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "aud")))
    issued, ends = (_instant(claims.get(name)) for name in ("iat", "exp"))
    near(issued, at)
    must(issued < ends <= issued + LONGEST, "wrong_validity")
    # 2.4 there: neither is ever taken for the other.
    if kind == "JWT":
        must("events" not in claims)
        return {"form": "token", **_permit_login(connection, store, claims, content, house, at)}
    must(claims.get("events") == {LOGOUT_EVENT: {}} and "nonce" not in claims and not content)
    must(_person_of(connection, claims["sub"]) is not None, "wrong_subject")
    return {"form": "logout"}


def _permit_login(
    connection: sqlite3.Connection, store: Store, claims: dict[str, Any], content: bytes, house: House, at: datetime
) -> dict[str, object]:
    must(bool(content), "wrong_login")
    with reading():
        evidence = parsed(content)
    confirmation = evidence.pop("confirmation", None)
    must(evidence.keys() in ({"session"}, {"session", "statement", "answer"}) and isinstance(evidence["session"], str))
    login = logins.proven(connection, evidence, house)
    # The service's instant is that of the request that brought the code.
    allowed = timedelta(seconds=rules.current().signer_clock_seconds)
    when = _instant(claims.get("auth_time"))
    must(login.earliest - allowed <= when <= login.latest + allowed, "wrong_login")
    must(at <= login.latest + timedelta(hours=rules.current().session_hours) + allowed, "wrong_login")
    must((claims.get("acr"), claims.get("amr")) == (login.acr, list(login.amr)), "wrong_login")
    _permit_confirmation(connection, store, claims, confirmation, login, house, at)
    person = names.person_of(connection, login.holder)
    connection.execute("INSERT OR IGNORE INTO subjects VALUES (?,?)", (claims["sub"], person))
    must(_person_of(connection, claims["sub"]) == person, "wrong_subject")
    return {"session": login.session_id, "holder": login.holder, "audience": claims["aud"][:128]}


def _permit_confirmation(
    connection: sqlite3.Connection, store: Store, claims: dict[str, Any], evidence: Any, login: logins.Login, house: House,
    at: datetime,
) -> None:
    """The claim is the SHA-256 of a statement that the same holder has just confirmed, and that names the program to which the
    token goes."""
    must((evidence is None) == ("confirmation" not in claims), "wrong_confirmation")
    if evidence is None:
        return
    must(isinstance(evidence, dict) and evidence.keys() in ({"session"}, {"session", "statement", "answer"})
         and isinstance(evidence["session"], str))
    found = confirmations.proven(connection, store, evidence, house)
    must((found.holder, found.digest.hex()) == (login.holder, claims["confirmation"]), "wrong_confirmation")
    must(found.client == claims["aud"], "wrong_confirmation")
    must(at <= found.latest + timedelta(seconds=rules.current().signer_clock_seconds), "wrong_confirmation")


def _person_of(connection: sqlite3.Connection, subject: str) -> str | None:
    row = connection.execute("SELECT person FROM subjects WHERE value = ?", (subject,)).fetchone()
    return row["person"] if row else None


def _object(part: str) -> dict[str, Any]:
    octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    # Other alphabets, padding and stray bits are read by the library too; only one text stands for these octets.
    must(base64.urlsafe_b64encode(octets).rstrip(b"=").decode() == part)
    return parsed(octets)


def _instant(value: Any) -> datetime:
    must(isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 33)
    return datetime.fromtimestamp(value, UTC)
