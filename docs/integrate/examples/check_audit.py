# SPDX-License-Identifier: Apache-2.0
"""Checks an export of the audit log without Paraph: every leaf, the chain, the root of the tree (RFC 6962 section 2.1).

    python check_audit.py audit.jsonl

Needs Python alone. Writes `statement` and `statement.sig`: what was signed, and the signature, for `openssl dgst`.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path


def root_of(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def main(path: str) -> None:
    *lines, last = [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    checkpoint, leaves, chain = last["checkpoint"], [], sha256(b"paraph audit log").digest()
    for number, line in enumerate(lines):
        content = json.dumps(line["event"], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        leaf = sha256(b"\x00" + content).digest()
        if line["number"] != number:
            sys.exit(f"number {number} is missing")
        if leaf.hex() != line["leaf_hash"]:
            sys.exit(f"number {number} was changed")
        leaves.append(leaf)
        chain = sha256(b"\x02" + chain + leaf).digest()
    if len(leaves) != checkpoint["size"]:
        sys.exit(f"the log has {len(leaves)} events, the checkpoint was signed over {checkpoint['size']}")
    if root_of(leaves).hex() != checkpoint["root"] or chain.hex() != checkpoint["chain"]:
        sys.exit("the events are not those that were signed, or stand in another order")
    Path("statement").write_text("paraph audit checkpoint\n" + "\n".join(
        str(checkpoint[name]) for name in ("size", "root", "chain", "at")) + "\n")
    Path("statement.sig").write_bytes(bytes.fromhex(checkpoint["signature"]))
    print(f"{len(leaves)} events fit the checkpoint of {checkpoint['at']}, signed with key {checkpoint['key']}.")


if __name__ == "__main__":
    main(sys.argv[1])
