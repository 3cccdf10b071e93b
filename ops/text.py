"""Texts in English and Chinese, side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Text:
    """One text in both languages."""

    en: str
    zh: str

    def of(self, language: str) -> str:
        """The text in a language."""
        return self.zh if language == "zh" else self.en

    def filled(self, en: str, zh: str | None = None) -> Text:
        """The text with a value in the place that it leaves open with `{}`."""
        return Text(self.en.replace("{}", en), self.zh.replace("{}", en if zh is None else zh))


def language_of(environ: Mapping[str, str] = os.environ) -> str:
    """The language of the terminal: zh if the locale says so, else en."""
    locale = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"
