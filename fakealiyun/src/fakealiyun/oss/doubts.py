"""What is not known about the real OSS, and what is done here instead."""

DOUBTS = (
    "Order of the checks: well-formed claim, date, AccessKey, token, signature, bucket, "
    "permission. The live order is not documented.",
    "An expired token is SecurityTokenExpired for two days of cloud time, then the key is unknown "
    "(InvalidAccessKeyId). When the live service changes from one to the other is not documented; "
    "`OssService.answer_expired_keys_with` chooses the second from the start.",
    "Expires of a signed URL and expiration of a form policy are judged by wall time, like the "
    "dates in signatures; what the cloud signs itself (PlayURL, ImageURL) ends by cloud time.",
    "A signed URL made with a token ends with the token.",
    "The header `security-token`, which oss-v2 sends unsigned in V1 mode, is not taken for a "
    "token.",
    "x-oss-content-sha256 other than UNSIGNED-PAYLOAD, a V4 request without x-oss-date, signature "
    "version 2, a parameter or a signed header that comes twice, broken escapes: refused.",
    "The text of VOD's own cross-origin rules: any origin, all methods and headers, ETag and "
    "x-oss-request-id exposed, for 3600 seconds.",
    "HeadObject and GetObjectMeta need oss:GetObject by the vendor's pages, yet are listed for "
    "upload credentials, which cannot read; a policy may also name the operation itself.",
    "The region in a RAM resource is `*`: a policy that names a region does not match.",
    "Whether an append counts as an upload for VOD: it does not here.",
    "A part that arrives while its upload is being completed, and a second completion: "
    "NoSuchUpload. A failed completion leaves the upload as it was.",
    "Sizes outside content-length-range are EntityTooSmall and EntityTooLarge (400). Of several "
    "such conditions, each must hold.",
    "Active content (HTML, SVG, XML) is sent as an attachment, as OSS does on its own domains; "
    "for which types it does is not documented in full.",
    "ACLs, tags, copies, callbacks, symbolic links, versions, encryption, image processing, "
    "traffic limits and everything about buckets: NotImplemented.",
)
