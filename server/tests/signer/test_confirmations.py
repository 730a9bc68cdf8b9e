# SPDX-License-Identifier: Apache-2.0
"""A code for a confirmation signs that statement and nothing else; a code for a login never does, for a stolen web tier too."""

import json
import sqlite3
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import serialization

from paraph.pki import keys, scan
from paraph.signer import schema
from paraph.signer.client import Outcome, SignerRefusal
from paraph.signer.core import Signer
from paraph.signer.values import PASSKEY_FACTORS, House
from testkit.simulators import scan as simulated
from testkit.simulators.authenticator import Authenticator, b64

from .conftest import PASSPHRASE, SEEDS, activate, statement
from .content import ISSUER, POLICY, Service
from .scanning import TRANSFER, activated

HOST = urlsplit(ISSUER).hostname


def refused(code):
    return pytest.raises(SignerRefusal, match=f"^{code}$")


def test_a_code_signs_the_confirmation_and_its_record_says_so(marie, clock, signer):
    said = statement("confirm", "marie")
    session = marie.open("confirm")
    assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
    [signature] = marie.sign(session)
    assert keys.verifies(marie.keys.authentication.public_key_der, signature, said)
    for changed in (said.replace(b"1 250", b"1 251"), said.replace(b"LU28", b"LU29"), said[:-1]):
        assert not keys.verifies(marie.keys.authentication.public_key_der, signature, changed)
    lines = [(entry.event, entry.facts["kind"]) for entry in signer.record() if "kind" in entry.facts][-3:]
    assert lines == [("session.opened", "confirm"), ("code.accepted", "confirm"), ("holder.signed", "confirm")]


@pytest.mark.parametrize(("kind", "other"), [("login", "confirm"), ("confirm", "login")])
def test_the_statement_of_the_one_is_never_signed_in_the_other(marie, kind, other):
    with refused("wrong_statement"):
        marie.open(kind, statement=statement(other, "marie"))
    assert marie.open(kind)


@pytest.mark.parametrize("kind", ["login", "confirm"])
@pytest.mark.parametrize("said", [
    b"", b"{", b"[]", b'"x"', b'{"identity":"marie","identity":"jean"}', b'\xff', b"[" * 5000,
    b'{"identity":"marie","type":"paraph-login-1" }', b'{"type":"paraph-login-1","identity":"marie"}'])
def test_what_is_no_statement_in_canonical_form_opens_no_session(marie, kind, said):
    with refused("wrong_statement"):
        marie.open(kind, statement=said)


@pytest.mark.parametrize("kind", ["login", "confirm"])
def test_a_statement_is_about_its_holder_and_its_hash(marie, kind):
    with refused("wrong_statement"):
        marie.open(kind, statement=statement(kind, "jean"))
    with refused("wrong_statement"):
        marie.open(kind, hashes=[bytes(32)])
    with refused("wrong_statement"):
        marie.open(kind, hashes=[sha256(statement(kind, "marie")).digest()] * 2,
                   labels=["x"] * (0 if kind == "confirm" else 2))


@pytest.mark.parametrize("changes", [
    {"text": ""}, {"text": "", "digest": "ab" * 32}, {"label": "Contrat"}, {"digest": "AB" * 32, "label": "x"},
    {"digest": "ab" * 31, "label": "x"}, {"digest": "zz" * 32, "label": "x"}, {"partner_name": ""}, {"reference": ""},
    {"client": ""}, {"more": "x"}, {"text": None}, {"text": 7}, {"text": "1\u31640 €"}, {"text": "1 €\n\n\n9 €"},
    {"text": "", "digest": "ab" * 32, "label": "Contrat \u05d0"}])
def test_a_confirmation_says_all_of_its_fields_and_nothing_beside(marie, changes):
    with refused("wrong_statement"):
        marie.open("confirm", statement=statement("confirm", "marie", **changes))
    assert marie.open("confirm", statement=statement("confirm", "marie", text="", digest="ab" * 32, label="Contrat"))


def test_a_largest_statement(marie):
    room = 8 * 1024 - len(statement("confirm", "marie", text=""))
    assert marie.open("confirm", statement=statement("confirm", "marie", text="x" * room))
    with refused("wrong_statement"):
        marie.open("confirm", statement=statement("confirm", "marie", text="x" * (room + 1)))


def test_other_sessions_take_no_statement_and_a_confirmation_no_label(marie):
    for kind in ("sign", "unblock"):
        with refused("bad_argument"):
            marie.open(kind, statement=b"{}", **({"key_id": None, "hashes": []} if kind == "unblock" else {}))
    with refused("bad_argument"):
        marie.open("confirm", labels=["another text"])


def test_a_device_confirms_with_the_authentication_key_alone_and_never_without_a_key(marie):
    with refused("wrong_purpose"):
        marie.open("confirm", key_id=marie.keys.signature.key_id)
    for given in ({"key_id": None, "hashes": []}, {"device_serial": None}):
        with refused("bad_argument"):
            marie.open("confirm", **given)


def test_the_code_of_one_confirmation_opens_no_other(marie, clock):
    first, second = marie.open("confirm"), marie.open("confirm", statement=statement("confirm", "marie", text="1 €"))
    code = marie.code(clock.now())
    assert marie.authorise(first, code) is Outcome.ACCEPTED
    assert marie.authorise(second, code) is Outcome.WRONG
    with refused("not_authorised"):
        marie.sign(second)


@pytest.mark.parametrize(("first", "second"), [("login", "confirm"), ("confirm", "login")])
def test_a_code_that_was_used_for_the_one_is_used_for_the_other(marie, clock, first, second):
    code, later = marie.code(clock.now()), marie.open(second)
    assert marie.authorise(marie.open(first), code) is Outcome.ACCEPTED
    assert marie.authorise(later, code) is Outcome.WRONG


# --- with a Scan ------------------------------------------------------------------------------------------------------


@pytest.fixture
def anna(signer):
    return activated(signer, "anna", "S-ANNA")


@pytest.mark.parametrize(("more", "before"), [
    ({}, ()), ({"digest": "ab" * 32, "label": "Contrat n° 7"}, (("Contrat n° 7", bytes([0xAB]) * 32),))])
def test_a_scan_shows_who_asks_and_the_exact_text_of_what_is_signed(anna, signer, more, before):
    said = statement("confirm", "anna", text=TRANSFER, **more)
    session = anna.open("confirm", statement=said)
    screen = simulated.look(anna.scan, scan.image_text(anna.challenge(session, "", partner="").payload))
    assert (screen.purpose, screen.partner, screen.text) == ("CONFIRM", "Banque Exemple", TRANSFER)
    assert screen.documents == (*before, ("C-2345-6789-B", sha256(said).digest()))
    assert anna.answer(session, screen.code) is Outcome.ACCEPTED
    [signature] = anna.sign(session)
    assert keys.verifies(anna.keys.authentication.public_key_der, signature, said)
    shown = scan.decode(signer.scan_statement(session.session_id))
    assert (shown.text, shown.documents[-1].digest) == (TRANSFER, sha256(said).digest())


def test_the_web_tier_gives_a_scan_no_words_of_its_own(anna):
    session = anna.open("confirm")
    for partner, text in (("Banque", ""), ("", "Rien de grave")):
        with refused("bad_argument"):
            anna.challenge(session, text, partner=partner)


@pytest.mark.parametrize(("old", "new"), [("1\u202f250", "1\u202f251"), ("LU28", "LU29"), ("0000", "0001")])
def test_one_octet_more_or_less_of_the_text_is_another_code(anna, old, new):
    """The image of one confirmation, its text changed by an octet: its code is worth nothing in the other."""
    sessions = [anna.open("confirm", statement=statement("confirm", "anna", text=text))
                for text in (TRANSFER, TRANSFER.replace(old, new))]
    codes = [anna.look(anna.challenge(session, "", partner="")) for session in sessions]
    assert anna.answer(sessions[0], codes[1]) is Outcome.WRONG
    assert anna.answer(sessions[1], codes[0]) is Outcome.WRONG
    assert anna.answer(sessions[0], codes[0]) is Outcome.ACCEPTED


@pytest.mark.parametrize("kind", ["login", "sign"])
def test_an_answer_for_another_purpose_confirms_nothing(anna, kind):
    other, session = anna.open(kind), anna.open("confirm")
    code = anna.look(anna.challenge(other))
    own = anna.look(anna.challenge(session, "", partner=""))
    assert anna.answer(session, code) is Outcome.WRONG
    assert anna.answer(other, own) is Outcome.WRONG
    assert anna.answer(session, own) is Outcome.ACCEPTED


# --- what an ID token says of it --------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path, clock):
    levels = (("attested", "high"), ("bound", "substantial"), ("synced", "low"))
    core = Signer.open(tmp_path / "service", PASSPHRASE, clock,
                       house=House(issuer=ISSUER, timestamp_policies=(POLICY,), passkey_levels=levels))
    yield Service(core, clock)
    core.close()


@pytest.fixture
def lea(house, clock):
    """A holder with a Token at a whole service, who has just logged in: herself, the instant and the name of the login."""
    house.core.import_token(attempt="import", serial="T-MARIE", seed=SEEDS["T-MARIE"])
    lea = activate(house.core, "lea", "T-MARIE", clock)
    at, session = clock.now(), lea.open("login")
    assert lea.authorise(session, lea.code(at)) is Outcome.ACCEPTED
    lea.sign(session)
    clock.advance(seconds=60)
    return lea, at, session.session_id


def token(house, at, login, evidence, **claims):
    content = {"session": login, **({} if evidence is None else {"confirmation": evidence})}
    claims = {"sub": "lea-at-the-bank", "aud": "bank-web", "auth_time": int(at.timestamp()), **claims}
    return house.sign(house.openid, house.token(claims=claims), content=json.dumps(content).encode())


def confirmed(holder, clock, *, finished=True, **changes):
    """The signer's session of a confirmation, and the SHA-256 of what was signed."""
    said = statement("confirm", holder.name, **changes)
    session = holder.open("confirm", statement=said)
    assert holder.authorise(session, holder.code(clock.now())) is Outcome.ACCEPTED
    if finished:
        holder.sign(session)
    clock.advance(seconds=60)
    return session.session_id, sha256(said).hexdigest()


def test_an_id_token_says_what_was_confirmed_and_nothing_else(house, lea, clock):
    holder, at, login = lea
    (session, digest), (_, other) = confirmed(holder, clock), confirmed(holder, clock, text="1 €")
    assert token(house, at, login, {"session": session}, confirmation=digest)
    assert token(house, at, login, None)
    for evidence, claims in (({"session": session}, {"confirmation": other}), ({"session": session}, {}),
                             (None, {"confirmation": digest}), ({"session": login}, {"confirmation": digest})):
        with refused("wrong_confirmation"):
            token(house, at, login, evidence, **claims)
    for evidence in ("x", {"session": 1}, {"session": session, "more": "x"}, {}):
        with refused("wrong_content"):
            token(house, at, login, evidence, confirmation=digest)


@pytest.mark.parametrize("asked_by", ["bank-web", "insurer"])
def test_it_is_told_to_the_program_alone_that_the_statement_names(house, lea, clock, asked_by):
    holder, at, login = lea
    session, digest = confirmed(holder, clock, client=asked_by)
    assert token(house, at, login, {"session": session}, confirmation=digest, aud=asked_by)
    for other in ({"bank-web", "insurer"} - {asked_by}) | {asked_by.upper(), asked_by + " "}:
        with refused("wrong_confirmation"):
            token(house, at, login, {"session": session}, confirmation=digest, aud=other)
    [alarm] = house.core.alarms()
    assert alarm.facts["code"] == "wrong_confirmation"


def test_a_confirmation_is_no_login(house, lea, clock):
    holder, at, _ = lea
    session, digest = confirmed(holder, clock)
    for claims, evidence in (({}, None), ({"confirmation": digest}, {"session": session})):
        with refused("wrong_login"):
            token(house, at, session, evidence, **claims)


def test_what_was_not_finished_or_is_anothers_is_not_told(house, lea, clock):
    holder, at, login = lea
    session, digest = confirmed(holder, clock, finished=False)
    with refused("wrong_confirmation"):
        token(house, at, login, {"session": session}, confirmation=digest)
    house.core.import_token(attempt="import-jean", serial="T-JEAN", seed=SEEDS["T-JEAN"])
    jean = activate(house.core, "jean", "T-JEAN", clock)
    session, digest = confirmed(jean, clock)
    with refused("wrong_confirmation"):
        token(house, at, login, {"session": session}, confirmation=digest)


@pytest.mark.parametrize(("late", "told"), [(timedelta(0), True), (timedelta(microseconds=1), False)])
def test_it_is_told_while_the_partners_request_can_live(house, lea, clock, late, told):
    holder, at, login = lea
    opened = clock.now()
    session, digest = confirmed(holder, clock)
    clock.set(opened + timedelta(seconds=180, minutes=15) + timedelta(seconds=300) + late)
    if told:
        assert token(house, at, login, {"session": session}, confirmation=digest)
    else:
        with refused("wrong_confirmation"):
            token(house, at, login, {"session": session}, confirmation=digest)


def test_what_a_passkey_confirmed_is_told_and_its_answer_at_a_login_is_not(house, lea, clock):
    holder, at, login = lea
    authenticator = Authenticator()
    authenticator.make({"rp": {"id": HOST}, "user": {"id": b64(b"handle")}, "challenge": ""})
    [credential] = authenticator.credentials
    house.core.add_passkey(attempt="add", session_id=login, credential_id=b64(credential.id), attested=False,
                           public_key_der=credential.key.public_key().public_bytes(
                               serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo))

    def used(kind, says=None, **changes):
        session = house.core.open_session(attempt=house.attempt(), kind=kind, holder="lea", key_id=None, hashes=[], labels=[],
                                          device_serial=None)
        said = statement(says or kind, "lea", nonce=b64(session.nonce), **changes)
        answer = authenticator.use({"rpId": HOST, "challenge": b64(sha256(said).digest()), "allowCredentials": []},
                                   credential, origin=ISSUER)
        return {"session": session.session_id, "statement": b64(said), "answer": json.loads(answer)}, sha256(said).hexdigest()

    evidence, digest = used("confirm")
    assert token(house, at, login, evidence, confirmation=digest)
    for given, claims in (({"session": evidence["session"]}, {}), (evidence, {"aud": "insurer"})):
        with refused("wrong_confirmation"):
            token(house, at, login, given, confirmation=digest, **claims)
    short, of_short = used("confirm", client="")
    with refused("wrong_statement"):
        token(house, at, login, short, confirmation=of_short)
    at_login, of_login = used("login")
    for given, claimed, code in ((at_login, of_login, "wrong_confirmation"),
                                 ({**at_login, "session": evidence["session"]}, of_login, "wrong_login")):
        with refused(code):
            token(house, at, login, given, confirmation=claimed)
    # Nor can the session of the one be asked for with the words of the other.
    crossed, of_crossed = used("confirm", says="login")
    with refused("wrong_login"):
        token(house, at, login, crossed, confirmation=of_crossed)

    def logged_in(evidence):
        claims = {"sub": "lea-at-the-bank", "auth_time": int(clock.now().timestamp()), "acr": "substantial",
                  "amr": list(PASSKEY_FACTORS[False])}
        return house.sign(house.openid, house.token(claims=claims), content=json.dumps(evidence).encode())

    assert logged_in(at_login)
    with refused("wrong_login"):
        logged_in(used("login", says="confirm")[0])


# --- a database of the release before ---------------------------------------------------------------------------------


def test_sessions_of_an_earlier_release_go_on_beside_confirmations(marie, clock, tmp_path):
    """Version 4, as it was: no confirmations in the table's condition."""
    signer, session = marie.signer, marie.open("login")
    signer.core.close()
    folder = tmp_path / "signer"
    with sqlite3.connect(folder / "signer.sqlite3") as connection:
        [table] = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'sessions'").fetchone()
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'sessions'", (table.replace(",'confirm'", ""),))
        connection.execute("PRAGMA user_version = 4")
    connection.close()
    again = Signer.open(folder, "test passphrase", clock)
    try:
        marie.signer = again
        assert marie.authorise(session, marie.code(clock.now())) is Outcome.ACCEPTED
        assert marie.open("confirm")
    finally:
        again.close()
    with sqlite3.connect(folder / "signer.sqlite3") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (schema.VERSION,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        assert {"sessions_content_stands", "sessions_used_is_final", "sessions_ended"} <= names and "sessions_5" not in names
    connection.close()
