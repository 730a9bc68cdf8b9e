# SPDX-License-Identifier: Apache-2.0
"""Wrote vectors.json once. The tests of both sides check the file; nothing runs this script.

    .venv/bin/python testkit/vectors/scan/generate.py > testkit/vectors/scan/vectors.json
"""

import json
from datetime import UTC, datetime
from hashlib import sha256

from paraph.pki import scan

SERIAL, FACTORY = "S-000001", bytes(range(32))
SERVER_RANDOM, DRAWN = sha256(b"server random").digest(), "0427"
NONCES = iter(sha256(f"nonce {number}".encode()).digest() for number in range(100))
AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

STATEMENTS = [
    {"purpose": "LOGIN", "partner": "Banque de démonstration", "text": "Vous connecter à votre banque en ligne",
     "documents": [["banque-demo", sha256(b"a login").hexdigest()]], "digits": 8},
    {"purpose": "SIGN", "partner": "Banque de démonstration",
     "text": "Virement de 1\u202f250,00\u00a0€\nà LU28 0019 4006 4475 0000\nMarie Muster",
     "documents": [["virement.pdf", sha256(b"a transfer").hexdigest()], ["Décompte.pdf", sha256(b"more").hexdigest()]],
     "digits": 8},
    {"purpose": "ACTIVATE", "partner": "Paraph", "text": "Activer ce Scan pour AB12CD34", "documents": [], "digits": 8},
    {"purpose": "UNBLOCK", "partner": "Paraph", "text": "", "documents": [], "digits": 6},
    {"purpose": "GRANT", "partner": "Paraph", "text": "Autoriser un autre appareil",
     "documents": [["T-2 / T-1", sha256(b"a grant").hexdigest()]], "digits": 10},
    {"purpose": "JOIN", "partner": "P", "text": "é" * 300, "documents": [["x" * 255, "00" * 32]], "digits": 8},
]


def main() -> None:
    factory = scan.factory_keys(FACTORY, SERIAL)
    keys = scan.operating_keys(FACTORY, SERIAL, SERVER_RANDOM, DRAWN)
    opening = scan.seal(factory.image, scan.OPENING, SERVER_RANDOM, next(NONCES)[:12])
    shown = []
    for given in STATEMENTS:
        statement = scan.Statement(
            purpose=scan.Purpose[given["purpose"]], partner=given["partner"], text=given["text"],
            documents=tuple(scan.Document(label, bytes.fromhex(digest)) for label, digest in given["documents"]),
            digits=given["digits"], at=AT, nonce=next(NONCES)[:16])
        octets = statement.encode()
        payload = scan.seal(keys.image, scan.STATEMENT, octets, next(NONCES)[:12])
        shown.append({**given, "at": AT.isoformat(), "nonce": statement.nonce.hex(), "statement": octets.hex(),
                      "image": scan.image_text(payload), "code": scan.answer(keys.code, octets, given["digits"])})
    print(json.dumps({
        "serial": SERIAL, "factory": FACTORY.hex(), "server_random": SERVER_RANDOM.hex(), "drawn": DRAWN,
        "factory_keys": {"image": factory.image.hex(), "code": factory.code.hex()},
        "operating_keys": {"image": keys.image.hex(), "code": keys.code.hex()},
        "opening_image": scan.image_text(opening),
        "device_code": scan.device_code(factory.code, SERVER_RANDOM, DRAWN),
        "statements": shown,
    }, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
