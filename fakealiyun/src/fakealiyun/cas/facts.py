"""What the fake knows about Certificate Management Service, and how."""

from __future__ import annotations

from fakealiyun.fact import CONSOLE, DOCUMENTED, EXPLICIT, GUESSED, IDENTITY, Fact

_OPERATIONS = ("DescribeUserCertificateDetail",)

FACTS = (
    Fact(
        "cas.detail",
        "For a domain with a certId, the deployment tool calls DescribeUserCertificateDetail of "
        "2018-07-13 with CertId, and takes Cert and Key from the answer.",
        DOCUMENTED,
        "the deployment tool for domains of Function Compute; the official SDK",
        "2026",
        operations=_OPERATIONS,
        no_probe=EXPLICIT,
    ),
    Fact(
        "cas.absent",
        "A number without a certificate is NotFound (404).",
        GUESSED,
        "no source found",
        "2026-11",
        operations=_OPERATIONS,
        no_probe=CONSOLE,
    ),
    Fact(
        "cas.permission",
        "The permission is `yundun-cert:DescribeUserCertificateDetail` on `*`.",
        GUESSED,
        "RAM documentation, list of services",
        "2025",
        operations=_OPERATIONS,
        no_probe=IDENTITY,
    ),
)

LIMITS = (
    "Certificates come from Python, by `cloud.certificates.put`, or from "
    "`POST /_local/certificates`. There is no other operation.",
    "The fake does not look into a certificate: it may have expired, or be for another name.",
)
"""What the fake leaves out or refuses, whatever the real service does."""
