# SPDX-License-Identifier: Apache-2.0
"""@simplewebauthn/server, a verifier of passkeys that shares no code with ours, asked in its own process."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NODE = Path(__file__).resolve().parents[3] / "server" / "tests" / "interop" / "node"


@contextmanager
def second_verifier(*, origin: str, relying_party: str) -> Iterator[Callable[..., dict[str, Any]]]:
    """`ask("registration" or "login", response=…, challenge=…, …)` for this relying party."""
    assert (NODE / "node_modules" / "@simplewebauthn").is_dir(), "@simplewebauthn/server is missing: ./test installs it"
    with subprocess.Popen(["node", "webauthn.mjs"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=NODE,
                          text=True) as node:
        def ask(what: str, **question: Any) -> dict[str, Any]:
            print(json.dumps({"what": what, "origin": origin, "rpId": relying_party, **question}), file=node.stdin,
                  flush=True)
            return json.loads(node.stdout.readline())

        yield ask
        node.stdin.close()
