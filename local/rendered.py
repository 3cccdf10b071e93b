"""What `s preview` would print for the local deployment, in a file for the doctor."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from local.stack import Stack


@contextlib.contextmanager
def settings_file(stack: Stack, folder: Path) -> Iterator[Path]:
    """`deployment-PORT.json` in `folder`, which only this user can read. Afterwards it is gone.

    It holds the keys of the local deployment, as what `s preview` prints holds those of a real one.
    """
    path = folder / f"deployment-{stack.port}.json"
    text = json.dumps(stack.gateway.deployment.document)
    made = path.with_suffix(".new")
    made.unlink(missing_ok=True)
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    made.replace(path)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def doctor_command(stack: Stack, settings: Path) -> str:
    """The command that checks the local deployment. Its AccessKey opens nothing but the fake."""
    key = stack.cloud.admin
    return (
        f"ALIBABA_CLOUD_ACCESS_KEY_ID={key.access_key_id} "
        f"ALIBABA_CLOUD_ACCESS_KEY_SECRET={key.access_key_secret} "
        f".venv/bin/python -m ops.doctor --settings {settings} --url {stack.url} "
        f"--endpoint {stack.cloud.endpoint}"
    )
