"""OSS: objects over HTTP, for the official clients. Signatures are always checked."""

from fakealiyun.oss.address import bucket_of_host
from fakealiyun.oss.cors import VOD_BUCKET_RULES, CorsRule
from fakealiyun.oss.service import OssService
from fakealiyun.oss.signed_url import sign_url
from fakealiyun.oss.state import Storage, StoredObject

__all__ = [
    "VOD_BUCKET_RULES",
    "CorsRule",
    "OssService",
    "Storage",
    "StoredObject",
    "bucket_of_host",
    "sign_url",
]
