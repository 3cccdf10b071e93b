"""The errors of OSS: a table of code, HTTP status and text, and their XML.

A handler raises `OssError("Code")`; status and text come from the table. Codes and statuses come
from the vendor's tables and from the exceptions in oss2. `EC`, the more precise error code, is only
given where it is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from fakealiyun import xml

XML_LAYOUT = xml.Layout(indent="  ")
"""How OSS lays out its XML."""

#: code -> (HTTP status, message, EC)
TABLE: Mapping[str, tuple[int, str, str]] = {
    "AccessDenied": (403, "You have no right to access this object.", "0003-00000001"),
    "AccessForbidden": (
        403,
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution "
        "of Origin, request method / Access-Control-Request-Method or "
        "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
        "",
    ),
    "AccessKeyIdAndSecurityTokenNotMatch": (
        403,
        "The security token does not belong to the access key id.",
        "0002-00000004",
    ),
    "BucketAlreadyExists": (
        409,
        "The requested bucket name is not available. The bucket namespace is shared by all users "
        "of the system. Please select a different name and try again.",
        "",
    ),
    "BucketNotEmpty": (409, "The bucket you tried to delete is not empty.", ""),
    "CORSRuleBeyondLimit": (400, "The CORS Rules num is beyond limit", ""),
    "CallbackFailed": (203, "The callback failed.", ""),
    "EntityTooLarge": (
        400,
        "Your proposed upload exceeds the maximum allowed object size.",
        "",
    ),
    "EntityTooSmall": (
        400,
        "Your proposed upload smaller than the minimum allowed size.",
        "0042-00000213",
    ),
    "FileAlreadyExists": (
        409,
        "The object you specified already exists and can not be overwritten.",
        "0026-00000002",
    ),
    "IncompleteBody": (
        400,
        "The body is shorter than the Content-Length header says.",
        "0017-00000505",
    ),
    "InternalError": (500, "We encountered an internal error. Please try again.", ""),
    "InvalidAccessKeyId": (
        403,
        "The OSS Access Key Id you provided does not exist in our records.",
        "0002-00000002",
    ),
    "InvalidArgument": (400, "Invalid argument.", ""),
    "InvalidBucketName": (400, "The specified bucket is not valid.", "0015-00000001"),
    "InvalidDigest": (400, "The Content-MD5 you specified was invalid.", "0017-00000503"),
    "InvalidLocationConstraint": (
        400,
        "The specified location-constraint is not valid.",
        "",
    ),
    "InvalidObjectName": (400, "The specified object is not valid.", ""),
    "InvalidPart": (
        400,
        "One or more of the specified parts could not be found or the specified entity tag "
        "might not have matched the part's entity tag.",
        "0042-00000212",
    ),
    "InvalidPartOrder": (
        400,
        "The list of parts was not in ascending order.",
        "",
    ),
    "InvalidPolicyDocument": (
        400,
        "The content of the form does not meet the conditions of a policy document.",
        "",
    ),
    "InvalidRange": (416, "The requested range cannot be satisfied", ""),
    "InvalidSecurityToken": (403, "The security token you provided is invalid.", "0002-00000008"),
    "InvalidTag": (400, "The tag you provided is not valid.", ""),
    "InvalidURI": (400, "Couldn't parse the specified URI.", ""),
    "MalformedPOSTRequest": (
        400,
        "The body of your POST request is not well-formed multipart/form-data.",
        "",
    ),
    "MalformedXML": (
        400,
        "The XML you provided was not well-formed or did not validate against our published "
        "schema.",
        "",
    ),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource.", ""),
    "MissingArgument": (400, "A required argument is missing.", ""),
    "MissingContentLength": (
        411,
        "You must provide the Content-Length HTTP header.",
        "0017-00000101",
    ),
    "NoSuchBucket": (404, "The specified bucket does not exist.", "0015-00000101"),
    "NoSuchCORSConfiguration": (404, "The CORS Configuration does not exist.", ""),
    "NoSuchKey": (404, "The specified key does not exist.", "0026-00000001"),
    "NoSuchUpload": (
        404,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may "
        "have been aborted or completed.",
        "0042-00000002",
    ),
    "NotImplemented": (
        501,
        "A header or query you provided implies functionality that is not implemented.",
        "",
    ),
    "NotModified": (304, "The resource was not modified.", ""),
    "ObjectNotAppendable": (409, "The object is not appendable", "0026-00000017"),
    "PositionNotEqualToLength": (409, "Position is not equal to file length", "0026-00000016"),
    "PreconditionFailed": (
        412,
        "At least one of the pre-conditions you specified did not hold.",
        "0017-00001001",
    ),
    "RequestTimeTooSkewed": (
        403,
        "The difference between the request time and the current time is too large.",
        "0002-00000504",
    ),
    "SecurityTokenExpired": (
        403,
        "The security token you provided has expired.",
        "0002-00000007",
    ),
    "ServiceUnavailable": (503, "Please reduce your request rate.", ""),
    "SignatureDoesNotMatch": (
        403,
        "The request signature we calculated does not match the signature you provided. Check "
        "your key and signing method.",
        "0002-00000040",
    ),
}


class OssError(Exception):
    """An error answer.

    Attributes: `code`, `status` (HTTP), `message`, `ec`, `details` (more elements of the XML, in
    order), `headers` (more headers of the answer). The text of the exception is only the code,
    because `details` may contain a string to sign.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        status: int = 0,
        ec: str | None = None,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        known = TABLE.get(code, (400, code, ""))
        self.code = code
        self.status = status or known[0]
        self.message = message or known[1]
        self.ec = known[2] if ec is None else ec
        self.details = dict(details or {})
        self.headers = dict(headers or {})

    def xml(self, request_id: str, host_id: str, *, brief: bool = False) -> bytes:
        """The body as OSS sends it, in UTF-8. `brief` leaves out the details."""
        elements = {
            "Code": self.code,
            "Message": self.message,
            "RequestId": request_id,
            "HostId": host_id,
            **({} if brief else self.details),
        }
        if self.ec:
            elements["EC"] = self.ec
            elements["RecommendDoc"] = f"https://api.aliyun.com/troubleshoot?q={self.ec}"
        return xml.render("Error", elements, XML_LAYOUT)
