"""oss2: a bucket's life, objects, parts, copies, signed URLs, lists; with V1 and V4."""

from __future__ import annotations

import os
from pathlib import Path

import oss2
from common import FILM, KEY, PART, SECRET, URL, tell

v4 = os.environ["SIGNATURE"] == "v4"
auth = oss2.AuthV4(KEY, SECRET) if v4 else oss2.Auth(KEY, SECRET)
bucket = oss2.Bucket(auth, URL, "made-by-oss2", region="cn-shanghai")
name = "目录/a b+c.mp4"

bucket.create_bucket(oss2.BUCKET_ACL_PRIVATE)
service = oss2.Service(auth, URL, region="cn-shanghai")
buckets = [found.name for found in oss2.BucketIterator(service)]
location = bucket.get_bucket_location().location

bucket.put_object(name, b"content", headers={"x-oss-meta-a": "1", "x-oss-tagging": "k=v"})
read = bucket.get_object(name, byte_range=(0, 3)).read().decode()
head = bucket.head_object(name)
exists = [bucket.object_exists(name), bucket.object_exists("none")]

oss2.resumable_upload(bucket, "film", FILM, multipart_threshold=PART, part_size=PART)
copy = f"{FILM}.copy"
oss2.resumable_download(bucket, "film", copy, multiget_threshold=PART, part_size=PART)
bucket.copy_object("made-by-oss2", "film", "film-2")
bucket.append_object("log", 0, b"one")
length = bucket.append_object("log", 3, b"two").next_position

url = bucket.sign_url("PUT", "signed", 60, slash_safe=True)
bucket.put_object_with_url(url, b"signed")
signed = bucket.get_object_with_url(bucket.sign_url("GET", "signed", 60)).read().decode()
keys = [found.key for found in oss2.ObjectIteratorV2(bucket, max_keys=2)]
stat = bucket.get_bucket_stat()
bucket.batch_delete_objects(keys)
bucket.delete_bucket()

tell(
    buckets="made-by-oss2" in buckets,
    location=location,
    read=read,
    head=[head.content_length, head.headers["x-oss-meta-a"], head.headers["x-oss-tagging-count"]],
    exists=exists,
    same=Path(copy).read_bytes() == Path(FILM).read_bytes(),
    length=length,
    signed=signed,
    keys=keys,
    objects=stat.object_count,
)
