"""Examples of both signature schemes, from the vendor's documentation and from its code."""

from __future__ import annotations

from multidict import CIMultiDict, CIMultiDictProxy

from fakealiyun.openapi import acs3, rpc
from fakealiyun.openapi.wire import RawRequest, parse

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def acs3_request(query: str, headers: dict[str, str]) -> RawRequest:
    return RawRequest(
        method="POST",
        path="/",
        query=query,
        headers=CIMultiDictProxy(CIMultiDict(headers)),
        body=b"",
        host=headers["host"],
        source_ip="127.0.0.1",
        secure=False,
    )


def test_acs3_of_the_vod_client() -> None:
    headers = {
        "host": "vod.cn-shanghai.aliyuncs.com",
        "x-acs-version": "2017-03-21",
        "x-acs-action": "RefreshUploadVideo",
        "x-acs-date": "2026-11-24T00:00:00Z",
        "x-acs-signature-nonce": "n0",
        "accept": "application/json",
        "user-agent": "ua",
        "x-acs-content-sha256": EMPTY,
        "x-acs-credentials-provider": "static_ak",
    }
    request = acs3_request("VideoId=0123456789abcdef0123456789abcdef", headers)
    canonical = acs3.canonical_request(request, tuple(sorted(headers)))
    signature = acs3.sign("testsecret", acs3.string_to_sign(canonical))
    assert signature == "4c7068437b02f3e8b32cbd73ae77c2a5d1bff2b139c43a217cbd169aa863ac3f"


def test_acs3_with_a_token_and_a_form_encoded_query() -> None:
    headers = {
        "accept": "application/json",
        "host": "sts.cn-shanghai.aliyuncs.com",
        "user-agent": "demo",
        "x-acs-accesskey-id": "STS.exampleAK",
        "x-acs-action": "AssumeRole",
        "x-acs-content-sha256": EMPTY,
        "x-acs-credentials-provider": "static_sts",
        "x-acs-date": "2026-11-24T08:00:00Z",
        "x-acs-security-token": "exampleToken+/=",
        "x-acs-signature-nonce": "0123456789abcdef0123456789abcdef",
        "x-acs-version": "2015-04-01",
    }
    query = (
        "RoleSessionName=user%40example.com&DurationSeconds=900"
        "&RoleArn=acs:ram::1234567890123456:role/vod-upload"
    )
    canonical = acs3.canonical_request(acs3_request(query, headers), tuple(sorted(headers)))
    message = acs3.string_to_sign(canonical)
    digest = "143a09f0105a4e232cef5c80c07884eafcbf1b30c36c113747722ab43dbacd41"
    assert message == f"ACS3-HMAC-SHA256\n{digest}"
    expected = "ca627101fddbc3fd1ffb335d887b5ec63c73bc2a383e9621be91bc7584b94799"
    assert acs3.sign("exampleSecret", message) == expected


def test_rpc_of_the_vendors_page() -> None:
    parameters = {
        "AccessKeyId": "testAccessKeyId",
        "Action": "GetVideoPlayAuth",
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureNonce": "8f8a035d-6496-4268-afd4-67c22837e38d",
        "SignatureVersion": "1.0",
        "Timestamp": "2017-10-10T12:02:54Z",
        "Version": "2017-03-21",
        "VideoId": "5aed81b74ba84920be578cdfe004af4b",
    }
    message = rpc.string_to_sign("GET", parameters)
    assert rpc.sign("testAccessKeySecret", message) == "Ibgh7y8Vp47LBuAsf5Xhi1SvDss="


def test_rpc_of_the_vod_client() -> None:
    parameters = {
        "Action": "RefreshUploadVideo",
        "Format": "json",
        "Version": "2017-03-21",
        "Timestamp": "2026-11-24T00:00:00Z",
        "SignatureNonce": "n0",
        "VideoId": "0123456789abcdef0123456789abcdef",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "AccessKeyId": "testid",
    }
    message = rpc.string_to_sign("POST", parameters)
    assert rpc.sign("testsecret", message) == "2xCijHAax/iApDsWP497JcE8gvI="


def test_rpc_escapes_twice_and_signs_the_method() -> None:
    query = (
        "AccessKeyId=STS.exampleAK&Action=GetVideoPlayAuth&Format=JSON"
        "&SecurityToken=exampleToken%2B/%3D&SignatureMethod=HMAC-SHA1&SignatureNonce=n-0001"
        "&SignatureVersion=1.0&Timestamp=2026-11-24T08:00:00Z&Version=2017-03-21"
        "&VideoId=abc+123*~&Signature=ignored"
    )
    parameters = dict(parse(query))
    signed = {
        method: rpc.sign("exampleSecret", rpc.string_to_sign(method, parameters))
        for method in ("GET", "POST")
    }
    assert signed == {
        "GET": "H62gKOi7eMNSg+zzCzcAC4bwERw=",
        "POST": "+Zqct4etD+xPKPqPSvwD+wDwJuI=",
    }
