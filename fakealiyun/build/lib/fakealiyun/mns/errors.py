"""The errors of SMQ: a table of code, HTTP status and text, and their XML.

Sources: the page "Error codes" and the pages of the operations. Comments mark what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping

from fakealiyun.mns.attributes import Range
from fakealiyun.mns.documents import render

#: code -> (HTTP status, message)
TABLE: Mapping[str, tuple[int, str]] = {
    "AccessDenied": (
        403,
        "The OwnerId that your Access Key Id associated to is forbidden for this operation.",
    ),
    "InternalError": (500, "Internal error."),
    "InvalidAccessKeyId": (403, "The AccessKey Id you provided is not exist."),
    "InvalidArgument": (400, "The argument is invalid."),
    "InvalidAuthorizationHeader": (400, "The Authorization header format is invalid."),
    "InvalidDateHeader": (400, "The Date header format is invalid."),
    "InvalidDegist": (
        400,
        "The Content-MD5 you specified is invalid.",
    ),  # the service spells it like this
    "InvalidQueryString": (400, "Http request URL contains invalid querystring item."),
    "InvalidQueueName": (
        400,
        "The queue name you provided is invalid. QueueName should start with alpha or digit and"
        " contain only alpha, digit or -.",
    ),
    "InvalidRequestURL": (400, "Http request URL format invalid."),
    # Not on the page, which has no errors about tokens; named like the OSS error.
    "InvalidSecurityToken": (403, "The security token you provided is invalid."),
    # Only in the official Go client.
    "InvalidVersionHeader": (400, "The x-mns-version header must be 2015-06-06."),
    "MalformedXML": (400, "The XML you provided was not well-formed."),
    "MessageNotExist": (404, "Message not exist."),
    "MissingAuthorizationHeader": (400, "Authorization header is required."),
    "MissingDateHeader": (400, "Date header is required."),
    "MissingReceiptHandle": (400, "ReceiptHandle is required."),
    # Only in the official Go client.
    "MissingVersionHeader": (400, "x-mns-version header is required."),
    "MissingVisibilityTimeout": (400, "VisibilityTimeout is required."),
    # Only in this fake: the real service supports what is refused here.
    "NotImplemented": (501, "This is not supported by this fake."),
    "QpsLimitExceeded": (400, "The qps limit of the queue is exceeded."),
    "QueueAlreadyExist": (409, "The queue you want to create is already exist."),
    "QueueNameLengthError": (400, "Queue name length should between 1 and 120."),
    "QueueNotExist": (404, "The queue name you provided is not exist."),
    "ReceiptHandleError": (400, "The receipt handle you provide is not valid."),
    # Not on the page; named like the OSS error.
    "SecurityTokenExpired": (403, "The security token you provided has expired."),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. Check"
        " your key and signing method.",
    ),
    "TimeExpired": (408, "The http request you sent is expired."),
}


class MnsError(Exception):
    """An error answer: `code`, HTTP `status` and `message`.

    Status and message come from the table unless they are given.
    """

    def __init__(self, code: str, message: str = "", *, status: int = 0) -> None:
        super().__init__(code)
        known = TABLE.get(code, (400, code))
        self.code = code
        self.status = status or known[0]
        self.message = message or known[1]

    def xml(self, request_id: str, host_id: str) -> bytes:
        """The body as the service sends it, in UTF-8."""
        elements = {
            "Code": self.code,
            "Message": self.message,
            "RequestId": request_id,
            "HostId": host_id,
        }
        return render("Error", elements)


def out_of_range(name: str, allowed: Range) -> MnsError:
    """The error for a value that is not a number or is outside its range."""
    bounds = f"{allowed.least} and {allowed.most} {allowed.unit}".rstrip()
    return MnsError("InvalidArgument", f"The value of {name} should between {bounds}.")


def against_schema(name: str) -> MnsError:
    """The error for an element that is missing, unknown, or occurs twice."""
    return MnsError(
        "InvalidArgument",
        "The XML you provided did not validate against our published schema, cause by"
        f" Element {name}.",
    )
