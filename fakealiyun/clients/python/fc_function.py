"""alibabacloud-fc20230330: a function and its HTTP trigger, from creation to deletion."""

from __future__ import annotations

import base64
import io
import json
import zipfile

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client
from alibabacloud_tea_openapi.models import Config
from common import ENDPOINT, KEY, SECRET, tell
from Tea.exceptions import TeaException

packed = io.BytesIO()
with zipfile.ZipFile(packed, "w") as archive:
    archive.writestr("index.py", "def handler(event, context):\n    return 'hello'\n")
code = models.InputCodeLocation(zip_file=base64.b64encode(packed.getvalue()).decode())

config = Config(endpoint=ENDPOINT, protocol="http", access_key_id=KEY, access_key_secret=SECRET)
client = Client(config)
body = models.CreateFunctionInput(
    function_name="made-by-fc", runtime="python3.10", handler="index.handler", code=code
)
created = client.create_function(models.CreateFunctionRequest(body=body)).body
update = models.UpdateFunctionInput(description="changed")
client.update_function("made-by-fc", models.UpdateFunctionRequest(body=update))
trigger = models.CreateTriggerInput(
    trigger_name="http",
    trigger_type="http",
    trigger_config=json.dumps({"authType": "anonymous", "methods": ["GET", "POST"]}),
)
client.create_trigger("made-by-fc", models.CreateTriggerRequest(body=trigger))
read = client.get_function("made-by-fc", models.GetFunctionRequest()).body
triggers = client.list_triggers("made-by-fc", models.ListTriggersRequest()).body.triggers
listed = client.list_functions(models.ListFunctionsRequest(prefix="made")).body.functions
client.delete_trigger("made-by-fc", "http")
client.delete_function("made-by-fc")
refusal = None
try:
    client.get_function("made-by-fc", models.GetFunctionRequest())
except TeaException as error:
    refusal = [error.statusCode, error.code]

tell(
    runtime=created.runtime,
    description=read.description,
    triggers=[one.trigger_name for one in triggers],
    listed=[one.function_name for one in listed],
    refusal=refusal,
)
