"""The API of Certificate Management Service, version 2018-07-13."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from fakealiyun.cas import errors
from fakealiyun.openapi import Call, Operation
from fakealiyun.openapi.errors import invalid, missing

_NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its private key, both in PEM."""

    number: int
    name: str
    certificate: str = field(repr=False)
    private_key: str = field(repr=False)


class Certificates:
    """The certificates of the account by number. The fake does not look into them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[int, Certificate] = {}

    def put(self, number: int, *, certificate: str, private_key: str, name: str = "") -> None:
        """Add a certificate, or replace that of the number. Raises ValueError unless it is PEM."""
        if number < 1:
            raise ValueError("the number of a certificate is positive")
        for text in (certificate, private_key):
            if not text.lstrip().startswith("-----BEGIN "):
                raise ValueError("a certificate and its key must be text in PEM")
        with self._lock:
            found = Certificate(number, name or f"cert-{number}", certificate, private_key)
            self._known[number] = found

    def get(self, number: int) -> Certificate | None:
        """The certificate of a number, or None."""
        with self._lock:
            return self._known.get(number)

    def reset(self) -> None:
        """Forget all."""
        with self._lock:
            self._known.clear()


class CasService:
    """One operation. Its RAM code is `yundun-cert`."""

    name = "yundun-cert"
    version = "2018-07-13"

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self.operations: Mapping[str, Operation] = MappingProxyType(
            {
                "DescribeUserCertificateDetail": Operation(
                    self.describe_user_certificate_detail, denied=errors.NOT_AUTHORIZED
                )
            }
        )

    def describe_user_certificate_detail(self, call: Call) -> Mapping[str, Any]:
        """DescribeUserCertificateDetail: a certificate with its private key."""
        text = call.parameters.get("CertId")
        if not text:
            raise missing("CertId")
        if not _NUMBER.fullmatch(text):
            raise invalid("CertId", "a positive integer")
        found = self._certificates.get(int(text))
        if found is None:
            raise errors.absent()
        return {
            "Id": found.number,
            "Name": found.name,
            "Cert": found.certificate,
            "Key": found.private_key,
            "BuyInAliyun": False,
            "Expired": False,
        }
