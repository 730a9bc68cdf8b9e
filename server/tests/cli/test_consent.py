# SPDX-License-Identifier: Apache-2.0
"""Who gives consent, where nobody has to be root to see it refused. With real users: server/tests/config/test_two_users.py."""

import pytest

from paraph.interfaces import cli
from paraph.interfaces.cli import signer_host
from paraph.signer.core import DATABASE, Signer

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path, settings):
    settings.SIGNER_DATA, settings.KEY_STORE = tmp_path / "signer", "software"
    settings.KEY_STORE_PASSPHRASE = lambda: "passphrase"
    return settings.SIGNER_DATA


@pytest.fixture
def there(folder, clock):
    """A signer has worked here."""
    Signer.open(folder, "passphrase", clock).close()
    return folder


def as_user(monkeypatch, user):
    monkeypatch.setattr(signer_host.os, "geteuid", lambda: user)
    monkeypatch.setattr(signer_host.users, "started_as", lambda: user)


def test_the_signers_own_user_and_root_may(there, monkeypatch):
    with signer_host.ceremony() as core:
        assert [entry.event for entry in core.record()] == ["ceremony.opened"]
    for user in ((there / DATABASE).stat().st_uid, 0):
        as_user(monkeypatch, user)
        signer_host._judge_who()


def test_another_user_is_told_who_gives_it_and_nothing_is_opened(there, monkeypatch, capsys, settings):
    settings.KEY_STORE_PASSPHRASE = lambda: pytest.fail("the passphrase was asked for")
    as_user(monkeypatch, (there / DATABASE).stat().st_uid + 61001)
    assert cli.main(["ceremony"]) == 2
    told = capsys.readouterr()
    assert told.out == "" and len(told.err.splitlines()) == 1
    assert "given on the signer's own host by root" in told.err and "Run the same command as root. Nothing was done." in told.err
    assert str(there / DATABASE) in told.err


def test_where_no_signer_has_worked_none_is_made(folder, monkeypatch, capsys):
    """On another host root would else begin a second set of keys."""
    assert cli.main(["ceremony"]) == 2
    assert f"no signer has worked with {folder} yet" in capsys.readouterr().err
    assert not folder.exists()


def test_a_folder_that_can_not_be_looked_into_says_the_same(there, monkeypatch, capsys):
    def closed(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(signer_host.Path, "stat", closed)
    with pytest.raises(signer_host.NotHere, match="by root"):
        signer_host._judge_who()


@pytest.mark.parametrize(("group", "line"), [
    ([], "ceremony make the authorities and keys that are missing; safe to repeat. As root, on the signer's host"),
    (["ca"], "do do what was approved, once. What needs the signer's consent (an authority, a key from elsewhere) as root on"),
    (["devices"], "As root on the signer's host"), (["audit"], "As root on the signer's host"),
    ([], "whose device may let a device join another holder, or name new ones; as root on the signer's host")])
def test_the_help_says_who_types_it(group, line, capsys):
    with pytest.raises(SystemExit):
        cli.main([*group, "--help"])
    assert line in " ".join(capsys.readouterr().out.split())
