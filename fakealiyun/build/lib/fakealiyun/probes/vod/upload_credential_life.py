"""How long an UploadAuth is valid."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import parsedate_to_datetime

from fakealiyun.verify.bench import Bench
from fakealiyun.verify.probe import Observation, Probe


def run(bench: Bench) -> Observation:
    upload = bench.video()
    issued = parsedate_to_datetime(upload.answer.headers["date"])
    ends = datetime.strptime(upload.auth["ExpireUTCTime"], "%Y-%m-%dT%H:%M:%SZ")
    life = ends.replace(tzinfo=timezone.utc) - issued
    minutes = round(life.total_seconds() / 60)
    return {"Expiration": str(upload.auth["Expiration"]), "minutes": minutes}


PROBE = Probe(run, creates="a video without a file")
