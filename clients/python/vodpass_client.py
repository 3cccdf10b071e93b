"""Client of vodpass for servers and tests: uploads files, gets credentials to play videos.

Copy this file into your project. It needs `oss2` or `alibabacloud-oss-v2`.

    vodpass = Vodpass("https://vod.example.com", token=lambda renew: my_token(renew))
    video_id = vodpass.upload("film.mp4", Title="Film")["VideoId"]
    play_auth = vodpass.play(video_id)["PlayAuth"]

It never logs, and no error holds a token or a credential.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPMessage
from typing import IO, Any, NamedTuple, TypeVar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

SHARE_OF_LIFE = 0.9  # a credential is refreshed at this share of its life
MAX_FRUITLESS = 3  # refreshes in a row without a request that OSS accepts
LEAST_PART = 100 * 1024  # bytes; OSS accepts no smaller part, except the last
MOST_PARTS = 10_000
TIMEOUT = 60  # seconds
LONGEST_PAUSE = 120  # seconds; a longer wait, such as for a limit a day, is the app's
EXPIRED = ("SecurityTokenExpired", "InvalidSecurityToken.Expired", "InvalidAccessKeyId")

T = TypeVar("T")


class VodpassError(Exception):
    """A refusal of vodpass or of the storage (OSS), or no answer (`Code` is then NetworkError).

    `Code` is stable. `retry_after` is in seconds. `errors` lists wrong fields. `Status` is the
    video's, with VideoNotReady. If `retriable`, the same request may succeed later.
    """

    def __init__(
        self, code: str, status: int = 0, *, retriable: bool = False, **members: Any
    ) -> None:
        detail = members.get("detail")
        super().__init__(f"{code}: {detail}" if detail else code)
        self.Code, self.status, self.retriable = code, status, retriable
        self.RequestId: str | None = members.get("RequestId")
        self.retry_after: int | None = members.get("retry_after")
        self.errors: list[dict[str, str]] = members.get("errors") or []
        self.Status: str | None = members.get("Status")


class Vodpass:
    """Uploads and plays for one user. `url` is the base URL of the functions.

    `token` is the user's token, or a function that returns it. The function gets True after a 401:
    then it must return a new one. Files larger than `part_size` (bytes) go in parts. `sdk` is
    "oss2" or "alibabacloud_oss_v2"; by default the one that is installed.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[bool], str],
        *,
        part_size: int = 8 * 1024 * 1024,
        retries: int = 5,
        sdk: str | None = None,
    ) -> None:
        if not url.startswith(("https://", "http://")):
            raise ValueError("url must be an http or https URL")
        if part_size < LEAST_PART:
            raise ValueError(f"part_size must be at least {LEAST_PART} bytes")
        self._url = url.rstrip("/")
        self._token = token
        self.part_size = part_size
        self._retries = retries
        wanted = [name for name in _SDKS if sdk in (name, None) and importlib.util.find_spec(name)]
        if not wanted:
            raise ImportError("vodpass_client needs oss2 or alibabacloud-oss-v2")
        self.open_storage = _SDKS[wanted[0]]
        self._opener = build_opener(_NoRedirect)

    def upload(
        self,
        path: str | os.PathLike[str],
        *,
        idempotency_key: str | None = None,
        progress: Callable[[int, int], None] | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Uploads a file. Returns `VideoId`, or the ids and URLs of an image or attached medium.

        `fields` are those of POST /upload, for example `Title` or `MediaType`. `progress` gets the
        bytes sent and the size. Raises VodpassError.
        """
        name, size = os.path.basename(path), os.path.getsize(path)
        body = {"FileName": name, "FileSize": size, **fields}
        is_video = body.get("MediaType", "video") == "video"
        key = (idempotency_key or str(uuid.uuid4())) if is_video else None
        for attempt in range(MAX_FRUITLESS + 1):
            issued = self.call("/upload", body, key)
            credential = _Credential(self, issued)
            try:
                with open(path, "rb") as file:
                    credential.send(file, size, progress or (lambda _sent, _size: None))
                break
            except VodpassError as error:
                # Only a video's credential can be refreshed. Other media begin again.
                if is_video or error.Code not in EXPIRED or attempt == MAX_FRUITLESS:
                    raise
        names = ("VideoId", "ImageId", "MediaId", "ImageURL", "MediaURL", "FileURL")
        return {name: issued[name] for name in names if name in issued}

    def play(
        self, video_id: str, *, auth_info_timeout: int | None = None, longest_wait: float = 3600
    ) -> dict[str, Any]:
        """Returns the answer of /play, with `PlayAuth`.

        While VOD processes the video, it asks again by Retry-After, for at most `longest_wait`
        seconds. Raises VodpassError.
        """
        query: dict[str, Any] = {"VideoId": video_id}
        if auth_info_timeout is not None:
            query["AuthInfoTimeout"] = auth_info_timeout
        ends = time.monotonic() + longest_wait
        while True:
            try:
                return self.call(f"/play?{urlencode(query)}")
            except VodpassError as error:
                wait = error.retry_after
                if error.Code != "VideoNotReady" or wait is None or time.monotonic() + wait > ends:
                    raise
            time.sleep(wait)

    def call(
        self, target: str, body: Mapping[str, Any] | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The answer of a function. Repeats after temporary faults, and once after a 401."""
        renewed = False
        failures = 0
        while True:
            token = str(self._token(renewed) if callable(self._token) else self._token)
            if not token.isascii() or not token.isprintable() or " " in token:
                # Else http.client would quote it.
                raise ValueError("the token must be printable ASCII without blanks")
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            if key is not None:
                headers["Idempotency-Key"] = key
            data = None if body is None else json.dumps(body).encode()
            request = Request(self._url + target, data, headers)  # noqa: S310 (see __init__)
            try:
                return self._answer(request)
            except VodpassError as error:
                if error.Code == "InvalidToken" and not renewed and callable(self._token):
                    renewed = True
                    continue
                failures = self.after_failure(error, failures)

    def after_failure(self, error: VodpassError, failures: int) -> int:
        """Waits before a repeat, and returns the failures so far. Raises what is not repeated."""
        long = (error.retry_after or 0) > LONGEST_PAUSE
        if not error.retriable or long or failures >= self._retries:
            raise error
        time.sleep(min(0.5 * 2**failures, 30) if error.retry_after is None else error.retry_after)
        return failures + 1

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                status, headers, text = answer.status, answer.headers, answer.read()
        except HTTPError as refused:
            with refused:
                status, headers, text = refused.code, refused.headers, refused.read()
        except (OSError, HTTPException) as error:
            raise VodpassError("NetworkError", retriable=True) from error
        return _content(status, headers, text)


class _Credential:
    """One upload: its credential, which is refreshed, and what sends the file with it."""

    def __init__(self, vodpass: Vodpass, issued: Mapping[str, Any]) -> None:
        self._vodpass = vodpass
        self._video_id = issued.get("VideoId")
        self._fruitless = 0
        self._accept(issued)

    def send(self, file: IO[bytes], size: int, progress: Callable[[int, int], None]) -> None:
        """Sends the file in one request, or in parts."""
        part_size = max(self._vodpass.part_size, -(-size // MOST_PARTS))
        if size <= part_size:
            content = file.read()
            self._attempt(lambda storage: storage.put(content))
        else:
            upload_id = self._attempt(lambda storage: storage.begin())
            tags: list[str] = []
            while chunk := file.read(part_size):
                number = len(tags) + 1
                sent = self._attempt(lambda storage: storage.part(upload_id, number, chunk))  # noqa: B023 (called at once)
                tags.append(sent)
                progress(min(number * part_size, size), size)
            self._complete(upload_id, tags)
        progress(size, size)

    def _complete(self, upload_id: str, tags: list[str]) -> None:
        try:
            self._attempt(lambda storage: storage.complete(upload_id, tags))
        except VodpassError as error:
            # After a lost answer, OSS no longer knows the upload id, and VOD has the file.
            if error.Code not in ("NoSuchUpload", "UploadFinished") or not self._finished():
                raise

    def _finished(self) -> bool:
        for wait in (0, 1, 2, 4):  # VOD learns from OSS that the file has arrived
            time.sleep(wait)
            try:
                self._refresh()
            except VodpassError as error:
                return error.Code == "UploadFinished"
        return False

    def _attempt(self, act: Callable[[_Storage], T]) -> T:
        """Does one request. Refreshes the credential in time and when it has expired."""
        failures = 0
        while True:
            if self._video_id and time.monotonic() >= self._refresh_at:
                self._refresh()
            try:
                done = act(self._storage)
            except Exception as error:
                refused = self._storage.refusal(error)
                if refused is None:
                    raise
            else:
                self._fruitless = 0
                return done
            # Raised outside the handler: the SDK's error may quote the token, and would be shown.
            if refused.Code not in EXPIRED or not self._video_id:
                failures = self._vodpass.after_failure(refused, failures)
                continue
            self._fruitless += 1
            if self._fruitless > MAX_FRUITLESS:
                raise VodpassError("CredentialNotAccepted", refused.status)
            self._refresh()

    def _refresh(self) -> None:
        self._accept(self._vodpass.call("/refresh", {"VideoId": self._video_id}))

    def _accept(self, issued: Mapping[str, Any]) -> None:
        # ExpiresIn counts from the answer, so the machine's clock does not matter.
        self._refresh_at = time.monotonic() + issued["ExpiresIn"] * SHARE_OF_LIFE
        address, auth = (
            json.loads(base64.b64decode(issued[name])) for name in ("UploadAddress", "UploadAuth")
        )
        self._storage = self._vodpass.open_storage(address, auth)


class _Storage(NamedTuple):
    """One object in OSS. The functions raise the SDK's errors, which `refusal` understands."""

    put: Callable[[bytes], Any]
    begin: Callable[[], str]  # returns the upload id
    part: Callable[[str, int, bytes], str]  # upload id, number, content; returns the ETag
    complete: Callable[[str, list[str]], Any]  # upload id, ETags
    refusal: Callable[[Exception], VodpassError | None]


def _by_oss2(address: Mapping[str, str], auth: Mapping[str, str]) -> _Storage:
    """With `oss2`: signature V1."""
    import oss2

    logger = logging.getLogger("oss2")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)  # at INFO it quotes the token of a refused request

    keys = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
    bucket, key = oss2.Bucket(keys, address["Endpoint"], address["Bucket"]), address["FileName"]

    def complete(upload_id: str, tags: list[str]) -> None:
        parts = [oss2.models.PartInfo(number, tag) for number, tag in enumerate(tags, 1)]
        bucket.complete_multipart_upload(key, upload_id, parts)

    def refusal(error: Exception) -> VodpassError | None:
        if isinstance(error, oss2.exceptions.RequestError):
            return VodpassError("NetworkError", retriable=True)
        if isinstance(error, oss2.exceptions.ServerError):
            return _storage_error(error.code, error.status, error.request_id)
        return None

    return _Storage(
        put=lambda content: bucket.put_object(key, content),
        begin=lambda: str(bucket.init_multipart_upload(key).upload_id),
        part=lambda upload_id, number, content: str(
            bucket.upload_part(key, upload_id, number, content).etag
        ),
        complete=complete,
        refusal=refusal,
    )


def _by_oss_v2(address: Mapping[str, str], auth: Mapping[str, str]) -> _Storage:
    """With `alibabacloud-oss-v2`: signature V4."""
    import alibabacloud_oss_v2 as oss

    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.StaticCredentialsProvider(
        auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"]
    )
    config.region, config.endpoint = auth["Region"], address["Endpoint"]
    config.retry_max_attempts = 1  # this file repeats
    client, target = oss.Client(config), {"bucket": address["Bucket"], "key": address["FileName"]}

    def part(upload_id: str, number: int, content: bytes) -> str:
        where = {**target, "upload_id": upload_id, "part_number": number}
        return str(client.upload_part(oss.UploadPartRequest(**where, body=content)).etag)

    def complete(upload_id: str, tags: list[str]) -> None:
        parts = [oss.UploadPart(part_number=number, etag=tag) for number, tag in enumerate(tags, 1)]
        listed = {"complete_multipart_upload": oss.CompleteMultipartUpload(parts=parts)}
        client.complete_multipart_upload(
            oss.CompleteMultipartUploadRequest(**target, upload_id=upload_id, **listed)
        )

    def refusal(error: Exception) -> VodpassError | None:
        inner = error
        while hasattr(inner, "unwrap") and not isinstance(inner, oss.exceptions.ServiceError):
            inner = inner.unwrap()
        if isinstance(inner, oss.exceptions.ServiceError):
            return _storage_error(inner.code, inner.status_code, inner.request_id)
        known = isinstance(error, oss.exceptions.BaseError)
        return VodpassError("NetworkError", retriable=True) if known else None

    return _Storage(
        put=lambda content: client.put_object(oss.PutObjectRequest(**target, body=content)),
        begin=lambda: str(
            client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(**target)).upload_id
        ),
        part=part,
        complete=complete,
        refusal=refusal,
    )


_SDKS = {"oss2": _by_oss2, "alibabacloud_oss_v2": _by_oss_v2}


class _NoRedirect(HTTPRedirectHandler):
    """Follows no redirect: one could carry the token to another host."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        return None


def _storage_error(code: str | None, status: int, request_id: str | None) -> VodpassError:
    retriable = status == 429 or status >= 500 or code == "RequestTimeout"
    detail = f"The storage answered with status {status}."
    code = code or "UnexpectedAnswer"
    return VodpassError(code, status, retriable=retriable, detail=detail, RequestId=request_id)


def _content(status: int, headers: HTTPMessage, text: bytes) -> dict[str, Any]:
    """The content of a function's answer. Raises VodpassError for a refusal in any form."""
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if status < 300 and isinstance(content, dict):
        return content
    if not isinstance(content, dict) or not isinstance(content.get("Code"), str):
        temporary = status < 400 or status == 429 or status >= 500
        raise VodpassError("UnexpectedAnswer", status, retriable=temporary)
    # Function Compute's own errors have no `status`. 500 of vodpass is Misconfigured.
    ours = content.get("status") == status
    seconds = headers.get("Retry-After", "")
    raise VodpassError(
        content["Code"],
        status,
        retriable=status == 429 or status > 500 or (status == 500 and not ours),
        detail=content.get("detail") if ours else None,
        RequestId=content.get("RequestId"),
        retry_after=int(seconds) if seconds.isdecimal() else None,
        errors=content.get("errors"),
        Status=content.get("Status"),
    )
