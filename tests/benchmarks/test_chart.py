"""The chart is well-formed SVG, names every contender, and is readable in light and dark."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from benchmarks import chart
from benchmarks.figures import CONTENDERS, OURS

PROJECT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"
DARK = "@media (prefers-color-scheme: dark)"


def result(*medians: float) -> dict[str, Any]:
    """A result of `cold_start.measure`, with a median in seconds for each contender."""
    contenders = {
        contender: {"play": {"seconds": {"median": value, "min": value * 0.9, "max": value * 1.2}}}
        for contender, value in zip(CONTENDERS, medians, strict=True)
    }
    return {"contenders": contenders, "python": "3.10", "rounds": 9}


DRAWN = chart.svg(result(0.04, 0.07, 0.3, 0.8), "play")
COMMITTED = (PROJECT / "docs" / "cold-start.svg").read_text("utf-8")
BOTH = pytest.mark.parametrize("text", [DRAWN, COMMITTED], ids=["drawn", "committed"])


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314


@BOTH
def test_every_contender_has_its_name_and_description(text: str) -> None:
    shown = texts(text)
    for contender in CONTENDERS:
        name, about = chart.LABELS[contender]
        assert name in shown
        assert about in shown


def test_every_contender_has_its_median_in_milliseconds() -> None:
    assert {"40", "70", "300", "800"} <= set(texts(DRAWN))


def test_bars_are_as_long_as_their_medians() -> None:
    bars = [
        float(element.get("width", ""))
        for element in ET.fromstring(DRAWN).iter(f"{SVG}rect")  # noqa: S314
        if element.get("class") in ("bar", "ours")
    ]
    assert [width / bars[0] for width in bars] == pytest.approx([1, 1.75, 7.5, 20], rel=0.01)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@BOTH
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_is_readable_on_its_background(text: str, dark: bool) -> None:
    style = ET.fromstring(text).findtext(f"{SVG}style")  # noqa: S314
    assert style is not None
    light_rules, media, dark_rules = style.partition(DARK)
    assert media
    colours = dict(
        re.findall(r"\.(\w+) \{ fill: (#[0-9a-f]{6})", dark_rules if dark else light_rules)
    )
    page = luminance(colours["page"])
    assert (page < 0.1) is dark
    for name in ("text", "note", "ours"):
        low, high = sorted((page, luminance(colours[name])))
        assert (high + 0.05) / (low + 0.05) >= 4.5, f"{name}: WCAG 2.2 AA asks for 4.5"


@BOTH
def test_every_colour_comes_from_the_style(text: str) -> None:
    """An attribute would keep its colour in the dark."""
    for element in ET.fromstring(text).iter():  # noqa: S314
        assert not {"fill", "stroke", "style"} & set(element.attrib)


def test_labels_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(chart.LABELS, OURS, ("a < b & c", "<d>"))
    shown = texts(chart.svg(result(0.04, 0.07, 0.3, 0.8), "play"))
    assert {"a < b & c", "<d>"} <= set(shown)


def test_the_readme_shows_the_committed_chart() -> None:
    assert "(docs/cold-start.svg)" in (PROJECT / "README.md").read_text("utf-8")
