"""The code of functions: reads packages, and unpacks them into folders."""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fakealiyun.clock import Clock
from fakealiyun.fc import errors
from fakealiyun.fc.archive import ArchiveError, unpack
from fakealiyun.fc.fields import Fields
from fakealiyun.fc.wire import MAX_PACKAGE
from fakealiyun.identity import Credential, Identities
from fakealiyun.oss.incoming_file import crc64
from fakealiyun.oss.state import Storage, StoredObject
from fakealiyun.ram.policy import Policy
from fakealiyun.ram.principal import cloud_service

MAX_STORED = 500 * 1024 * 1024  # bytes of a package that comes through OSS, in the main regions
BUCKET_REGION = "cn-hangzhou"
"""The deployment tool gives its OSS client an endpoint and no region. If the endpoint is an IP
address, the client sends the Host of the bucket in its default region, which is this one."""
TOKEN_LIFE = 3600  # seconds until the credential for an upload expires; the real value is not known


@dataclass(frozen=True)
class CodeInput:
    """The code in a request: a zip, or the name of an object in OSS."""

    zip_file: bytes | None = field(repr=False)
    bucket: str
    key: str
    checksum: str | None


@dataclass(frozen=True)
class Package:
    """Unpacked code. `checksum` is the CRC-64 of the zip in decimal."""

    folder: Path
    size: int
    checksum: str


def temporary_bucket(region: str) -> str:
    """The bucket for packages of functions in `region`."""
    return f"fc-temporary-code-{region}"


def read_code(given: Mapping[str, Any]) -> CodeInput:
    """Read `code`: `zipFile`, or `ossBucketName` and `ossObjectName`. Raises ApiError."""
    fields = Fields(given, ("zipFile", "ossBucketName", "ossObjectName", "checksum"), "code")
    bucket = fields.text("ossBucketName", "a bucket's name", longest=63, default="")
    key = fields.text("ossObjectName", "an object's key", longest=1023, default="")
    checksum = fields.text("checksum", "a CRC-64 in decimal", longest=20, default="") or None
    if "zipFile" in fields:
        if bucket or key:
            raise errors.invalid_argument("code: either zipFile or the object in OSS, not both")
        return CodeInput(_decoded(fields), "", "", checksum)
    if not bucket or not key:
        raise errors.invalid_argument("code needs zipFile, or ossBucketName and ossObjectName")
    return CodeInput(None, bucket, key, checksum)


def _decoded(fields: Fields) -> bytes:
    text = fields.text("zipFile", "base64", longest=MAX_PACKAGE * 4 // 3 + 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise fields.refuse("zipFile", "base64") from None


class CodeStore:
    """Unpacks packages, and keeps each folder while a function uses it."""

    def __init__(
        self,
        storage: Storage,
        identities: Identities,
        clock: Clock,
        *,
        region: str,
        account_id: str,
    ) -> None:
        self.bucket = temporary_bucket(region)
        self._storage = storage
        self._identities = identities
        self._clock = clock
        self._account_id = account_id
        self._root: Path | None = None

    def offer_upload(self) -> tuple[Credential, str]:
        """A credential to upload one new object to the temporary bucket, and the object's name.

        The name is below the account's prefix. The object is deleted when the credential expires.
        """
        self._storage.create_bucket(self.bucket, BUCKET_REGION, cors=(), managed=True)
        name = secrets.token_hex(16)
        key = f"{self._account_id}/{name}"
        resource = f"acs:oss:*:{self._account_id}:{self.bucket}/{key}"
        actions = ["oss:PutObject", "oss:AbortMultipartUpload", "oss:ListParts"]
        policy = Policy.parse(
            {
                "Version": "1",
                "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}],
            }
        )
        service = cloud_service("fc.aliyuncs.com", self._account_id)
        credential = self._identities.issue(service, (policy,), TOKEN_LIFE)
        self._clock.call_at(
            self._clock.now() + TOKEN_LIFE, lambda: self._storage.delete(self.bucket, key)
        )
        return credential, name

    async def take(self, code: CodeInput) -> Package:
        """Unpack the code into a new folder. Raises ApiError."""
        if code.zip_file is not None:
            return await asyncio.to_thread(self._take_bytes, code.zip_file, code.checksum)
        stored = self._storage.get(code.bucket, code.key)
        if stored is None:
            raise errors.invalid_argument(
                f"unable to access object {code.key} in bucket {code.bucket}"
            )
        if stored.size > MAX_STORED:
            raise errors.too_large(MAX_STORED)
        return await asyncio.to_thread(self._take_object, stored, code.checksum)

    def discard(self, package: Package) -> None:
        """Delete the folder of a package that no function uses any more."""
        shutil.rmtree(package.folder.parent, ignore_errors=True)

    def close(self) -> None:
        """Delete every folder."""
        if self._root is not None:
            self._finalizer()
            self._root = None

    def _take_bytes(self, content: bytes, checksum: str | None) -> Package:
        folder = self._new_folder()
        archive = folder / "code.zip"
        archive.write_bytes(content)
        return self._unpack(folder, archive, len(content), str(crc64(content)), checksum)

    def _take_object(self, stored: StoredObject, checksum: str | None) -> Package:
        folder = self._new_folder()
        archive = folder / "code.zip"
        try:
            # Somebody may replace the object while it is read.
            shutil.copyfile(stored.path, archive)
        except OSError:
            shutil.rmtree(folder, ignore_errors=True)
            raise errors.invalid_argument(
                f"unable to access object {stored.key} in bucket {stored.bucket}"
            ) from None
        return self._unpack(folder, archive, stored.size, str(stored.crc64), checksum)

    def _unpack(
        self, folder: Path, archive: Path, size: int, found: str, wanted: str | None
    ) -> Package:
        code = folder / "code"
        try:
            if wanted is not None and wanted != found:
                raise errors.invalid_argument("code.checksum is not the CRC-64 of the package")
            code.mkdir()
            unpack(archive, code)
        except ArchiveError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise errors.invalid_argument(f"code: {error}") from None
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        archive.unlink()
        return Package(code, size, found)

    def _new_folder(self) -> Path:
        if self._root is None:
            self._root = Path(tempfile.mkdtemp(prefix="fake-fc-"))
            self._finalizer = weakref.finalize(self, shutil.rmtree, self._root, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self._root))
