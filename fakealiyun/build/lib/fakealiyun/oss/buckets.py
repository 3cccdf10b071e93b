"""Operations on buckets: create, delete, describe, list, and their cross-origin rules.

Buckets of a service of the cloud (VOD, Function Compute) belong to that service: nobody else may
delete them or change their rules.
"""

from __future__ import annotations

from fakealiyun.oss import documents
from fakealiyun.oss.address import region_of_host
from fakealiyun.oss.authentication import iso
from fakealiyun.oss.call import OssAnswer, OssCall
from fakealiyun.oss.cors import METHODS, CorsRule
from fakealiyun.oss.errors import OssError
from fakealiyun.oss.state import Bucket
from fakealiyun.xml import Element, XmlContent

MAX_CORS_RULES = 10
_XML = {"Content-Type": "application/xml"}
_REPEATED = ("AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")


async def put_bucket(call: OssCall) -> OssAnswer:
    """PutBucket: creates a private bucket in the region of the host. An existing one stays."""
    if (call.head.header("x-oss-acl") or "private") != "private":
        raise OssError("NotImplemented", "Public buckets are not supported here.")
    region = region_of_host(call.head.host) or call.region
    body = await call.read_xml()
    if body:
        _check_configuration(documents.fields_of(body, "CreateBucketConfiguration"), region)
    call.storage.add_bucket(call.bucket, region)
    return OssAnswer(headers={"Location": f"/{call.bucket}"})


async def delete_bucket(call: OssCall) -> OssAnswer:
    """DeleteBucket: deletes a bucket without objects and unfinished uploads; answers 204."""
    _own(call)
    call.storage.remove_bucket(call.bucket)
    return OssAnswer(204)


async def get_bucket_info(call: OssCall) -> OssAnswer:
    """GetBucketInfo: name, region, endpoints, owner and ACL of the bucket."""
    bucket = _bucket(call)
    content: dict[str, XmlContent] = {
        "CreationDate": iso(bucket.created),
        **_endpoints(bucket),
        "Location": f"oss-{bucket.region}",
        "StorageClass": "Standard",
        "DataRedundancyType": "LRS",
        "Name": bucket.name,
        "Owner": {"DisplayName": call.account_id, "ID": call.account_id},
        "AccessControlList": {"Grant": "private"},
        "Comment": "",
    }
    return OssAnswer(headers=_XML, body=documents.render("BucketInfo", {"Bucket": content}))


async def get_bucket_location(call: OssCall) -> OssAnswer:
    """GetBucketLocation: the region of the bucket, such as `oss-cn-shanghai`."""
    location = f"oss-{_bucket(call).region}"
    return OssAnswer(headers=_XML, body=documents.render("LocationConstraint", location))


async def get_bucket_stat(call: OssCall) -> OssAnswer:
    """GetBucketStat: how many bytes, objects and unfinished uploads the bucket has now."""
    bucket = _bucket(call)
    objects = call.storage.objects(bucket.name)
    uploads = call.storage.uploads(bucket.name)
    size = sum(stored.size for stored in objects)
    content: dict[str, XmlContent] = {
        "Storage": size,
        "ObjectCount": len(objects),
        "MultipartUploadCount": len(uploads),
        "LiveChannelCount": 0,
        "LastModifiedTime": int(call.clock.now()),
        "StandardStorage": size,
        "StandardObjectCount": len(objects),
        "InfrequentAccessStorage": 0,
        "InfrequentAccessRealStorage": 0,
        "InfrequentAccessObjectCount": 0,
        "ArchiveStorage": 0,
        "ArchiveRealStorage": 0,
        "ArchiveObjectCount": 0,
        "ColdArchiveStorage": 0,
        "ColdArchiveRealStorage": 0,
        "ColdArchiveObjectCount": 0,
        "DeepColdArchiveStorage": 0,
        "DeepColdArchiveRealStorage": 0,
        "DeepColdArchiveObjectCount": 0,
        "MultipartPartCount": sum(len(upload.parts) for upload in uploads),
        "DeleteMarkerCount": 0,
    }
    return OssAnswer(headers=_XML, body=documents.render("BucketStat", content))


async def list_buckets(call: OssCall) -> OssAnswer:
    """ListBuckets: the buckets of the account in the order of their names."""
    prefix, marker = call.parameter("prefix"), call.parameter("marker")
    limit = call.number("max-keys", 100, 1, 1000)
    rest = [
        bucket
        for bucket in sorted(call.storage.buckets(), key=lambda one: one.name)
        if bucket.name.startswith(prefix) and bucket.name > marker
    ]
    result: dict[str, XmlContent] = {}
    if len(rest) > limit:
        result |= {
            "Prefix": prefix,
            "Marker": marker,
            "MaxKeys": limit,
            "IsTruncated": "true",
            "NextMarker": rest[limit - 1].name,
        }
    result |= {
        "Owner": {"ID": call.account_id, "DisplayName": call.account_id},
        "Buckets": {
            "Bucket": [
                {
                    "Comment": "",
                    "CreationDate": iso(bucket.created),
                    **_endpoints(bucket),
                    "Location": f"oss-{bucket.region}",
                    "Name": bucket.name,
                    "Region": bucket.region,
                    "StorageClass": "Standard",
                }
                for bucket in rest[:limit]
            ]
        },
    }
    return OssAnswer(headers=_XML, body=documents.render("ListAllMyBucketsResult", result))


async def put_bucket_cors(call: OssCall) -> OssAnswer:
    """PutBucketCors: replaces the cross-origin rules of the bucket."""
    _own(call)
    root = documents.read(await call.read_xml(), "CORSConfiguration")
    vary = [child.text.strip().lower() for child in root.children if child.name == "ResponseVary"]
    rules = [_rule(child) for child in root.children if child.name != "ResponseVary"]
    if not rules or len(vary) > 1 or (vary and vary[0] not in ("true", "false")):
        raise OssError("MalformedXML")
    if len(rules) > MAX_CORS_RULES:
        raise OssError("CORSRuleBeyondLimit")
    call.storage.set_cors(call.bucket, tuple(rules), response_vary=vary == ["true"])
    return OssAnswer()


async def get_bucket_cors(call: OssCall) -> OssAnswer:
    """GetBucketCors: the cross-origin rules of the bucket in their order."""
    bucket = _bucket(call)
    if not bucket.cors:
        raise OssError("NoSuchCORSConfiguration", details={"BucketName": bucket.name})
    result: dict[str, XmlContent] = {
        "CORSRule": [
            {
                "AllowedOrigin": rule.allowed_origins,
                "AllowedMethod": rule.allowed_methods,
                "AllowedHeader": rule.allowed_headers,
                "ExposeHeader": rule.expose_headers,
                **({"MaxAgeSeconds": rule.max_age} if rule.max_age else {}),
            }
            for rule in bucket.cors
        ],
        "ResponseVary": bucket.response_vary,
    }
    return OssAnswer(headers=_XML, body=documents.render("CORSConfiguration", result))


async def delete_bucket_cors(call: OssCall) -> OssAnswer:
    """DeleteBucketCors: removes all cross-origin rules and answers 204."""
    _own(call)
    call.storage.set_cors(call.bucket, (), response_vary=False)
    return OssAnswer(204)


def _bucket(call: OssCall) -> Bucket:
    bucket = call.storage.bucket(call.bucket)
    if bucket is None:
        raise OssError("NoSuchBucket", details={"BucketName": call.bucket})
    return bucket


def _own(call: OssCall) -> None:
    if _bucket(call).managed:
        raise OssError("AccessDenied", "The bucket belongs to a service of Alibaba Cloud.", ec="")


def _endpoints(bucket: Bucket) -> dict[str, XmlContent]:
    return {
        "ExtranetEndpoint": f"oss-{bucket.region}.aliyuncs.com",
        "IntranetEndpoint": f"oss-{bucket.region}-internal.aliyuncs.com",
    }


def _check_configuration(settings: dict[str, str], region: str) -> None:
    location = settings.pop("LocationConstraint", "") or f"oss-{region}"
    if location != f"oss-{region}":
        raise OssError("InvalidLocationConstraint", details={"LocationConstraint": location})
    offered = {"StorageClass": ("", "Standard"), "DataRedundancyType": ("", "LRS", "ZRS")}
    for name, value in settings.items():
        if value not in offered.get(name, ()):
            raise OssError("NotImplemented", f"{name} is not supported here with this value.")


def _rule(element: Element) -> CorsRule:
    found: dict[str, list[str]] = {name: [] for name in (*_REPEATED, "MaxAgeSeconds")}
    for child in documents.children(element, "CORSRule"):
        if child.name not in found or child.children:
            raise OssError("MalformedXML")
        found[child.name].append(child.text.strip())
    ages = found.pop("MaxAgeSeconds")
    origins, methods, headers, exposed = (tuple(found[name]) for name in _REPEATED)
    if not origins or not methods or len(ages) > 1:
        raise OssError("MalformedXML")
    age = ages[0] if ages else "0"
    if (
        any(method not in METHODS for method in methods)
        or any(not text or text.count("*") > 1 for text in (*origins, *headers))
        or any(not text or "*" in text for text in exposed)
        or not (age.isascii() and age.isdigit() and len(age) < 10)
    ):
        raise OssError("InvalidArgument", "A CORS rule has a value that is not allowed.")
    return CorsRule(origins, methods, headers, exposed, int(age))
