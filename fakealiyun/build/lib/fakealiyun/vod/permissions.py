"""The policies inside the credentials that VOD issues."""

from __future__ import annotations

from collections.abc import Sequence

from fakealiyun.ram.policy import Policy


def allow(actions: Sequence[str], resource: str) -> Policy:
    """A policy that allows these actions on one resource, and nothing else."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource}
    return Policy.parse({"Version": "1", "Statement": [statement]})
