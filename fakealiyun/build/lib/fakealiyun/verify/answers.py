"""Reads the answers of both sides: JSON and XML, and the parts that a probe observes."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from defusedxml import ElementTree

from fakealiyun.verify.endpoints import Answer
from fakealiyun.verify.probe import Observation

_STRING_TO_SIGN = re.compile(r"server string to sign is:.*", re.DOTALL)


class ProbeError(Exception):
    """A probe cannot go on: a step before the observation failed. The text has no secrets."""


def body(answer: Answer) -> Any:
    """The JSON of an answer. Raises ProbeError if it is none."""
    try:
        return json.loads(answer.body)
    except ValueError:
        raise ProbeError(f"the answer with status {answer.status} is not JSON") from None


def elements(answer: Answer) -> dict[str, str]:
    """The first level of an XML answer: names without namespace, and texts, in their order."""
    try:
        root = ElementTree.fromstring(answer.body)
    except ElementTree.ParseError:
        raise ProbeError(f"the answer with status {answer.status} is not XML") from None
    return {child.tag.rpartition("}")[2]: child.text or "" for child in root}


def entries(answer: Answer, name: str) -> list[dict[str, str]]:
    """All elements of this name in an XML answer, each with its children and their texts."""
    elements(answer)  # raises ProbeError if the answer is not XML
    root = ElementTree.fromstring(answer.body)
    found = [item for item in root.iter() if item.tag.rpartition("}")[2] == name]
    return [{child.tag.rpartition("}")[2]: child.text or "" for child in item} for item in found]


def text_of(answer: Answer, name: str) -> str:
    """The text of one element of an XML answer. Raises ProbeError without it."""
    try:
        return elements(answer)[name]
    except KeyError:
        raise ProbeError(f"the answer has no {name}") from None


def _error(answer: Answer) -> dict[str, str]:
    content = answer.body
    if not content and "x-oss-err" in answer.headers:
        content = base64.b64decode(answer.headers["x-oss-err"])
    if not content:
        return {}
    if content.lstrip().startswith(b"<"):
        return elements(Answer(answer.status, answer.headers, content))
    found = body(answer)
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def code(answer: Answer) -> Observation:
    """The status and the error code of an answer. The code of a success is empty."""
    given = _error(answer).get("Code", "") if answer.status >= 300 else ""
    return {"status": answer.status, "code": given}


def refusal(answer: Answer) -> Observation:
    """The status, the code and the text of an error, and its EC if it has one."""
    given = _error(answer) if answer.status >= 300 else {}
    message = _STRING_TO_SIGN.sub("server string to sign is:", given.get("Message", ""))
    seen: Observation = {**code(answer), "message": message}
    if "EC" in given:
        seen["ec"] = given["EC"]
    return seen


def accepted(what: str, answer: Answer) -> Answer:
    """The answer of a step before the observation. Raises ProbeError if it was refused."""
    if answer.status >= 300:
        raise ProbeError(f"{what} answered {answer.status} {code(answer)['code']}".strip())
    return answer
