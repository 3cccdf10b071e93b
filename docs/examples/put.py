"""Sends a file with the answer of /upload or /refresh: python put.py FILE < answer.json"""

import base64
import json
import sys

import oss2

answer = json.load(sys.stdin)
address = json.loads(base64.b64decode(answer["UploadAddress"]))
auth = json.loads(base64.b64decode(answer["UploadAuth"]))
keys = oss2.StsAuth(auth["AccessKeyId"], auth["AccessKeySecret"], auth["SecurityToken"])
bucket = oss2.Bucket(keys, address["Endpoint"], address["Bucket"])
try:
    put = bucket.put_object_from_file(address["FileName"], sys.argv[1])
    sys.stdout.write(f"PUT {put.status}\n")
except oss2.exceptions.OssError as error:
    sys.stdout.write(f"PUT {error.status} {error.code}\n")
