"""The app's login of a rehearsal: prints a token for a subject, scopes, and a claim `vod`.

`python rehearsal_login.py URL SUBJECT SCOPES VOD`, with the address of `make run` and JSON or
nothing as VOD.
"""

from __future__ import annotations

import json
import sys
import urllib.request

url, subject, scopes, vod = sys.argv[1:]
asked = {"sub": subject, "scope": scopes, **({"vod": json.loads(vod)} if vod else {})}
request = urllib.request.Request(
    f"{url}/_local/token",
    data=json.dumps(asked).encode(),
    headers={"Content-Type": "application/json"},
)
with urllib.request.urlopen(request, timeout=30) as answer:
    print(json.load(answer)["token"])
