"""Reads and checks the parameters of VOD operations.

Every function gets the parameters of the call, and raises ApiError with the name of the field. An
empty value counts as absent: SDKs leave out unset fields, but web clients send some of them empty.
"""

from __future__ import annotations

import re
import unicodedata
from calendar import timegm
from collections.abc import Collection, Mapping
from time import strptime

from fakealiyun.openapi.errors import invalid, missing
from fakealiyun.vod import errors

Parameters = Mapping[str, str]

MAX_TITLE = 128  # bytes of UTF-8: the documentation says characters, the error says bytes
MAX_DESCRIPTION = 1024  # bytes of UTF-8
MAX_TAGS = 16
MAX_TAG = 32  # characters
_INTEGER = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)
_REFERENCE_ID = re.compile(r"[A-Za-z0-9_-]{6,64}", re.ASCII)
# Emoji outside the Basic Multilingual Plane, emoji inside it that are shown as pictures, and
# characters that turn a plain sign into a picture. Which characters the real service means by
# "emoticon or special" is not documented.
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\U000e0020-\U000e007f\ufe0f\u20e3"
    "\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693"
    "\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd"
    "\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf"
    "\u2b1b\u2b1c\u2b50\u2b55]"
)


def optional(parameters: Parameters, name: str) -> str | None:
    """The value, or None if it is absent or empty."""
    return parameters.get(name) or None


def required(parameters: Parameters, name: str) -> str:
    """The value. Raises ApiError Missing<Name> without it."""
    value = optional(parameters, name)
    if value is None:
        raise missing(name)
    return value


def integer(parameters: Parameters, name: str, least: int, most: int) -> int | None:
    """A decimal integer in a range, or None if absent."""
    value = optional(parameters, name)
    if value is None:
        return None
    if not _INTEGER.fullmatch(value) or not least <= int(value) <= most:
        raise invalid(name, f"an integer from {least} to {most}")
    return int(value)


def boolean(parameters: Parameters, name: str) -> bool | None:
    """true or false in upper or lower case: the Python SDK sends `True` and `False`."""
    value = optional(parameters, name)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise invalid(name, "true or false")
    return value.lower() == "true"


def choice(parameters: Parameters, name: str, allowed: Collection[str]) -> str | None:
    """One of the allowed values, or None if absent."""
    value = optional(parameters, name)
    if value is not None and value not in allowed:
        raise invalid(name, f"one of {', '.join(allowed)}")
    return value


def choices(parameters: Parameters, name: str, allowed: Collection[str]) -> list[str] | None:
    """A comma-separated list of allowed values, or None if absent."""
    value = optional(parameters, name)
    if value is None:
        return None
    items = value.split(",")
    if not all(item in allowed for item in items):
        raise invalid(name, f"a comma list of {', '.join(allowed)}")
    return items


def id_list(parameters: Parameters, name: str, most: int) -> list[str] | None:
    """A comma-separated list of ids, without repeated ids; None if absent.

    Raises ApiError VideoIdsExceededMax for more than `most` ids.
    """
    value = optional(parameters, name)
    if value is None:
        return None
    items = list(dict.fromkeys(value.split(",")))
    if len(items) > most:
        raise errors.video_ids_exceeded()
    return items


def moment(parameters: Parameters, name: str) -> int | None:
    """`yyyy-MM-ddTHH:mm:ssZ` as epoch seconds, or None if absent."""
    value = optional(parameters, name)
    if value is None:
        return None
    seconds = parse_time(value)
    if seconds is None:
        raise invalid(name, "yyyy-MM-ddTHH:mm:ssZ in UTC")
    return seconds


def parse_time(text: str) -> int | None:
    """Epoch seconds of `yyyy-MM-ddTHH:mm:ssZ`; None for anything else."""
    if not _TIME.fullmatch(text):
        return None
    try:
        return timegm(strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        return None


def text(parameters: Parameters, name: str, most: int) -> str | None:
    """Text without emoji and control characters, of at most `most` bytes of UTF-8."""
    value = optional(parameters, name)
    if value is None:
        return None
    # A Description may contain new lines and tabs. The real rule is not documented.
    plain = value.replace("\n", "").replace("\r", "").replace("\t", "")
    checked = plain if name == "Description" else value
    if _EMOJI.search(value) or any(unicodedata.category(c) in ("Cc", "Cs") for c in checked):
        raise errors.illegal_characters(name)
    if len(value.encode()) > most:
        raise errors.too_long(name, most)
    return value


def tags(parameters: Parameters) -> str | None:
    """`Tags`: at most 16, separated by commas, each 1 to 32 characters long."""
    value = text(parameters, "Tags", MAX_TAGS * (MAX_TAG * 4 + 1))
    if value is None:
        return None
    items = value.split(",")
    if len(items) > MAX_TAGS:
        raise errors.too_many_tags()
    if not all(items):
        raise invalid("Tags", "comma separated, none of them empty")
    if any(len(item) > MAX_TAG for item in items):
        raise errors.too_long("Tags", MAX_TAG)
    return value


def url(parameters: Parameters, name: str) -> str | None:
    """An http or https address."""
    value = optional(parameters, name)
    if value is not None and not re.fullmatch(r"https?://[\x21-\x7e]{1,1000}", value):
        raise invalid(name, "an http or https address")
    return value


def reference_id(parameters: Parameters) -> str | None:
    """`ReferenceId`: 6 to 64 letters, digits, `_` and `-`.

    The error code for another value is not documented.
    """
    value = optional(parameters, "ReferenceId")
    if value is not None and not _REFERENCE_ID.fullmatch(value):
        raise invalid("ReferenceId", "6 to 64 letters, digits, hyphens and underscores")
    return value
