"""What every contender works on: keys, a caller's token, videos, the environment, the event."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import oss2
from alibabacloud_tea_openapi.models import Config
from alibabacloud_vod20170321 import models
from alibabacloud_vod20170321.client import Client
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from benchmarks.cloud import CloudProcess
from local.gateway import Function
from local.gateway.environment import instance_environment
from shared.auth import ownership as owner
from shared.config import settings
from shared.config.uses import USES

PROJECT = Path(__file__).resolve().parents[1]
ISSUING = ("upload", "refresh", "play", "sts")
"""The functions that verify a token and return a credential."""

FUNCTIONS = tuple(
    name
    for name in (*ISSUING, "events", "watch")
    if (PROJECT / "functions" / name).is_dir() and (PROJECT / "ram" / f"vodpass-{name}").is_dir()
)
"""All functions that have a role."""

ALGORITHMS = ("HS256", "RS256")
SUBJECT = "benchmark"
ISSUER = "https://login.example.com"
AUDIENCE = "vodpass"
_SECRET_SEGMENT = secrets.token_urlsafe(24)
CALLBACK_URL = f"https://example.cn-shanghai.fcapp.run/events/{_SECRET_SEGMENT}"
MEMORY = 512  # MB, as s.yaml has it
TIMEOUT = 10  # seconds
MANY = 20  # videos in one request

# The first box of an MP4 file: VOD can play it without transcoding.
_MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41" + b"\x00\x00\x00\x08free"


@dataclass(frozen=True)
class Keys:
    """One key: functions verify with `jwks`, the app's login signs with `signing`."""

    algorithm: str
    jwks: str = field(repr=False)
    signing: Any = field(repr=False)

    def token(self, play: object = "*") -> str:
        """A caller's token that permits everything that the functions can grant.

        `play` is its claim `vod.play`: every video, or `["own"]`.
        """
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": SUBJECT,
            "iat": now,
            "exp": now + 3600,
            "scope": " ".join(f"vod:{function}" for function in ISSUING),
            "vod": {"play": play, "sts": ["vod-upload"]},
        }
        return jwt.encode(claims, self.signing, self.algorithm, headers={"kid": "benchmark"})


def make_keys(algorithm: str) -> Keys:
    """A new key for HS256 or RS256."""
    signing: Any
    if algorithm == "HS256":
        signing = secrets.token_bytes(32)
        encoded = base64.urlsafe_b64encode(signing).rstrip(b"=").decode()
        jwk = {"kty": "oct", "k": encoded}
    else:
        signing = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        jwk = RSAAlgorithm.to_jwk(signing.public_key(), as_dict=True)
        jwk.pop("key_ops", None)
    jwk |= {"kid": "benchmark", "alg": algorithm, "use": "sig"}
    return Keys(algorithm, json.dumps({"keys": [jwk]}), signing)


class Workload:
    """A cloud with two videos, and the environment and events for calls of each function."""

    def __init__(self, cloud: CloudProcess) -> None:
        self.cloud = cloud
        self._keys = {algorithm: make_keys(algorithm) for algorithm in ALGORITHMS}
        self._owner_keys = f"b1:{base64.b64encode(secrets.token_bytes(32)).decode()}"
        self._callback_key = f"aA1{secrets.token_hex(12)}"
        self._webhook_secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self._play_key = secrets.token_hex(10)
        self._awaiting, self._playable = self._videos(1, 1)
        self._listed: list[str] = []

    def environment(
        self, function: str, algorithm: str, code: Path, runtime: str, scratch: Path
    ) -> dict[str, str]:
        """The whole environment of an instance of `function`, with a new role credential."""
        described = Function(
            resource=function,
            name=f"vodpass-{function}",
            region="cn-shanghai",
            runtime=f"python{runtime}",
            handler="index.handler",
            code=code,
            memory=MEMORY,
            timeout=TIMEOUT,
            instances=1,
            routes=(),
            environment={
                "PYTHONPATH": "/code/python",
                "BENCHMARK_FUNCTION": function,
                **self._settings(function, algorithm),
            },
        )
        return instance_environment(
            described,
            account_id="1234567890123456",
            instance_id="benchmark",
            credentials=self.cloud.role_credentials(f"vodpass-{function}"),
            scratch=scratch,
        )

    def event(self, function: str, algorithm: str) -> bytes:
        """The event of a call that succeeds: it returns a credential or completes the work."""
        query, body = self._request(function)
        return self._event(function, self._proof(function, algorithm), query, body)

    def play_event(self, method: str, *, by_claim: bool, many: bool) -> bytes:
        """The event of `GET /play` for one video, or of `POST /play` for MANY, with HS256."""
        token = self._keys["HS256"].token("*" if by_claim else ["own"])
        asked = {"Method": method}
        query, body = {**asked, "VideoId": self._playable}, {}
        if many:
            query, body = {}, {**asked, "VideoIds": self._many()}
        return self._event("play", {"Authorization": f"Bearer {token}"}, query, body)

    def _event(
        self, function: str, proof: Mapping[str, str], query: Mapping[str, str], body: object
    ) -> bytes:
        if function == "watch":
            return json.dumps(
                {"triggerTime": "2026-01-01T00:00:00Z", "triggerName": "timer", "payload": ""}
            ).encode()
        event = {
            "version": "v1",
            "rawPath": f"/{function}/{_SECRET_SEGMENT}" if function == "events" else f"/{function}",
            "headers": {
                "Content-Type": "application/json",
                "Host": "example.cn-shanghai.fcapp.run",
                "User-Agent": "benchmark",
                **proof,
            },
            "queryParameters": query,
            "body": json.dumps(body) if body else "",
            "isBase64Encoded": False,
            "requestContext": {
                "accountId": "1234567890123456",
                "domainName": "example.cn-shanghai.fcapp.run",
                "requestId": "benchmark",
                "http": {
                    "method": "POST" if body else "GET",
                    "path": f"/{function}",
                    "protocol": "HTTP/1.1",
                    "sourceIp": "127.0.0.1",
                    "userAgent": "benchmark",
                },
            },
        }
        return json.dumps(event).encode()

    def _proof(self, function: str, algorithm: str) -> dict[str, str]:
        """The headers that authenticate the sender: a caller, or VOD."""
        if function in ISSUING:
            return {"Authorization": f"Bearer {self._keys[algorithm].token()}"}
        timestamp = str(int(time.time()))
        signed = f"{CALLBACK_URL}|{timestamp}|{self._callback_key}".encode()
        signature = hashlib.md5(signed, usedforsecurity=False).hexdigest()
        return {"X-VOD-TIMESTAMP": timestamp, "X-VOD-SIGNATURE": signature}

    def _request(self, function: str) -> tuple[dict[str, str], dict[str, Any]]:
        if function == "play":
            return {"VideoId": self._playable}, {}
        if function == "refresh":
            return {}, {"VideoId": self._awaiting}
        if function == "sts":
            return {}, {"Purpose": "vod-upload"}
        if function == "events":
            return {}, {
                "EventTime": "2026-01-01T00:00:00Z",
                "EventType": "TranscodeComplete",
                "VideoId": self._playable,
                "Status": "success",
            }
        return {}, {"FileName": "holiday.mp4"}

    def _settings(self, function: str, algorithm: str) -> dict[str, str]:
        role = "acs:ram::1234567890123456:role/vodpass-client-upload"
        known = {
            "VODPASS_REGION": "cn-shanghai",
            "VODPASS_JWT_KEYS": self._keys[algorithm].jwks,
            "VODPASS_JWT_ISSUER": ISSUER,
            "VODPASS_JWT_AUDIENCE": AUDIENCE,
            "VODPASS_ISSUER_ALIAS": "benchmark",
            "VODPASS_OWNER_KEYS": self._owner_keys,
            "VODPASS_STS_UPLOAD_ROLE": role,
            "VODPASS_CALLBACK_URL": CALLBACK_URL,
            "VODPASS_CALLBACK_KEYS": self._callback_key,
            "VODPASS_WEBHOOK_URL": self.cloud.receiver,
            "VODPASS_WEBHOOK_SECRETS": self._webhook_secret,
            "VODPASS_WATCH": "expiring",
            "VODPASS_PLAY_KEY": self._play_key,
        }
        used = {name: known[name] for name in known if name in USES[function]}
        service = "VODPASS_STS_ENDPOINT" if function == "sts" else "VODPASS_VOD_ENDPOINT"
        return {**used, "VODPASS_LOCAL": "1", service: self.cloud.endpoint}

    def _many(self) -> list[str]:
        """MANY videos of the caller that can be played, made when they are first needed."""
        self._listed = self._listed or self._videos(0, MANY)
        return self._listed

    def _videos(self, awaiting: int, playable: int) -> list[str]:
        """Videos of the caller: first those that await a file, then those that can be played."""
        access_key_id, access_key_secret = self.cloud.admin
        client = Client(
            Config(
                access_key_id=access_key_id,
                access_key_secret=access_key_secret,
                endpoint=self.cloud.endpoint,
                protocol="http",
            )
        )
        given = settings.load(self._settings("upload", "HS256"), USES["upload"])
        whose = owner.Owner("benchmark", SUBJECT)
        created = [
            client.create_upload_video(
                models.CreateUploadVideoRequest(
                    file_name="holiday.mp4",
                    title="holiday",
                    reference_id=owner.new_mark(given, whose),
                )
            ).body
            for _ in range(awaiting + playable)
        ]
        for one in created[awaiting:]:
            _put(one.upload_address, one.upload_auth, _MP4)
        return [one.video_id for one in created]


def _put(upload_address: str, upload_auth: str, content: bytes) -> None:
    address = json.loads(base64.b64decode(upload_address))
    keys = json.loads(base64.b64decode(upload_auth))
    auth = oss2.StsAuth(keys["AccessKeyId"], keys["AccessKeySecret"], keys["SecurityToken"])
    bucket = oss2.Bucket(auth, address["Endpoint"], address["Bucket"], connect_timeout=10)
    bucket.put_object(address["FileName"], content)


def runtime_settings(function: str, runtime: str) -> Mapping[str, Any]:
    """The description of a function that its runtime gets at start."""
    return {
        "runtime": f"python{runtime}",
        "region": "cn-shanghai",
        "accountId": "1234567890123456",
        "function": {
            "name": f"vodpass-{function}",
            "handler": "index.handler",
            "memory": MEMORY,
            "timeout": TIMEOUT,
            "qualifier": "LATEST",
            "version_id": "",
        },
    }
