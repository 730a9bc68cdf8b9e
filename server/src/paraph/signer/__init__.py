# SPDX-License-Identifier: Apache-2.0
"""The signer: the only code that opens the key store (architecture, section 8; the SAM of EN 419 241-1, never itself a QSCD).

It owns infrastructure keys, holder keys, the secrets of Tokens and Scans with what was accepted last, and activation
sessions. It has a database and an append-only record of its own, no web framework, and one narrow interface:
`client.Signer`.

Start at `client.Signer` (what can be asked) and `core.Signer` (what then happens). In one process:

    core = paraph.signer.core.Signer.open(data_dir, passphrase, clock)      # software key store under data_dir
    client.bind(client.InProcessSigner(core))

As a process of its own: `server.serve(socket_path, data_dir, passphrase, clock)` and `client.SocketSigner(path)`.

It knows neither people, orders nor certificates: a holder is an opaque identifier.
"""
