"""The errors of Simple Log Service: a table of code, HTTP status and text.

Source: the page of error codes, and the pages of the operations.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

#: code -> (HTTP status, message)
TABLE: Mapping[str, tuple[int, str]] = {
    "IndexAlreadyExist": (400, "log store index is already created"),
    "IndexConfigNotExist": (404, "index config doesn't exist"),
    "InternalServerError": (500, "Internal server error message."),
    "InvalidAPIVersion": (400, "x-log-apiversion is unsupported."),
    "InvalidBodyRawSize": (400, "x-log-bodyrawsize is invalid."),
    "InvalidCompressType": (400, "x-log-compresstype is unsupported."),
    "InvalidContentMD5": (400, "Content-MD5 does not match the request body."),
    "InvalidDateFormat": (400, "Date must follow RFC822."),
    "InvalidSignatureMethod": (400, "x-log-signaturemethod is unsupported."),
    "LogStoreAlreadyExist": (400, "logstore already exists"),
    "LogStoreNotExist": (404, "logstore does not exist"),
    "MalformedJson": (400, "The body is not well-formed JSON."),
    "MissingAPIVersion": (400, "x-log-apiversion does not exist in http header."),
    "MissingBodyRawSize": (400, "x-log-bodyrawsize does not exist in header."),
    "MissingDate": (400, "Date does not exist in http header."),
    "NotSupported": (501, "This is not supported by this fake."),
    "ParameterInvalid": (400, "A parameter is invalid."),
    "PostBodyInvalid": (400, "Protobuffer content cannot be parsed."),
    "PostBodyTooLarge": (413, "The body is larger than 10485760 bytes."),
    "ProjectAlreadyExist": (400, "Project already exist."),
    "ProjectNotExist": (404, "The Project does not exist."),
    "RequestTimeExpired": (400, "Request time has been expired."),
    "SignatureNotMatch": (403, "Signature not matched."),
    "Unauthorized": (401, "The AccessKeyId is unauthorized."),
    "WriteQuotaExceed": (403, "Write quota is exceeded."),
}


class SlsError(Exception):
    """An error answer: `code`, HTTP `status` and `message`, from the table unless given."""

    def __init__(self, code: str, message: str = "", *, status: int = 0) -> None:
        super().__init__(code)
        known = TABLE.get(code, (400, code))
        self.code = code
        self.status = status or known[0]
        self.message = message or known[1]

    @property
    def body(self) -> bytes:
        """The JSON of the answer."""
        return json.dumps({"errorCode": self.code, "errorMessage": self.message}).encode()


def invalid(name: str, allowed: str) -> SlsError:
    """A parameter has a value that is not allowed."""
    return SlsError("ParameterInvalid", f"{name} is invalid: {allowed}.")
