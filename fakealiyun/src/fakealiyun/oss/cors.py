"""Cross-origin rules of a bucket: the first rule that matches decides.

Source of the rules: the OSS reference on PutBucketCors and OptionObject.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")


@dataclass(frozen=True)
class CorsRule:
    """One rule. Origins and headers may hold one `*` each; `max_age` is in seconds."""

    allowed_origins: tuple[str, ...]
    allowed_methods: tuple[str, ...]
    allowed_headers: tuple[str, ...] = ()
    expose_headers: tuple[str, ...] = ()
    max_age: int = 0

    def matches(self, origin: str, method: str, headers: Iterable[str]) -> bool:
        """Whether a page of `origin` may send `method` with these request headers."""
        return (
            any(_like(pattern, origin) for pattern in self.allowed_origins)
            and method in self.allowed_methods
            and all(
                any(_like(pattern.lower(), name.lower()) for pattern in self.allowed_headers)
                for name in headers
            )
        )

    def answer(self, origin: str) -> dict[str, str]:
        """The headers that tell the browser; `*` stays `*` as in the real answers."""
        headers = {
            "Access-Control-Allow-Origin": "*" if "*" in self.allowed_origins else origin,
            "Access-Control-Allow-Methods": ", ".join(self.allowed_methods),
        }
        if self.expose_headers:
            headers["Access-Control-Expose-Headers"] = ", ".join(self.expose_headers)
        if "*" not in self.allowed_origins:
            headers["Vary"] = "Origin"
        return headers

    def preflight_answer(self, origin: str, requested: Sequence[str]) -> dict[str, str]:
        """As `answer`, with what only a preflight is told."""
        headers = self.answer(origin)
        if requested:
            headers["Access-Control-Allow-Headers"] = ", ".join(requested)
        if self.max_age:
            headers["Access-Control-Max-Age"] = str(self.max_age)
        return headers


def upload_rule(origins: Iterable[str]) -> CorsRule:
    """What a bucket needs for uploads by pages of these origins, in parts too: ETag is exposed."""
    return CorsRule(
        allowed_origins=tuple(origins),
        allowed_methods=METHODS,
        allowed_headers=("*",),
        expose_headers=("ETag", "x-oss-request-id"),
        max_age=3600,
    )


#: VOD's own buckets come with cross-origin rules, so that browsers can upload from any page.
#: That they do is documented; their exact text is not.
VOD_BUCKET_RULES = (upload_rule(("*",)),)


def first_match(
    rules: Iterable[CorsRule], origin: str, method: str, headers: Iterable[str] = ()
) -> CorsRule | None:
    """The rule that decides, or None when none allows the request."""
    wanted = tuple(headers)
    return next((rule for rule in rules if rule.matches(origin, method, wanted)), None)


def _like(pattern: str, value: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return pattern == value
    return len(value) >= len(head) + len(tail) and value.startswith(head) and value.endswith(tail)
