"""What is uncertain about the real OSS, and what this fake does. Printed in `docs/coverage.md`."""

DOUBTS = (
    "Checks run in this order: bucket, form of the claim, date, AccessKey, token, signature, "
    "permission. If only the signature shows the bucket (a path without a known bucket), the "
    "bucket is checked after it. It is recorded that the real service checks the bucket before "
    "the AccessKey. The rest of the order is not documented.",
    "An expired token is SecurityTokenExpired for two days of cloud time. After that the key is "
    "unknown (InvalidAccessKeyId). When the real service changes from one to the other is not "
    "documented. `OssService.answer_expired_keys_with` selects the second from the start.",
    "Expires of a signed URL and expiration of a form policy are compared with wall time, like the "
    "dates in signatures. URLs that the cloud signs itself (PlayURL, ImageURL) use cloud time.",
    "A signed URL that was made with a token expires with the token.",
    "oss-v2 in V1 mode sends the header `security-token` unsigned. It is not accepted as a token.",
    "These are refused: x-oss-content-sha256 other than UNSIGNED-PAYLOAD, signature version 2, a "
    "parameter or a signed header that occurs twice, and broken percent-encoding.",
    "The cross-origin rules of VOD's buckets are not documented. This fake allows any "
    "origin, method and header for 3600 seconds. It exposes ETag and x-oss-request-id.",
    "HeadObject and GetObjectMeta need oss:GetObject by the vendor's pages. But they are listed "
    "for upload credentials, which cannot read. So a policy may also name the operation itself.",
    "The region in a RAM resource is `*`. A policy that names a region does not match.",
    "It is not known whether VOD treats an append as an upload. This fake does not.",
    "NoSuchUpload is answered to a part that arrives while its upload is being completed, and to a "
    "second completion. A failed completion does not change the upload.",
    "`sequential` of InitiateMultipartUpload is accepted, but the order of parts is not checked. "
    "`x-oss-complete-all` with a body is InvalidArgument; the real code is not known. The ETag of "
    "an object that was completed without parts, and the place of the ClientEncryption elements of "
    "ListParts, are not known.",
    "Sizes outside content-length-range are EntityTooSmall and EntityTooLarge (400). If there are "
    "several such conditions, all of them must be met.",
    "Active content (HTML, SVG, XML) is sent as an attachment, as OSS does on its own domains. The "
    "complete list of such types is not documented.",
    "Upload callbacks go to this machine only. Every other address fails as if nobody answered. "
    "They are signed with a key of the fake's own, at /_local/oss-callback-key.pem. If a receiver "
    "accepts only the vendor's key address, it refuses them, and should. Real callbacks have more "
    "headers `x-oss-*`. In a JSON body, texts are written with their quotes. The texts of refused "
    "callback parameters, and the EC of CallbackFailed, are not known.",
    "`x-oss-tagging` needs oss:PutObjectTagging. `x-oss-object-acl` needs oss:PutObjectAcl, also "
    "for `private`. Tags that are not allowed are InvalidTag; the real text is not known. A public "
    "ACL is refused, because anonymous access is not faked.",
    "Ranges, and objects with a Content-Encoding, are not compressed. Clients of HTTP/1.0 get no "
    "gzip.",
    "A copy has the MD5 of its content as its ETag, also if its source is a multipart object. The "
    "value of x-oss-ia-retrieve-flow-type is not known (0 here).",
    "DeleteMultipleObjects checks oss:DeleteObject for every key and deletes nothing if one is "
    "refused. It does not need Content-MD5.",
    "The buckets of VOD and of Function Compute cannot be deleted, and their cross-origin rules "
    "cannot be changed: AccessDenied. PutBucket does not change an existing bucket of the account.",
    "Content-Length together with chunked is 400, from the HTTP library. OSS accepts it.",
    "An EC is only given where it is recorded or documented.",
    "NotImplemented: public ACLs, symbolic links, versions, encryption, image processing, storage "
    "classes other than Standard, and all other operations on buckets.",
)
