# SPDX-License-Identifier: Apache-2.0
"""paraph partners client --public-keys, paraph partners keys: programs that prove themselves with keys."""

import json

import pytest

from paraph.domain.audit.models import Event
from paraph.domain.identity_provider import queries
from paraph.domain.identity_provider.models import Client
from paraph.interfaces import cli
from paraph.interfaces.cli import saying
from testkit import programs

pytestmark = pytest.mark.django_db
KEY, SECOND = programs.key(), programs.key(key_id="k2")


@pytest.fixture
def paraph(capsys):
    def run(*words):
        status = cli.main(["partners", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    run("register", "bank", "--name-fr", "Banque", "--name-de", "Bank", "--name-en", "Bank", "--category", "bank",
        "--accepts", "token")
    return run


@pytest.fixture
def file(tmp_path):
    def write(content, name="keys.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    return write


def client(paraph, *more):
    return paraph("client", "bank", "bank", "--redirect", "https://bank.example/callback", *more)


def kids(name="bank"):
    return [key.key_id for key in queries.client_keys(Client.objects.get(client_id=name))]


def test_the_log_names_who_sat_at_the_keyboard(paraph, file, monkeypatch):
    monkeypatch.setattr(saying, "login_uid", lambda: None)
    monkeypatch.setenv("SUDO_USER", "claire")
    client(paraph, "--public-keys", file(programs.public(KEY)))
    paraph("keys", "add", "bank", file(SECOND.as_dict(private=False), "more.json"))
    paraph("keys", "retire", "bank", "k1")
    done = Event.objects.exclude(code="partners.partner.registered")
    assert done.count() >= 3 and {(row.channel, row.person) for row in done} == {("cli:partners", "os:claire")}


def test_from_the_first_key_to_the_second(paraph, file):
    keys = file(programs.public(KEY))
    assert client(paraph, "--public-keys", keys, "--dry-run")[0] == 0 and not Client.objects.exists()
    status, said, _ = client(paraph, "--public-keys", keys, "--json")
    assert (status, json.loads(said)) == (0, {"client_id": "bank", "keys": ["k1"]})
    more = file(SECOND.as_dict(private=False), "more.json")
    assert paraph("keys", "add", "bank", more, "--dry-run")[0] == 0 and kids() == ["k1"]
    assert paraph("keys", "add", "bank", more)[0] == 0 and kids() == ["k1", "k2"]
    assert paraph("keys", "retire", "bank", "k1", "--dry-run")[0] == 0 and kids() == ["k1", "k2"]
    assert paraph("keys", "retire", "bank", "k1")[0] == 0 and kids() == ["k2"]
    rows = json.loads(paraph("keys", "list", "bank", "--json")[1])
    assert [(row["kid"], bool(row["retired"])) for row in rows] == [("k2", False), ("k1", True)]
    status, _, said = paraph("keys", "add", "bank", keys)
    assert status == 1 and said.startswith("not_allowed")


def test_without_keys_there_is_a_secret(paraph):
    status, said, _ = client(paraph, "--json")
    assert status == 0 and len(json.loads(said)["secret"]) == 43 and kids() == []
    assert paraph("keys", "list", "bank")[1] == "It has no keys.\n"


def test_only_who_says_so_lets_a_program_ask_for_confirmations_and_the_log_knows(paraph):
    """The whole registration is said anew: what is left out is taken back."""
    assert "ask for logins, with" in client(paraph, "--dry-run")[1]
    assert "ask for logins and confirmations, with" in client(paraph, "--confirmations", "--dry-run")[1]
    assert not Client.objects.exists()
    for flags, types in (([], []), (["--confirmations"], ["paraph_confirmation"]), ([], [])):
        assert client(paraph, *flags)[0] == 0
        assert Client.objects.get().details_types == types
        assert Event.objects.filter(code="identity_provider.client.registered").latest("id").facts["details_types"] == types


@pytest.mark.parametrize(("content", "why"), [
    ("{", "not JSON"), (KEY.as_dict(private=True), "private key"), ({"keys": []}, "1 to 8"),
    (programs.key("PS256", bits=2048).as_dict(private=False), "too small")])
def test_what_is_no_fit_key_is_refused_in_one_line(paraph, file, content, why):
    for status, _, said in (client(paraph, "--public-keys", file(content)), paraph("keys", "add", "bank", file(content))):
        assert status == 1 and why in said and len(said.splitlines()) == 1
    assert not Client.objects.exists()


def test_a_file_that_is_not_there_is_said(paraph, tmp_path):
    status, _, said = client(paraph, "--public-keys", str(tmp_path / "none.json"))
    assert status == 1 and said.startswith("unreadable")


def test_an_unknown_client_or_key_is_said(paraph, file):
    assert paraph("keys", "add", "nobody", file(programs.public(KEY)))[0] == 1
    client(paraph, "--public-keys", file(programs.public(KEY)))
    status, _, said = paraph("keys", "retire", "bank", "k9")
    assert status == 1 and said.startswith("not_found")
