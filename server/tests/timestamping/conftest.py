# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from paraph.domain.timestamping import services
from paraph.domain.timestamping.clock_trust import EvenRun
from paraph.kernel.caller import Caller
from paraph.pki import oids

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Racine d’essai")])


class Root:
    """A throw-away authority that certifies time-stamping keys."""

    def __init__(self, at):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.at = at
        builder = self._builder(NAME, self.key.public_key(), timedelta(days=7000))
        self.certificate = self._signed(builder.add_extension(x509.BasicConstraints(True, None), critical=True))

    def certify(self, public_key_der, *, purposes=(x509.ExtendedKeyUsageOID.TIME_STAMPING,), critical=True,
                key_life=timedelta(days=365)):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Unité d’essai")])
        builder = self._builder(name, serialization.load_der_public_key(public_key_der), timedelta(days=3000))
        if purposes:
            builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=critical)
        if key_life:
            period = x509.PrivateKeyUsagePeriod(self.at, self.at + key_life)
            builder = builder.add_extension(period, critical=False)
        return self._signed(builder)

    def _builder(self, subject, public_key, life):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(NAME).public_key(public_key)
                .serial_number(x509.random_serial_number()).not_valid_before(self.at).not_valid_after(self.at + life))

    def _signed(self, builder):
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


class Steady:
    """A steady clock that goes with the scripted one, unless a test makes that one jump."""

    def __init__(self, clock):
        self.clock = clock
        self.start = clock.now()
        self.jumped = 0.0

    def __call__(self):
        return (self.clock.now() - self.start).total_seconds() - self.jumped


@pytest.fixture
def root(clock):
    return Root(clock.now())


@pytest.fixture
def key(signer):
    return signer.make_key(attempt="make-tsu", purpose="tsu", algorithm="P-256", label="tsu")


@pytest.fixture
def unit(db, root, key, system):
    return services.install_unit(
        name="unit", key_id=key.key_id, certificate=root.certify(key.public_key_der), chain=[root.certificate],
        policy=oids.EXAMPLE_TIMESTAMP_POLICY, caller=system)


@pytest.fixture
def steady(clock):
    return Steady(clock)


@pytest.fixture
def source(clock, steady):
    return EvenRun(clock, steady)


@pytest.fixture
def check_clock(db, source, clock):
    """Checks the clock as the worker does."""
    return lambda: services.renew_clock_trust(
        source=source, caller=Caller.system(at=clock.now(), name="job:clock"))
