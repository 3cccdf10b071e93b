"""`openapi.yaml` against the running functions: valid and invalid cases from schemathesis.

The document must describe each answer: status, Content-Type, headers, body. No answer may be a
server error, and no function may accept a body that the document forbids.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core import NOT_SET
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.docs.openapi.conftest import Api
from tests.docs.openapi.document import (
    DOCUMENT,
    OPERATIONS,
    PATH,
    body_validator,
    deref,
    operation,
    path_of,
)
from tests.support.clients import put
from tests.support.code_under_test import CodeUnderTest
from tests.support.files import SMALL

ALL, SAMPLE = 290, 40
"""Valid cases for each call, and as many invalid ones: all with a bundle, else a sample. All are
over 2,000, with the preflights."""
PREFLIGHTS = 10

DESCRIBED = (
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
Case = schemathesis.Case[Any]
SCHEMA = schemathesis.openapi.from_path(PATH)


@pytest.fixture(scope="module")
def videos(api: Api) -> list[str]:
    """Ids of the media in STATES, in that order."""
    alice, bob = api.token("alice"), api.token("bob")
    begun = [api.post("/upload", {"FileName": "a.mp4"}, alice) for _ in range(2)]
    put(begun[0], SMALL)
    others = api.post("/upload", {"FileName": "b.mp4"}, bob)
    image = api.post("/upload", {"MediaType": "image", "ImageType": "default"}, alice)
    return [begun[0]["VideoId"], begun[1]["VideoId"], others["VideoId"], image["ImageId"], "0" * 32]


def run(cases: Any, count: int, check: Callable[[Case, int], None]) -> int:
    """Calls `check` with `count` cases, the same in every run. Returns how many there were."""
    number = itertools.count()

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def each(case: Case) -> None:
        check(case, next(number))

    each()
    return next(number)


@pytest.mark.parametrize("function", sorted(OPERATIONS))
def test_every_answer_is_described(
    api: Api, videos: list[str], code_under_test: CodeUnderTest, function: str
) -> None:
    count = SAMPLE if code_under_test.python is None else ALL
    described = SCHEMA[path_of(function)][OPERATIONS[function].upper()]
    token = api.token()
    body = body_validator(function) if "requestBody" in operation(function) else None
    session = requests.Session()
    session.trust_env = False
    statuses: Counter[int] = Counter()
    own: list[int] = []

    def check(case: Case, number: int) -> None:
        # Otherwise most cases would be refused for their token, or for a video that does not exist.
        if number % 10:
            case.headers["Authorization"] = f"Bearer {token}"
        if number % 3:
            _name(case, videos[number % len(videos)])
        answer = case.call(base_url=api.url, session=session)
        if _is_function_computes_own(answer):
            own.append(number)
            return
        case.validate_response(answer, checks=[not_a_server_error, *DESCRIBED])
        statuses[answer.status_code] += 1
        if body is not None and case.body is not NOT_SET and not isinstance(case.body, bytes):
            assert answer.status_code != 200 or body.is_valid(case.body), case.body

    with session:
        sound = run(described.as_strategy(GenerationMode("positive")), count, check)
        broken = run(described.as_strategy(GenerationMode("negative")), count, check)
    assert (sound, broken) == (count, count)
    assert {200, 400, 401} <= set(statuses), statuses
    assert len(own) < count / 25


def _is_function_computes_own(answer: Any) -> bool:
    """Whether Function Compute refused the request itself, because its head exceeds a limit. The
    document says so in words."""
    kind = answer.headers.get("content-type", [""])[0]
    if answer.status_code != 400 or kind == "application/problem+json":
        return False
    told = answer.json()
    return set(told) == {"RequestId", "Code", "Message"} and "exceed" in told["Message"]


def _name(case: Case, video_id: str) -> None:
    for part in (case.body, case.query):
        if isinstance(part, dict) and isinstance(part.get("VideoId"), str):
            part["VideoId"] = video_id
        listed = part.get("VideoIds") if isinstance(part, dict) else None
        if isinstance(listed, list) and listed and video_id not in listed:
            listed[0] = video_id


def assert_described(function: str, answer: requests.Response) -> None:
    """Asserts that the document describes the answer's status, headers and body."""
    described = operation(function)["responses"]
    assert str(answer.status_code) in described
    response = deref(described[str(answer.status_code)])
    for name, header in response["headers"].items():
        assert name in answer.headers or not deref(header).get("required", False)
    if answer.request.method != "HEAD":  # which has no body
        assert answer.headers["Content-Type"] in response["content"]
        SCHEMA[path_of(function)][OPERATIONS[function].upper()].validate_response(answer)


@pytest.mark.parametrize("function", sorted(OPERATIONS))
def test_every_preflight_is_described(api: Api, function: str) -> None:
    described = SCHEMA[path_of(function)]["OPTIONS"]

    def check(case: Case, number: int) -> None:
        if number % 2:
            case.headers["Origin"] = api.stack.origins[0]
        answer = case.call(base_url=api.url)
        case.validate_response(answer, checks=[not_a_server_error, *DESCRIBED])
        assert answer.status_code == 204

    assert run(described.as_strategy(), PREFLIGHTS, check)


@pytest.mark.parametrize("function", sorted(OPERATIONS))
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
def test_another_method_is_answered_as_described(api: Api, function: str, method: str) -> None:
    if method.lower() in DOCUMENT["paths"][path_of(function)]:
        return
    answer = requests.request(method, f"{api.url}{path_of(function)}", timeout=30)
    assert answer.status_code == 405
    assert_described(function, answer)


REFUSED: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
    ("upload", {"json": {"FileName": "a.mp4"}, "token": ""}, (401, "InvalidToken")),
    ("upload", {"json": {"FileName": "a.mp4"}, "scope": "vod:play"}, (403, "Forbidden")),
    ("upload", {"data": "FileName=a.mp4"}, (415, "UnsupportedMediaType")),
    ("upload", {"json": {"Title": "a" * 20_000}}, (413, "PayloadTooLarge")),
    ("upload", {"json": {"Title": "a" * 200_000}}, (413, "PayloadTooLarge")),
    ("upload", {"json": {"FileName": "a.mp4", "CateId": 1}}, (400, "InvalidRequest")),
    ("upload", {"json": {"FileName": "a.mp4"}, "key": "used"}, (409, "IdempotencyConflict")),
    ("refresh", {"json": {"VideoId": "finished"}}, (409, "UploadFinished")),
    ("refresh", {"json": {"VideoId": "another's"}}, (404, "VideoNotFound")),
    ("refresh", {"json": {"VideoId": "image"}}, (404, "VideoNotFound")),
    ("play", {"params": {"VideoId": "begun"}}, (409, "VideoNotReady")),
    ("play", {"params": {"VideoId": "another's"}}, (404, "VideoNotFound")),
    ("play", {"params": {"VideoId": "begun", "Title": "a"}}, (400, "InvalidRequest")),
    ("playMany", {"json": {"VideoIds": []}}, (400, "InvalidRequest")),
    ("playMany", {"json": {"VideoIds": ["0" * 32]}, "token": ""}, (401, "InvalidToken")),
    ("playMany", {"json": {}, "scope": "vod:upload"}, (403, "Forbidden")),
    ("playMany", {"data": "VideoIds=a"}, (415, "UnsupportedMediaType")),
    ("playMany", {"json": {"VideoIds": ["a" * 20_000]}}, (413, "PayloadTooLarge")),
    ("sts", {"json": {"Purpose": "vod-play"}}, (403, "Forbidden")),
    ("sts", {"json": {"Purpose": "vod-delete"}}, (400, "InvalidRequest")),
]
STATES = ["finished", "begun", "another's", "image", "none"]


@pytest.mark.parametrize(("function", "sent", "refusal"), REFUSED)
def test_a_refusal_is_described(
    api: Api, videos: list[str], function: str, sent: dict[str, Any], refusal: tuple[int, str]
) -> None:
    ids = dict(zip(STATES, videos, strict=True))
    request = dict(sent)
    scope = {"scope": request.pop("scope")} if "scope" in request else {}
    headers = {"Authorization": f"Bearer {request.pop('token', api.token(**scope))}"}
    if "key" in request:
        headers["Idempotency-Key"] = request.pop("key")
        first = {"FileName": "another.mp4"}
        requests.post(f"{api.url}/upload", json=first, headers=headers, timeout=30)
    for part in ("json", "params"):
        if "VideoId" in request.get(part, {}):
            request[part] = {**request[part], "VideoId": ids[request[part]["VideoId"]]}
    answer = requests.request(
        OPERATIONS[function],
        f"{api.url}{path_of(function)}",
        headers=headers,
        timeout=30,
        **request,
    )
    assert (answer.status_code, answer.json()["Code"]) == refusal
    assert_described(function, answer)


BAD_DAYS = [
    ("throttle", {}, 429),
    ("error", {"status": 403, "code": "Forbidden.RAM"}, 500),
    ("error", {"status": 500, "code": "InternalError"}, 502),
    ("non_json", {"status": 200}, 502),
    ("reset_before", {}, 503),
]


@pytest.mark.parametrize("function", sorted(OPERATIONS))
@pytest.mark.parametrize(("kind", "parameters", "status"), BAD_DAYS)
def test_a_bad_day_of_the_cloud_is_described(
    api: Api, videos: list[str], function: str, kind: str, parameters: dict[str, Any], status: int
) -> None:
    service = "sts" if function == "sts" else "vod"
    requested: dict[str, dict[str, Any]] = {
        "upload": {"json": {"FileName": "a.mp4"}},
        "refresh": {"json": {"VideoId": videos[1]}},
        "play": {"params": {"VideoId": videos[0]}},
        "playMany": {"json": {"VideoIds": [videos[0], "0" * 32]}},
        "sts": {"json": {"Purpose": "vod-upload"}},
    }
    sent = requested[function]
    api.stack.cloud.faults.set(service, "*", kind, count=5, **parameters)
    try:
        answer = requests.request(
            OPERATIONS[function],
            f"{api.url}{path_of(function)}",
            headers={"Authorization": f"Bearer {api.token()}"},
            timeout=30,
            **sent,
        )
    finally:
        api.stack.cloud.faults.clear()
    if function == "playMany":  # each video has its own problem
        assert answer.status_code == 200, answer.text
        assert [item["status"] for item in answer.json()["Items"]] == [status] * 2
    else:
        assert answer.status_code == status, answer.text
    assert_described(function, answer)
