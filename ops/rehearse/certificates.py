"""Certificates for one rehearsal, from an authority that is made for it and forgotten.

The authority's private key never leaves this process, and it signs once. Its certificate is for
hosts of Alibaba Cloud alone, lasts a day, and is installed nowhere: only programs that are given
its file believe it.
"""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LIFE = datetime.timedelta(days=1)
_EARLIER = datetime.timedelta(minutes=5)  # for a clock that is a little behind


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both as text in PEM."""

    certificate: str
    private_key: str = field(repr=False)


def server_context(folder: Path, names: Sequence[str], below: str) -> tuple[ssl.SSLContext, Path]:
    """A TLS server for `names`, and the file with the authority that its clients must believe.

    The authority may sign for `below` and what is under it, nothing else. `folder` must be private:
    it has the server's key for a moment.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _builder("rehearsal authority", "rehearsal authority", authority_key)
    authority = authority.add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    authority = authority.add_extension(
        x509.NameConstraints([x509.DNSName(below)], excluded_subtrees=None), critical=True
    )
    signed = authority.sign(authority_key, hashes.SHA256())
    trusted = folder / "authority.pem"
    trusted.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    own_key = ec.generate_private_key(ec.SECP256R1())
    own = _builder("rehearsal", "rehearsal authority", own_key)
    own = own.add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False
    )
    own = own.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    own = own.add_extension(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    )
    pair = _pair(own.sign(authority_key, hashes.SHA256()), own_key)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    file = folder / "server.pem"  # the standard library reads keys from files only
    try:
        file.touch(mode=0o600)
        file.write_text(pair.certificate + pair.private_key)
        context.load_cert_chain(file)
    finally:
        file.unlink(missing_ok=True)
    return context, trusted


def of_domain(name: str) -> Pair:
    """A certificate for a custom domain, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    built = _builder(name, name, key).add_extension(
        x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
    )
    return _pair(built.sign(key, hashes.SHA256()), key)


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + _LIFE)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Pair(certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode())
