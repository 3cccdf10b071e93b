"""OSS: objects over HTTP as the official clients speak it, with signatures always checked."""

from local.cloud.oss.address import bucket_of_host
from local.cloud.oss.cors import VOD_BUCKET_RULES, CorsRule
from local.cloud.oss.service import OssService
from local.cloud.oss.signed_url import sign_url
from local.cloud.oss.state import Storage, StoredObject

__all__ = [
    "VOD_BUCKET_RULES",
    "CorsRule",
    "OssService",
    "Storage",
    "StoredObject",
    "bucket_of_host",
    "sign_url",
]
