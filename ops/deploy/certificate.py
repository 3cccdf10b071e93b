"""Looks at the certificate that a deployment names by its number."""

from __future__ import annotations

from datetime import datetime, timezone
from enum import Enum

from ops.account import Account, NotAnswered, ServiceRefused


class State(Enum):
    """What is known of a certificate."""

    SOUND = "sound"
    ABSENT = "absent"
    EXPIRED = "expired"
    OTHER_NAME = "for another name"
    NOT_READ = "not read"
    """This key may not read it, or it is no certificate that can be read here."""


def state_of(account: Account, number: str, domain: str) -> State:
    """Whether the account has the certificate, and whether it is valid for the domain today."""
    try:
        text = account.cas("DescribeUserCertificateDetail", CertId=number).body.get("Cert")
    except ServiceRefused as refusal:
        return State.ABSENT if refusal.status == 404 else State.NOT_READ
    except NotAnswered:
        return State.NOT_READ
    return state_of_pem(str(text or ""), domain, datetime.now(timezone.utc))


def state_of_pem(text: str, domain: str, now: datetime) -> State:
    """The state of a certificate in PEM; the first one counts if there is a chain."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificate(text.encode())
        until = found.not_valid_after_utc
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        listed = [name.lower() for name in names.get_values_for_type(x509.DNSName)]
    except (ValueError, x509.ExtensionNotFound):
        return State.NOT_READ
    if until <= now:
        return State.EXPIRED
    return State.SOUND if any(covers(name, domain) for name in listed) else State.OTHER_NAME


def covers(name: str, domain: str) -> bool:
    """Whether a name of a certificate, which may begin with `*.`, is for the domain."""
    if not name.startswith("*."):
        return name == domain
    return domain.partition(".")[2] == name[2:]
