# SPDX-License-Identifier: Apache-2.0
"""What a setting demands and the machine lacks is told, and nothing runs without it unseen."""

import argparse
import importlib.util
import json
import os
import subprocess
import sys

import pytest

from paraph.config import binding, demands, environment
from paraph.domain.certification import gate
from paraph.interfaces.cli import check
from paraph.kernel import confinement, isolation
from testkit import tree


@pytest.fixture
def lacking(monkeypatch):
    monkeypatch.setattr(isolation, "missing", lambda: (isolation.LANDLOCK,))


@pytest.fixture
def without_pkilint(monkeypatch):
    monkeypatch.setattr(demands.importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def bound():
    yield
    gate.bind_judge(None)
    confinement.bind(required=True)


def told(deploy=False):
    return check.problems(deploy), check.remarks(deploy)


def test_a_kernel_that_cannot_isolate_is_refused(lacking, settings):
    settings.ISOLATION_REQUIRED = True
    problems, remarks = told()
    assert [code for code, _ in problems] == ["isolation"]
    assert "no Landlock" in problems[0][1]
    assert remarks == []
    with pytest.raises(environment.SettingError, match="PARAPH_ISOLATION=where-possible"):
        demands.refuse()


def test_a_setting_allows_it_and_it_is_still_said(lacking, settings, capsys):
    settings.ISOLATION_REQUIRED = False
    demands.refuse()
    problems, remarks = told()
    assert (problems, [code for code, _ in remarks]) == ([], ["isolation"])
    assert "isolation" in [code for code, _ in told(deploy=True)[0]]
    assert check.run_check(argparse.Namespace(settings=False, json=False, deploy=False)) == 0
    assert "remark: isolation: this kernel offers no Landlock" in capsys.readouterr().out


def test_nothing_is_said_of_what_is_there(settings, capsys):
    settings.ISOLATION_REQUIRED, settings.JUDGE = True, "pkilint"
    settings.URL, settings.PKI_URL = "https://paraph.example.lu", "http://pki.example.lu"
    demands.refuse()
    assert told() == ([], [])
    assert check.run_check(argparse.Namespace(settings=False, json=True, deploy=False)) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_judge_that_is_demanded_and_missing_is_refused(without_pkilint, settings):
    settings.JUDGE = ""
    assert told() == ([], [])
    settings.JUDGE = "pkilint"
    assert [code for code, _ in told()[0]] == ["judge"]
    with pytest.raises(environment.SettingError, match="install paraph"):
        demands.refuse()


def test_a_judge_of_another_version_is_refused(monkeypatch, settings):
    settings.JUDGE = "pkilint"
    monkeypatch.setattr(demands, "version", lambda name: "0.14.0")
    problems, _ = told()
    assert [code for code, _ in problems] == ["judge"]
    assert "instead of 0.14.0" in problems[0][1]


@pytest.mark.parametrize("name", ["URL", "PKI_URL"])
def test_a_judge_that_refuses_localhost_is_not_asked_about_it(settings, name):
    settings.JUDGE, settings.URL, settings.PKI_URL = "pkilint", "https://paraph.example.lu", "http://pki.example.lu"
    assert told() == ([], [])
    setattr(settings, name, "http://localhost:8000")
    problems, _ = told()
    assert [code for code, _ in problems] == ["judge"]
    assert "a domain name" in problems[0][1]


def test_the_web_process_does_not_start_without_the_judge(tmp_path):
    """A real process whose Python has no pkilint."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['pkilint'] = None\n")
    given = {"PARAPH_DATA": str(tmp_path / "data"), "PARAPH_DEMO": "1", "PATH": os.environ["PATH"], "PARAPH_JUDGE": "pkilint",
             "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, "-c", "import paraph.config.wsgi"], capture_output=True, text=True, env=given)
    assert done.returncode != 0
    assert "PARAPH_JUDGE is pkilint, and pkilint is not installed" in done.stderr


@pytest.mark.parametrize(("name", "value"), [("ISOLATION", "sometimes"), ("ISOLATION", ""), ("JUDGE", "zlint")])
def test_other_words_are_refused(monkeypatch, name, value):
    monkeypatch.setenv(f"PARAPH_{name}", value)
    words = {"ISOLATION": ("required", "where-possible"), "JUDGE": ("", "pkilint")}[name]
    with pytest.raises(environment.SettingError, match=f"PARAPH_{name} is"):
        environment.choice(name, *words)


def judged(certificate, profile):
    return [finding.code for finding in gate._outside(certificate, profile)]


@pytest.fixture
def certificates():
    root = tree.make("root")
    issuing = tree.make("issuing", issuer=root)
    good = tree.make("natural-signature-ncp", issuer=issuing)
    return issuing, good


def test_the_judge_is_bound_as_the_setting_says(settings, certificates, bound):
    issuing, good = certificates
    settings.JUDGE = "pkilint"
    binding.bind_all()
    assert judged(good.der, "natural-signature-ncp") == []
    assert judged(issuing.der, "natural-signature-ncp")
    settings.JUDGE = ""
    binding.bind_all()
    assert judged(issuing.der, "natural-signature-ncp") == []


def test_where_the_judge_is_missing_nothing_passes(settings, certificates, bound, without_pkilint):
    settings.JUDGE = "pkilint"
    binding.bind_all()
    assert judged(certificates[1].der, "natural-signature-ncp") == ["outside:pkilint_is_missing"]


def test_isolation_is_bound_as_the_setting_says(settings, bound):
    for required in (False, True):
        settings.ISOLATION_REQUIRED = required
        binding.bind_all()
        assert confinement._required is required
    assert importlib.util.find_spec("pkilint")
