"""`python -m ops.account.readme`: write the commands of `ram/README.md` from the table of roles.

With `--check` it only says whether they are current. A test runs the commands, and compares what
they make with what `python -m ops.account apply` makes.
"""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from pathlib import Path

from ops.account.roles import CLEAN_UP, CLIENTS, FUNCTIONS, RENEWAL, WATCH_QUEUE, folder

PAGE = Path(__file__).resolve().parents[2] / "ram" / "README.md"
_BLOCK = re.compile(r"(?<=^```sh\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
_ROTATE = "DeleteOldestNonDefaultVersionWhenLimitExceeded"


def blocks() -> list[str]:
    """The blocks of commands, in the order of the page."""
    ends = textwrap.fill(
        " ".join([*FUNCTIONS, *CLIENTS]), 74, subsequent_indent=" " * 12, break_on_hyphens=False
    ).replace("\n", " \\\n")
    start = folder("")
    return [
        f"""\
NAME=vodpass
ACCOUNT_ID=$(aliyun sts GetCallerIdentity | sed -n 's/.*"AccountId": *"\\([0-9]*\\)".*/\\1/p')
BUCKET=my-bucket
PREFIX=uploads
WATCH_QUEUE={WATCH_QUEUE}

fill() {{
  sed -e "s|\\${{AccountId}}|$ACCOUNT_ID|g" -e "s|\\${{Name}}|$NAME|g" \\
    -e "s|\\${{Bucket}}|$BUCKET|g" -e "s|\\${{Prefix}}|$PREFIX|g" \\
    -e "s|\\${{WatchQueue}}|$WATCH_QUEUE|g" "$1"
}}

for ROLE in {ends}; do
  aliyun ram CreateRole --RoleName "$NAME-$ROLE" \\
    --AssumeRolePolicyDocument "$(fill "{start}$ROLE/trust.json")"
  aliyun ram CreatePolicy --PolicyName "$NAME-$ROLE" \\
    --PolicyDocument "$(fill "{start}$ROLE/policy.json")"
  aliyun ram AttachPolicyToRole --PolicyType Custom --PolicyName "$NAME-$ROLE" \\
    --RoleName "$NAME-$ROLE"
done
""",
        _further(RENEWAL),
        _further(CLEAN_UP),
        f"""\
APP_ID=app-1234567
sed -n 's/.*"{start}\\([a-z-]*\\)": "\\(VODApp[A-Za-z]*\\)".*/\\1 \\2/p' applications.json |
while read -r ROLE POLICY; do
  aliyun vod AttachAppPolicyToIdentity --IdentityType RamRole --IdentityName "$NAME-$ROLE" \\
    --AppId "$APP_ID" --PolicyNames "$POLICY"
done
""",
        f"""\
ROLE=upload
aliyun ram CreatePolicyVersion --PolicyName "$NAME-$ROLE" \\
  --PolicyDocument "$(fill "{start}$ROLE/policy.json")" \\
  --SetAsDefault true --RotateStrategy {_ROTATE}
""",
    ]


def _further(end: str) -> str:
    """The block that gives `watch` one more policy."""
    return f"""\
aliyun ram CreatePolicy --PolicyName "$NAME-{end}" \\
  --PolicyDocument "$(fill {folder("watch")}/{end}.json)"
aliyun ram AttachPolicyToRole --PolicyType Custom --PolicyName "$NAME-{end}" \\
  --RoleName "$NAME-watch"
"""


def rewritten(text: str) -> str:
    """The page with these blocks. Raises ValueError if it has another number of them."""
    made = blocks()
    if len(_BLOCK.findall(text)) != len(made):
        raise ValueError(f"the page must have {len(made)} blocks of commands")
    rest = iter(made)
    return _BLOCK.sub(lambda _: next(rest), text)


def main() -> int:
    """Write the page, or check it. Returns 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, and do not write")
    text = PAGE.read_text("utf-8")
    if parser.parse_args().check:
        current = rewritten(text) == text
        print("current" if current else "not current: run python -m ops.account.readme")
        return 0 if current else 1
    PAGE.write_text(rewritten(text), "utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
