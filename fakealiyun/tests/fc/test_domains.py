"""Custom domains."""

from __future__ import annotations

from typing import Any

import pytest
from alibabacloud_fc20230330 import models

from fakealiyun.testing.fc import Fc, refusal, shown

PEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
KEY = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----"


def create(fc: Fc, name: str = "vod.example.com", **fields: Any) -> dict[str, Any]:
    given = {"domainName": name, "protocol": "HTTP", **fields}
    return fc.send("POST", "/custom-domains", given)


def routes(*paths: str, function: str = "echo", **more: Any) -> dict[str, Any]:
    return {"routes": [{"path": path, "functionName": function, **more} for path in paths]}


def test_a_domain_leads_to_functions_and_is_changed_and_removed(fc: Fc) -> None:
    fc.create()
    made = create(fc, routeConfig=routes("/upload", "/upload/*", methods=["POST"]))
    assert made["routeConfig"]["routes"][1] == {
        "path": "/upload/*",
        "functionName": "echo",
        "qualifier": "LATEST",
        "methods": ["POST"],
    }
    read = fc.sdk.get_custom_domain("vod.example.com").body
    assert (read.domain_name, read.protocol) == ("vod.example.com", "HTTP")
    changed = fc.send("PUT", "/custom-domains/vod.example.com", {"routeConfig": routes("/*")})
    assert [route["path"] for route in changed["routeConfig"]["routes"]] == ["/*"]
    listed = fc.sdk.list_custom_domains(models.ListCustomDomainsRequest(prefix="vod"))
    assert [one.domain_name for one in listed.body.custom_domains] == ["vod.example.com"]
    assert fc.sdk.delete_custom_domain("vod.example.com").status_code == 204
    absent = refusal(lambda: fc.sdk.get_custom_domain("vod.example.com"))
    assert (absent.status, absent.code) == (404, "DomainNameNotFound")


def test_the_private_key_of_a_certificate_is_never_answered(fc: Fc) -> None:
    fc.create()
    certificate = {"certName": "c", "certificate": PEM, "privateKey": KEY}
    made = create(fc, protocol="HTTP,HTTPS", certConfig=certificate)
    assert made["certConfig"] == {"certName": "c", "certificate": PEM}
    assert "c2VjcmV0" not in str(shown(fc.sdk.get_custom_domain("vod.example.com").body))
    assert "c2VjcmV0" not in repr(fc.cloud.fc.account.domains)


def test_a_domain_exists_once(fc: Fc) -> None:
    create(fc)
    again = refusal(lambda: create(fc))
    assert (again.status, again.code) == (409, "DomainNameAlreadyExists")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"domainName": "nodots"}, "domainName"),
        ({"domainName": "Upper.example.com"}, "domainName"),
        ({"domainName": "a..b"}, "domainName"),
        ({"protocol": "HTTPS"}, "certConfig is needed"),
        ({"protocol": "FTP"}, "protocol must be one of"),
        ({"routeConfig": routes("upload")}, "path"),
        ({"routeConfig": routes("/a*b")}, "path"),
        ({"routeConfig": routes("/a", "/a")}, "same path"),
        ({"routeConfig": routes("/a", function="absent")}, "function 'absent' does not exist"),
        ({"routeConfig": routes("/a", methods=["post"])}, "methods"),
        ({"routeConfig": []}, "routeConfig must be an object"),
        ({"certConfig": {"certificate": "x", "privateKey": KEY}}, "certificate must be text"),
        ({"authConfig": {"authType": "jwt"}}, "not faked"),
        ({"wafConfig": {"enableWAF": True}}, "not faked"),
    ],
)
def test_what_is_malformed_or_not_faked_is_refused(
    fc: Fc, fields: dict[str, Any], reason: str
) -> None:
    fc.create()
    assert reason in refusal(lambda: create(fc, **fields)).message
    assert fc.cloud.fc.account.domains == {}
