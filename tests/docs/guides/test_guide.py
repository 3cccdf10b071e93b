"""The guide to events against the code and the sample files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.request
from pathlib import Path

from fakealiyun.vod.callbacks.configuration import EVENT_TYPES
from local.checkout_keys import load_keys
from local.stack import PROJECT
from shared.config.uses import USES
from shared.events import callback as notice
from tests.docs.guides import guide
from tests.docs.guides.test_bodies import BODIES
from tests.support.code_under_test import CodeUnderTest
from tests.support.operator import user_token

SAMPLES = PROJECT / "docs" / "examples"


def test_the_bodies_in_the_guide_are_the_sample_files() -> None:
    bodies = [block for block in guide.blocks("json") if "specversion" in block]
    assert sorted(bodies) == sorted(path.read_text("utf-8") for path in BODIES.iterdir())


def test_each_type_has_its_body_below_its_own_heading() -> None:
    for section in guide.text().split("\n### ")[1:]:
        heading = section.partition("\n")[0]
        shown = section.partition("```json\n")[2].partition("```")[0]
        assert json.loads(shown)["type"] == heading


def test_the_types_are_those_that_the_code_sends() -> None:
    told = [guide.coded(row[0])[0] for row in guide.rows("The events")]
    headings = [part.partition("\n")[0] for part in guide.text().split("\n### ")[1:]]
    assert told == headings
    sources = [
        *(PROJECT / "shared").rglob("*.py"),
        *(PROJECT / "functions").glob("*/index.py"),
    ]
    sent = {name for path in sources for name in guide.events_in(path.read_text("utf-8"))}
    assert set(told) == sent


def test_a_sample_is_the_file_that_is_tested() -> None:
    names = ("receiver.py", "publish.py")
    assert guide.blocks("python") == [(SAMPLES / name).read_text("utf-8") for name in names]


def test_the_guide_leads_to_a_receiver_in_each_language() -> None:
    receivers = {path.name for path in SAMPLES.glob("receiver.*")}
    assert receivers == set(re.findall(r"\]\(examples/(receiver\.\w+)\)", guide.text()))


def test_every_setting_of_the_two_functions_is_explained() -> None:
    told = {name for row in guide.rows("Settings") for name in guide.coded(row[0])}
    of_both = {"VODPASS_UPLOAD_WINDOW", "VODPASS_MAX_FILE_SIZE", "VODPASS_CALLBACK_URL"}
    # `upload` reads this one, but it decides where events go.
    of_upload = {"VODPASS_UPLOAD_CALLBACK"}
    everywhere = USES["upload"] - of_both - of_upload
    assert told == ((USES["events"] | USES["watch"]) - everywhere) | of_upload


def test_every_callback_type_of_the_code_is_explained() -> None:
    rows = guide.rows("From VOD's callback to your event")
    told = {name for row in rows for name in guide.coded(row[0])}
    for name in told | set(EVENT_TYPES):
        known = notice.read(json.dumps({"EventType": name})).known
        assert known == (name in told), name
    assert set(EVENT_TYPES) - told == {"AIComplete"}, "which selects the events of AI jobs"


def begin_upload(url: str, token: str) -> None:
    """Start an upload in the name of another user."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/upload", b'{"FileName": "film.mp4"}', headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def test_the_walk_works_as_pasted(code_under_test: CodeUnderTest, tmp_path: Path) -> None:
    [walk] = guide.blocks("bash")
    with code_under_test.stack(keys=load_keys(tmp_path), events=True) as stack:
        ports = {"PORT": str(stack.port), "CLOUD_PORT": str(stack.cloud.port)}
        begin_upload(stack.url, user_token(stack, sub="bob"))
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail"],
            input=walk,
            env={**os.environ, **ports},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    # The walk shows its own upload alone, though bob's credential is about to expire too.
    delivered = json.loads(done.stdout)["events"]
    assert len({one["body"]["subject"] for one in delivered}) == 1
    [event] = [one for one in delivered if one["body"]["type"] == "upload.expiring"]
    assert event["webhook-id"] == event["body"]["id"]
    assert event["webhook-timestamp"].isdigit()
    assert event["body"]["data"]["owner"] == "alice"
