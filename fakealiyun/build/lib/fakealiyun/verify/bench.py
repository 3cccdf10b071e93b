"""What a probe works with on one side: signed calls, and the deletion of what it created."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from fakealiyun.verify import signing
from fakealiyun.verify.answers import accepted, body, code, entries, text_of
from fakealiyun.verify.endpoints import Answer, Endpoints
from fakealiyun.verify.redaction import Redaction
from fakealiyun.verify.signing import Key

PREFIX = "fakealiyun-verify-"
"""What the names of everything begin with that a probe creates."""
OWN_NAME = re.compile(PREFIX + r"[0-9a-f]{16}")
"""A name that a probe chose. Nothing else is ever deleted."""

_GONE = ("InvalidVideo.NotFound", "QueueNotExist", "NoSuchBucket")
"""The codes of a deletion that say that there is nothing to delete."""
_VERSIONS = {"vod": "2017-03-21", "sts": "2015-04-01"}


@dataclass(frozen=True)
class Upload:
    """A video that a probe created, with the credential for its file."""

    video_id: str
    address: Mapping[str, Any]
    auth: Mapping[str, Any]
    answer: Answer

    @property
    def key(self) -> Key:
        """The temporary AccessKey in UploadAuth."""
        names = ("AccessKeyId", "AccessKeySecret", "SecurityToken")
        return Key(*(str(self.auth[name]) for name in names))

    @property
    def bucket(self) -> str:
        return str(self.address["Bucket"])

    @property
    def object_name(self) -> str:
        return str(self.address["FileName"])


class Bench:
    """One side during one probe. As a context manager it deletes at the end what was created.

    `left` then names what could not be deleted.
    """

    def __init__(self, endpoints: Endpoints, key: Key, account_id: str, hidden: Redaction) -> None:
        self.endpoints = endpoints
        self.key = key
        self.account_id = account_id
        self.hidden = hidden
        self.left: list[str] = []
        self._deletions: list[tuple[str, Callable[[], Answer]]] = []

    def __enter__(self) -> Bench:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        while self._deletions:
            what, delete = self._deletions.pop()
            if not _succeeds(delete):
                self.left.append(what)

    def name(self) -> str:
        """A new name by which a left-over can be found."""
        return f"{PREFIX}{uuid.uuid4().hex[:16]}"

    def absent_id(self) -> str:
        """The id of a medium that does not exist."""
        return uuid.uuid4().hex

    def with_wrong_secret(self) -> Key:
        """The own AccessKey with a secret that is wrong."""
        return Key(self.key.access_key_id, "wrong", self.key.token)

    def stranger(self) -> Key:
        """An AccessKey that does not exist."""
        return Key("LTAI" + uuid.uuid4().hex[:20], uuid.uuid4().hex[:30])

    # --- VOD and STS -----------------------------------------------------------------------------

    def openapi(
        self,
        service: str,
        action: str,
        parameters: Mapping[str, str] | None = None,
        *,
        key: Key | None = None,
        headers: Mapping[str, str] | None = None,
        unsigned: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an operation with ACS3-HMAC-SHA256. `headers` replace those that we send."""
        host = getattr(self.endpoints, service)()
        query = dict(parameters or {})
        common = {"x-acs-action": action, "x-acs-version": _VERSIONS[service]}
        signed = signing.acs3(
            key or self.key, "POST", host, "/", query, headers={**common, **(headers or {})}
        )
        target = f"/?{signing.query_text(query)}" if query else "/"
        return self.endpoints.send(host, "POST", target, {**signed, **(unsigned or {})})

    def rpc(
        self,
        service: str,
        action: str,
        parameters: Mapping[str, str] | None = None,
        *,
        key: Key | None = None,
        without: str = "",
        unsigned: str = "",
    ) -> Answer:
        """Call an operation by GET in the RPC style. `parameters` replace those that we send.

        `without` is a parameter that is left out, `unsigned` is added to the query as it is.
        """
        host = getattr(self.endpoints, service)()
        given = {"Action": action, "Version": _VERSIONS[service], **(parameters or {})}
        query = signing.rpc(key or self.key, "GET", given, without)
        return self.endpoints.send(host, "GET", f"/?{urlencode(query)}{unsigned}", {})

    def vod(self, action: str, **parameters: str) -> Answer:
        """Call VOD."""
        return self.openapi("vod", action, parameters)

    def sts(self, action: str, **parameters: str) -> Answer:
        """Call STS."""
        return self.openapi("sts", action, parameters)

    def create_video(self, **parameters: str) -> Answer:
        """CreateUploadVideo. If it succeeds, the video is deleted at the end."""
        given = {
            "Title": self.name(),
            "FileName": "film.mp4",
            "TemplateGroupId": "VOD_NO_TRANSCODE",
            **parameters,
        }
        answer = self.vod("CreateUploadVideo", **given)
        if answer.status == 200:
            video_id = str(body(answer)["VideoId"])
            self.hidden.learn("video", video_id)
            self._delete_later("a video", lambda: self.vod("DeleteVideo", VideoIds=video_id))
        return answer

    def video(self, **parameters: str) -> Upload:
        """A new video without a file. Raises ProbeError if VOD refuses it."""
        answer = accepted("CreateUploadVideo", self.create_video(**parameters))
        return self._upload(answer)

    def refresh(self, upload: Upload) -> Upload:
        """RefreshUploadVideo. Raises ProbeError if VOD refuses it."""
        answer = self.vod("RefreshUploadVideo", VideoId=upload.video_id)
        return self._upload(accepted("RefreshUploadVideo", answer))

    def _upload(self, answer: Answer) -> Upload:
        given = body(answer)
        parts = [json.loads(base64.b64decode(given[n])) for n in ("UploadAddress", "UploadAuth")]
        upload = Upload(str(given["VideoId"]), parts[0], parts[1], answer)
        for secret in (upload.key.access_key_id, upload.key.secret, upload.key.token or ""):
            self.hidden.learn("credential", secret)
        for text in (given["UploadAddress"], given["UploadAuth"]):
            self.hidden.learn("credential", text)
        self.hidden.learn("bucket", upload.bucket)
        self.hidden.learn("object", upload.object_name)
        return upload

    # --- OSS -------------------------------------------------------------------------------------

    def oss(
        self,
        method: str,
        bucket: str,
        name: str = "",
        query: Mapping[str, str] | None = None,
        *,
        key: Key | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        """Call OSS with a signature of version 1. Header names in lower case.

        Without `bucket` the call is for the service itself.
        """
        host = self.endpoints.oss(bucket) if bucket else self.endpoints.oss_service()
        asked = dict(query or {})
        signed = signing.oss_v1(key or self.key, method, bucket, name, asked, headers)
        text = "&".join(f"{n}={quote(v)}" if v else n for n, v in asked.items())
        target = f"/{quote(name)}" + (f"?{text}" if text else "")
        return self.endpoints.send(host, method, target, signed, content)

    def to_object(
        self,
        upload: Upload,
        method: str,
        query: Mapping[str, str] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
    ) -> Answer:
        """Call OSS on the object of an upload, with the credential of the upload."""
        return self.oss(
            method,
            upload.bucket,
            upload.object_name,
            query,
            key=upload.key,
            headers=headers,
            content=content,
        )

    def multipart(self, upload: Upload) -> str:
        """Start a multipart upload. Returns its UploadId. DeleteVideo ends it."""
        answer = accepted(
            "InitiateMultipartUpload", self.to_object(upload, "POST", {"uploads": ""})
        )
        upload_id = text_of(answer, "UploadId")
        self.hidden.learn("upload", upload_id)
        return upload_id

    def bucket(self) -> str:
        """A new bucket. At the end it is deleted with all it has. Raises ProbeError if refused."""
        name = self.name()
        # Registered before the call: if the answer is lost, the bucket may exist.
        self._delete_later(f"the bucket {name}", lambda: self.delete_bucket(name))
        answer = self.oss("PUT", name)
        if 400 <= answer.status < 500:
            self._deletions.pop()
        accepted("PutBucket", answer)
        return name

    def delete_bucket(self, name: str) -> Answer:
        """Delete a bucket that a probe created, with its objects and uploads."""
        if not OWN_NAME.fullmatch(name):
            raise ValueError("only a bucket with a name from name() may be deleted")
        listed = self.oss("GET", name)
        if listed.status == 200:
            for entry in entries(listed, "Contents"):
                self.oss("DELETE", name, entry["Key"])
        listed = self.oss("GET", name, query={"uploads": ""})
        if listed.status == 200:
            for entry in entries(listed, "Upload"):
                self.oss("DELETE", name, entry["Key"], {"uploadId": entry["UploadId"]})
        return self.oss("DELETE", name)

    # --- SMQ and Function Compute ----------------------------------------------------------------

    def mns(
        self,
        method: str,
        target: str,
        content: str = "",
        *,
        key: Key | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call SMQ. A header with an empty value is not sent."""
        host = self.endpoints.mns(self.account_id)
        signed = signing.mns(key or self.key, method, target, headers)
        return self.endpoints.send(host, method, target, signed, content.encode())

    def create_queue(self, name: str, **attributes: int) -> Answer:
        """CreateQueue. `name` must come from `name()`. The queue is deleted at the end."""
        if not OWN_NAME.match(name):
            raise ValueError("the name of a queue must come from name()")
        # Registered before the call: if the answer is lost, the queue may exist.
        self._delete_later(f"the queue {name}", lambda: self.mns("DELETE", f"/queues/{name}"))
        content = "".join(f"<{n}>{v}</{n}>" for n, v in attributes.items())
        answer = self.mns("PUT", f"/queues/{name}", f"<Queue>{content}</Queue>")
        if 400 <= answer.status < 500:
            self._deletions.pop()
        return answer

    def queue(self, **attributes: int) -> str:
        """A new queue. Returns the path of its messages. Raises ProbeError if SMQ refuses it."""
        name = self.name()
        accepted("CreateQueue", self.create_queue(name, **attributes))
        return f"/queues/{name}/messages"

    def fc(
        self,
        action: str,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        key: Key | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an operation of Function Compute by GET, with ACS3-HMAC-SHA256."""
        host = self.endpoints.fc(self.account_id)
        asked = dict(query or {})
        given = {"x-acs-version": "2023-03-30", "x-acs-action": action, **(headers or {})}
        signed = signing.acs3(key or self.key, "GET", host, path, asked, headers=given)
        target = f"{path}?{signing.query_text(asked)}" if asked else path
        return self.endpoints.send(host, "GET", target, signed)

    def _delete_later(self, what: str, delete: Callable[[], Answer]) -> None:
        self._deletions.append((what, delete))


def _succeeds(delete: Callable[[], Answer]) -> bool:
    return _tried(delete) or _tried(delete)


def _tried(delete: Callable[[], Answer]) -> bool:
    try:
        answer = delete()
        return answer.status < 300 or code(answer)["code"] in _GONE
    except Exception:  # noqa: BLE001 - the other deletions must still run
        return False
