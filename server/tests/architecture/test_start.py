# SPDX-License-Identifier: Apache-2.0
"""What a process loads when it starts: an operator's command must not wait for what it never uses."""

import subprocess
import sys

import pytest

# Makes and reads PDF, pictures, HTTP requests of its own; or tables of dozens of megabytes.
HEAVY = {"weasyprint", "fontTools", "pyhanko", "pyhanko_certvalidator", "PIL", "pypdfium2", "zxingcpp", "httpx",
         "authlib", "phonenumbers.geodata", "phonenumbers.carrierdata", "phonenumbers.tzdata"}
TABLES = {name for name in HEAVY if name.startswith("phonenumbers.")}
COMMAND = "from paraph.config import main\ntry: main.main(['{}', '--help'])\nexcept SystemExit: pass"
WEB = "from paraph.config import wsgi\nfrom django.urls import get_resolver\nget_resolver().url_patterns"


def loaded(program: str) -> set[str]:
    given = f"import sys\nsys.path[:] = {sys.path!r}\n{program}\nprint('loaded', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", given], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("loaded ")[2].split())


@pytest.mark.parametrize("command", ["worker", "audit", "check"])
def test_a_command_loads_no_more_than_it_may_use(command):
    found = loaded(COMMAND.format(command))
    assert "paraph.interfaces.cli" in found
    assert found & HEAVY == set()


def test_the_signer_loads_neither_the_web_framework_nor_what_the_service_knows():
    found = loaded(COMMAND.format("signer"))
    assert "paraph.signer.server" in found
    assert found & HEAVY == set()
    assert not [name for name in found if name.partition(".")[0] == "django"
                or name.startswith(("paraph.domain", "paraph.interfaces.cli", "paraph.config.settings"))]


def test_the_web_process_loads_no_tables_that_nobody_reads():
    found = loaded(WEB)
    assert "paraph.interfaces.login.views" in found
    assert found & TABLES == set()
