"""A stand-in for `s`: it behaves as the real one does, and deploys to a fake cloud.

`preview` is the real command's, which takes a second, so what it renders is kept. `deploy` prints
what the real one prints, every setting in clear, writes the same to its log, and calls the fake
Function Compute. STAND_IN_S is a JSON object:

    real, fc   the real command, and the address of the fake
    previews   a folder that keeps what the real command rendered, for the same files and variables;
               without it, nothing is kept
    calls      a file that gets a line of JSON for each call
    says       further lines to print
    records    whether a call's line has the functions' variables too
    fails      a function whose deployment fails, with `exit` as the exit code
"""

# ruff: noqa: SIM112 - `s` reads variables in this spelling.

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def preview(given: dict[str, Any], arguments: list[str]) -> subprocess.CompletedProcess[bytes]:
    """What the real command does for these arguments, which begin with `preview`."""
    kept = Path(given["previews"]) / _key(arguments) if "previews" in given else None
    if kept is not None and kept.exists():
        return subprocess.CompletedProcess(arguments, 0, kept.read_bytes(), b"")
    done = subprocess.run([given["real"], *arguments], capture_output=True, check=False)
    if kept is not None and done.returncode == 0:
        with tempfile.NamedTemporaryFile(dir=kept.parent, delete=False) as made:
            made.write(done.stdout)
        Path(made.name).rename(kept)
    return done


def _key(arguments: list[str]) -> str:
    """All that a rendering depends on: arguments, files, and the variables that they name."""
    files = {path.name: path.read_text() for path in Path.cwd().glob("*.yaml")}
    names = re.findall(r"env\(\s*['\"]?(\w+)", "".join(files.values()))
    own = Path(".env")
    inputs = [
        *(arguments, files, {name: os.environ.get(name) for name in names}),
        own.read_text() if own.exists() else None,
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def say(text: str) -> None:
    """Print, and write to the log."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    logs = Path(os.environ["serverless_devs_config_home"]) / ".s" / "logs" / "1129152809"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "s_cli.log").open("a") as log:
        log.write(text + "\n")
    own = Path.home() / ".s" / "logs"  # as a component that does not know the variable
    own.mkdir(parents=True, exist_ok=True)
    (own / "fc3.log").write_text(text)


def main() -> int:
    """Run one command; returns its exit code."""
    given = json.loads(os.environ["STAND_IN_S"])
    arguments = sys.argv[1:]
    if "preview" in arguments:
        done = preview(given, arguments)
        sys.stdout.write(done.stdout.decode())
        sys.stderr.write(done.stderr.decode())
        return done.returncode
    template = arguments[arguments.index("-t") + 1]
    done = preview(given, ["preview", "--silent", "-o", "json", "-t", template])
    document: dict[str, Any] = json.loads(done.stdout)
    home = os.environ["serverless_devs_config_home"]
    mode = Path(home).stat().st_mode & 0o777
    call: dict[str, Any] = {"arguments": arguments, "mode": oct(mode), "home": home}
    if given.get("records"):
        call["variables"] = {
            name: resource["props"]["environmentVariables"]
            for name, resource in document["resources"].items()
        }
    with Path(given["calls"]).open("a") as calls:
        calls.write(json.dumps(call) + "\n")
    only = arguments[0] if arguments[0] != "deploy" else ""
    say("\u231b  Steps for [deploy] of [vodpass]\n" + "=" * 20)
    say(json.dumps(document, indent=2))
    for line in given.get("says", []):
        say(line)
    for name, resource in document["resources"].items():
        if only in ("", name):
            code = deploy(given, name, resource)
            if code:
                return code
    say("\u2714 Result for [deploy] of [vodpass]\n" + "=" * 20)
    return 0


def deploy(given: dict[str, Any], name: str, resource: dict[str, Any]) -> int:
    """Deploy one function, with everything in clear on the way."""
    say(f"\x1b[90m\u280b\x1b[39m [{name}] creating function")
    for key, value in resource["props"]["environmentVariables"].items():
        say(f"    {key}: {value}")
        say(f"      \x1b[32m'{value}'\x1b[39m")
        say(f"\u2714 [{value}] completed (1.00s)")
        say("\n".join(value[at : at + 20] for at in range(0, len(value), 20)))
    say(f"AccessKeySecret: {os.environ['AccessKeySecret']}")
    say(f"SecurityToken: {os.environ.get('SecurityToken', '')}")
    failed = given.get("fails") == name
    if not failed and given.get("fc"):
        from ops.account import Account, Key
        from ops.deploy.run_s import Job
        from ops.rehearse.with_sdk import WithSdk

        key = Key(os.environ["AccessKeyID"], os.environ["AccessKeySecret"])
        region = resource["props"]["region"]
        account = Account(key, region, endpoint=given["fc"], fc_endpoint=given["fc"])
        job = Job("", {}, (name,), name)
        document = {"resources": {name: resource}}
        run = WithSdk(account, os.environ["AccountID"], Path.cwd(), lambda _job: document)
        failed = run(job, lambda _step: None).exit_code != 0
    if failed:
        say(f"\x1b[31m\u2716\x1b[39m \x1b[90m[{name}] failed to [deploy] (0.42s)\x1b[39m")
        say("Error Message:\n" + "\n".join(given.get("reasons", [])))
        return int(given.get("exit", 101))
    say(f"\x1b[32m\u2714\x1b[39m \x1b[90m[{name}] completed (3.21s)\x1b[39m")
    return 0


if __name__ == "__main__":
    sys.exit(main())
