# SPDX-License-Identifier: Apache-2.0
"""What a certificate costs: `python -m bench.issuance [--certificates N]`.

In one run, for issuing keys of P-256 and RSA-3072: the gate without the database (both lintings, the throw-away and the real
signature, the comparison); our rules and the two signatures alone, below which the gate can't get; and the whole service
with database, audit log and the signer in the same process. Processor time of one certificate in milliseconds.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from cryptography import x509 as other
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

ALGORITHMS = ("P-256", "RSA-3072")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.issuance", description=__doc__.splitlines()[0])
    parser.add_argument("--certificates", type=int, default=300)
    parser.add_argument("--algorithm", choices=ALGORITHMS, help="only this one, in this process")
    given = parser.parse_args()
    if given.algorithm:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            _measure(Path(folder), given.algorithm, given.certificates)
        return 0
    print("| issuing key | rules | two signatures | the gate | of rules and signatures | with database and signer |")
    print("|---|---|---|---|---|---|", flush=True)
    for algorithm in ALGORITHMS:
        subprocess.run([sys.executable, "-m", "bench.issuance", "--algorithm", algorithm, "--certificates",
                        str(given.certificates)], check=True)
    print(f"\nload {os.getloadavg()[0]:.1f}")
    return 0


def _measure(data: Path, algorithm: str, count: int) -> None:
    os.environ["PARAPH_DATA"] = str(data)
    os.environ["DJANGO_SETTINGS_MODULE"] = "paraph.config.settings"
    import django

    django.setup(set_prefix=False)
    from bench import rows
    from paraph.domain.certification import gate, services
    from paraph.domain.certification.queries import authority as authority_named
    from paraph.kernel import clock, tokens
    from paraph.kernel.caller import Caller
    from paraph.pki import names, profiles, x509
    from paraph.pki.keys import SoftwareKey
    from paraph.pki.lint import lint

    first, now = rows.authority_and_certificate(data, {"issuing": algorithm})
    core = rows.signer(data)
    marie = names.natural_person(given_names="Marie", family_names="Muller", country="LU", ssn="00100978855105608536")
    public_keys = [SoftwareKey.generate("P-256").public_key_der for _ in range(count)]
    gate.POOL.prepare(algorithm)

    # Without the database: an authority in memory whose key is here.
    key = SoftwareKey.generate(algorithm)
    authority = authority_named("issuing")
    rules = profiles.get(first.profile, first.profile_version, authority.policy_arc)
    authority.public_key_der = key.public_key_der
    root = SoftwareKey.generate("P-384")
    issuer = _issuer(authority, key, root)
    authority.certificate_der = issuer

    def through_the_gate(public_key: bytes) -> bytes:
        serial = tokens.certificate_serial()
        prepared = gate.prepare(authority, profile=first.profile, version=first.profile_version, serial=serial,
                                subject=marie, public_key_der=public_key, at=now, identification="desk")
        if prepared.findings:
            raise RuntimeError(str(prepared.findings))
        # What of a row the gate looks at; making a row belongs to the database.
        row = SimpleNamespace(authority=authority, profile=first.profile, profile_version=first.profile_version,
                              tbs_der=prepared.tbs, waiver=None)
        return gate.complete(row, key.sign(prepared.tbs))

    # More of them than keys are remembered, so that each is read anew, as in the gate. In turn, so that what else the
    # machine does weighs on all alike.
    made = [through_the_gate(SoftwareKey.generate("P-256").public_key_der) for _ in range(count)]
    tbs = x509.signed_part(made[0])
    whole, judging, signing = _in_turn(
        (through_the_gate, public_keys),
        (lambda certificate: [lint(certificate, rules, issuer) for _ in range(2)], made),
        (lambda _: [key.sign(tbs) for _ in range(2)], made))

    caller = Caller.system(at=clock.SystemClock().now(), name="cli:bench")

    def through_the_service(public_key: bytes) -> None:
        name = tokens.certificate_serial()
        services.issue(attempt=name, profile=first.profile, subject_id=name, generation=name, subject=marie,
                       public_key_der=public_key, identification="desk", key_id=name, caller=caller)

    (stored,) = _in_turn((through_the_service, public_keys))
    core.close()
    print(f"| {algorithm} | {judging:.2f} | {signing:.2f} | {whole:.2f} | {whole / (judging + signing):.2f} | {stored:.2f} |",
          flush=True)


def _issuer(authority, key, root) -> bytes:
    """A certificate of the authority's name for a key of this process."""
    given = other.load_der_x509_certificate(bytes(authority.certificate_der))
    builder = (other.CertificateBuilder().subject_name(given.subject).issuer_name(given.issuer)
               .public_key(key.private_key.public_key()).serial_number(given.serial_number)
               .not_valid_before(given.not_valid_before_utc).not_valid_after(given.not_valid_after_utc))
    for extension in given.extensions:
        if not isinstance(extension.value, other.SubjectKeyIdentifier):
            builder = builder.add_extension(extension.value, extension.critical)
    builder = builder.add_extension(
        other.SubjectKeyIdentifier.from_public_key(key.private_key.public_key()), critical=False)
    return builder.sign(root.private_key, hashes.SHA384()).public_bytes(Encoding.DER)


def _in_turn(*acts: tuple[Callable, list]) -> list[float]:
    """Milliseconds of processor time of each for one."""
    used = [0.0] * len(acts)
    for turn in range(len(acts[0][1])):
        for place, (act, given) in enumerate(acts):
            begun = time.process_time()
            act(given[turn])
            used[place] += time.process_time() - begun
    return [one * 1000 / len(acts[0][1]) for one in used]


if __name__ == "__main__":
    sys.exit(main())
