"""A bundle in use: in the gateway, with each interpreter, and with every kind of key."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import oss2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from local.checkout_keys import load_keys
from local.development_token import AUDIENCE, ISSUER
from local.stack import Stack
from ops.bundle.stand_ins import STAND_INS
from tests.support.code_under_test import CodeUnderTest
from tests.support.tls import self_signed

MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41"


def keys() -> tuple[dict[str, Any], dict[str, Any]]:
    """A JWKS with a key of each algorithm, and the signing keys by `kid`."""
    hmac = secrets.token_bytes(32)
    signing: dict[str, Any] = {
        "HS256": hmac,
        "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "ES256": ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    }
    public: dict[str, dict[str, Any]] = {
        "HS256": {"kty": "oct", "k": base64.urlsafe_b64encode(hmac).rstrip(b"=").decode()},
        "RS256": RSAAlgorithm.to_jwk(signing["RS256"].public_key(), as_dict=True),
        "ES256": ECAlgorithm.to_jwk(signing["ES256"].public_key(), as_dict=True),
        "EdDSA": OKPAlgorithm.to_jwk(signing["EdDSA"].public_key(), as_dict=True),
    }
    listed = [
        {**{k: v for k, v in jwk.items() if k != "key_ops"}, "kid": name, "alg": name}
        for name, jwk in public.items()
    ]
    return {"keys": listed}, signing


class Served:
    """The functions of a bundle behind the gateway."""

    def __init__(self, stack: Stack, signing: dict[str, Any]) -> None:
        self.stack = stack
        self._signing = signing

    def call(
        self, algorithm: str, method: str, target: str, body: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": f"alice-{algorithm}",
            "iat": now,
            "exp": now + 600,
            "scope": "vod:upload vod:refresh vod:play vod:sts",
            "vod": {"play": ["own"], "sts": ["vod-upload"]},
        }
        token = jwt.encode(claims, self._signing[algorithm], algorithm, headers={"kid": algorithm})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", self.stack.port, timeout=60)
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, target, body=content, headers=headers)
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
        finally:
            connection.close()
        assert response.status == 200, answer
        return answer


@pytest.fixture(scope="session")
def served(bundle: CodeUnderTest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    jwks, signing = keys()
    with bundle.stack(
        keys=load_keys(tmp_path_factory.mktemp("keys")),
        environment={"VODPASS_JWT_KEYS": json.dumps(jwks)},
    ) as stack:
        yield Served(stack, signing)


@pytest.mark.parametrize("algorithm", ["HS256", "RS256", "ES256", "EdDSA"])
def test_every_function_issues_its_credential(served: Served, algorithm: str) -> None:
    created = served.call(algorithm, "POST", "/upload", {"FileName": "holiday.mp4"})
    video_id = created["VideoId"]
    renewed = served.call(algorithm, "POST", "/refresh", {"VideoId": video_id})
    assert renewed["VideoId"] == video_id
    put(renewed)
    played = served.call(algorithm, "GET", f"/play?VideoId={video_id}")
    assert played["VideoMeta"]["Status"] == "Normal"
    assert json.loads(base64.b64decode(played["PlayAuth"]))["AccessKeyId"].startswith("STS.")
    token = served.call(algorithm, "POST", "/sts", {"Purpose": "vod-upload"})
    assert token["AccessKeyId"].startswith("STS.")


def put(credential: dict[str, Any]) -> None:
    """Upload a playable video with the official client."""
    address = json.loads(base64.b64decode(credential["UploadAddress"]))
    temporary = json.loads(base64.b64decode(credential["UploadAuth"]))
    auth = oss2.StsAuth(
        temporary["AccessKeyId"], temporary["AccessKeySecret"], temporary["SecurityToken"]
    )
    oss2.Bucket(auth, address["Endpoint"], address["Bucket"]).put_object(address["FileName"], MP4)


def in_bundle(interpreter: Path, folder: Path, script: str, *arguments: str) -> Any:
    """Run a script like an instance, and return the JSON that it prints."""
    done = subprocess.run(
        [interpreter, "-S", "-s", "-B", "-c", script, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(folder / "python")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


USE = """
import importlib, json, sys
from left_out import LeftOutError

def outcome(use):
    try:
        use()
    except LeftOutError as refused:
        return str(refused)
    except Exception as other:
        return "another error: " + repr(other)
    return "it worked"

found = {}
for module, names, idle in json.loads(sys.argv[1]):
    stand_in = importlib.import_module(module)
    for name in names:
        it = getattr(stand_in, name)
        found[module + "." + name + "()"] = outcome(it)
        found[module + "." + name + ".attribute"] = outcome(lambda: it.attribute)
        type("Derived", (it,), {})
    for name in idle:
        it = getattr(stand_in, name)()
        found[module + "." + name + "().attribute"] = outcome(lambda: it.attribute)
print(json.dumps(found))
"""


def test_a_stand_in_refuses_any_use(bundle: CodeUnderTest) -> None:
    spec = [[module, has.names, has.idle] for module, has in STAND_INS.items()]
    folder = bundle.folder / "play"
    found = in_bundle(bundle.interpreter, folder, USE, json.dumps(spec))
    assert len(found) > 20
    for use, outcome in found.items():
        name = use.removesuffix(".attribute").removesuffix("()")
        assert outcome.startswith(f"{name} is left out of this bundle"), use


MODELS = """
import json
from alibabacloud_vod20170321 import models
from left_out import LeftOutError

request = models.GetVideoPlayAuthRequest(video_id="0" * 32)
found = {"used": type(request).__module__, "hasattr": hasattr(models, "__path__")}
try:
    models.SubmitTranscodeJobsRequest
except LeftOutError as refused:
    found["unused"] = str(refused)
from darabonba import core
import sys
found["asyncio before"] = "asyncio" in sys.modules
found["deferred"] = core.asyncio.iscoroutinefunction(core.DaraCore.sleep_async)
from darabonba.utils.xml import XML
found["xml"] = XML.parse_xml("<a><b>1</b></a>")
from alibabacloud_tea_openapi.utils import Utils
agent = Utils.get_user_agent("vodpass")
import platform, Tea
found["agent"] = agent == (
    f"AlibabaCloud ({platform.system()}; {platform.machine()}) Python/{platform.python_version()}"
    f" Core/{Tea.__version__} TeaDSL/2 vodpass"
)
import certifi
with open(certifi.where()) as file:
    found["roots"] = file.read().count("BEGIN CERTIFICATE")
print(json.dumps(found))
"""


def test_modules_load_on_demand(bundle: CodeUnderTest) -> None:
    found = in_bundle(bundle.interpreter, bundle.folder / "play", MODELS)
    assert found.pop("roots") > 50
    assert found == {
        "used": "alibabacloud_vod20170321.models._get_video_play_auth_request",
        "hasattr": True,
        "unused": "alibabacloud_vod20170321.models.SubmitTranscodeJobsRequest is left out:"
        " no function calls its operation",
        "asyncio before": False,
        "deferred": True,
        "xml": {"a": {"b": "1"}},
        "agent": True,
    }


CERTIFICATE = """
import json, sys
import jwt

before = "cryptography.x509" in sys.modules
hmac = jwt.get_algorithm_by_name("HS256")
with open(sys.argv[1], "rb") as file:
    certificate = file.read()
try:
    hmac.prepare_key(certificate)
    refused = ""
except jwt.InvalidKeyError as fault:
    refused = str(fault)
secret = hmac.prepare_key(b"s" * 32) == b"s" * 32
print(json.dumps({"before": before, "refused": refused, "secret": secret}))
"""


def test_a_certificate_is_still_refused_as_a_secret(bundle: CodeUnderTest, tmp_path: Path) -> None:
    """PyJWT reads certificates for this alone, so the bundle defers the import."""
    pem, _ = self_signed(tmp_path)
    der = tmp_path / "certificate.der"
    der.write_bytes(ssl.PEM_cert_to_DER_cert(pem.read_text("ascii")))
    found = in_bundle(bundle.interpreter, bundle.folder / "sts", CERTIFICATE, str(der))
    assert found["before"] is False
    assert "x509 certificate" in found["refused"]
    assert found["secret"] is True


START = """
import io, json, sys
out, sys.stdout = sys.stdout, io.StringIO()  # a function without settings says so
sys.path[0] = "."
import index
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})), file=out)
"""


def test_nothing_of_the_packages_is_loaded_before_a_call(
    bundle: CodeUnderTest,
) -> None:
    for folder in sorted(bundle.folder.iterdir()):
        loaded = set(in_bundle(bundle.interpreter, folder, START))
        packages = {path.name.partition(".")[0] for path in (folder / "python").iterdir()}
        assert "index" in loaded
        assert loaded & packages == {"light_dataclasses"}, "that one is ours"
