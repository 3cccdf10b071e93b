"""alibabacloud-oss-v2: its uploader, downloader, copier, files, paginators and presigned URLs."""

from __future__ import annotations

from pathlib import Path

import alibabacloud_oss_v2 as oss
import requests
from common import FILM, KEY, PART, SECRET, URL, tell

config = oss.config.load_default()
config.credentials_provider = oss.credentials.StaticCredentialsProvider(KEY, SECRET)
config.region, config.endpoint = "cn-shanghai", URL
client = oss.Client(config)
NAME = "made-by-oss-v2"
key = "目录/a b+c.mp4"

client.put_bucket(oss.PutBucketRequest(bucket=NAME))
info = client.get_bucket_info(oss.GetBucketInfoRequest(bucket=NAME)).bucket_info
client.put_object(oss.PutObjectRequest(bucket=NAME, key=key, body=b"content", metadata={"a": "1"}))
got = client.get_object(oss.GetObjectRequest(bucket=NAME, key=key, range_header="bytes=0-3"))
read = got.body.read().decode()
head = client.head_object(oss.HeadObjectRequest(bucket=NAME, key=key))

uploader = client.uploader(part_size=PART, parallel_num=2)
sent = uploader.upload_file(oss.PutObjectRequest(bucket=NAME, key="film"), filepath=FILM)
copy = f"{FILM}.copy"
downloader = client.downloader(part_size=PART, parallel_num=2)
downloader.download_file(oss.GetObjectRequest(bucket=NAME, key="film"), filepath=copy)
copier = client.copier(part_size=PART, parallel_num=2)
request = oss.CopyObjectRequest(bucket=NAME, key="film-2", source_bucket=NAME, source_key="film")
copier.copy(request)
with client.append_file(NAME, "log") as log:
    log.write(b"one")
    log.write(b"two")
with client.open_file(NAME, "log") as log:
    written = log.read().decode()

url = client.presign(oss.GetObjectRequest(bucket=NAME, key=key)).url
signed = requests.get(url, timeout=30).text
pages = client.list_objects_v2_paginator().iter_page(
    oss.ListObjectsV2Request(bucket=NAME, max_keys=2)
)
keys = [found.key for page in pages for found in page.contents]
exists = [client.is_object_exist(NAME, key), client.is_object_exist(NAME, "none")]
objects = [oss.DeleteObject(key=one) for one in keys]
client.delete_multiple_objects(oss.DeleteMultipleObjectsRequest(bucket=NAME, objects=objects))
client.delete_bucket(oss.DeleteBucketRequest(bucket=NAME))

tell(
    location=info.location,
    read=read,
    head=[head.content_length, (head.metadata or {}).get("a")],
    parts=sent.etag.strip('"')[-2:],
    same=Path(copy).read_bytes() == Path(FILM).read_bytes(),
    written=written,
    signed=signed,
    keys=keys,
    exists=exists,
)
