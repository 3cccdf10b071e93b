"""The chart of the README: the cold starts of one function, as SVG."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from benchmarks.figures import CONTENDERS, FLOOR, OURS, PLAIN, PLAIN_VALID

LABELS = {
    FLOOR: ("standard library only", "http.client, hmac, hand-written signature"),
    OURS: ("vodpass", "official SDK, bundled"),
    PLAIN_VALID: ("official SDK, valid byte code", "as documented, with PyJWT"),
    PLAIN: ("official SDK, deployed by s", "the same; the zip makes its byte code stale"),
}
"""Name and description of each contender."""

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 880, 290, 110, 84, 58, 26

# The picture has its own background, so it is readable on a page of either colour.
_STYLE = """
  .page { fill: #ffffff } .text { fill: #1f2933 } .note { fill: #57636f }
  .grid { stroke: #e4e8ec }
  .bar { fill: #b6c0cc } .ours { fill: #1668dc } .whisker { stroke: #1f2933; stroke-opacity: .55 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #161b22 } .text { fill: #e6edf3 } .note { fill: #9aa7b4 }
    .grid { stroke: #2d353e }
    .bar { fill: #57636f } .ours { fill: #58a6ff } .whisker { stroke: #e6edf3 }
  }
"""


def svg(result: dict[str, Any], function: str) -> str:
    """The chart of `function`, from the result of `cold_start.measure`.

    A bar is a median. Its whisker goes from the fastest to the slowest start.
    """
    times = {c: result["contenders"][c][function]["seconds"] for c in CONTENDERS}
    bottom = _TOP + _ROW * len(CONTENDERS)
    height = bottom + 52
    longest = max(spread["max"] for spread in times.values())
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    title = f"Cold start of /{function}"
    medians = ", ".join(f"{LABELS[c][0]} {times[c]['median'] * 1000:.0f} ms" for c in CONTENDERS)
    about = "milliseconds from process start to the first credential; the token is verified"
    how = (
        f"Python {result['python']}; each start is a new process; median of {result['rounds']},"
        " whiskers from fastest to slowest; network on loopback"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
        f' viewBox="0 0 {_WIDTH} {height}" font-family="Helvetica, Arial, sans-serif" role="img">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(medians)}</desc>",
        f"<style>{_STYLE}</style>",
        f'<rect class="page" width="{_WIDTH}" height="{height}" rx="6"/>',
        _text(28, 36, title, size=20, weight=700),
        _text(28, 58, about, size=13, style="note"),
        *_grid(longest, scale, bottom),
    ]
    for row, contender in enumerate(CONTENDERS):
        parts += _bar(contender, times[contender], _TOP + row * _ROW + (_ROW - _BAR) / 2, scale)
    parts.append(_text(28, height - 12, how, size=11, style="note"))
    return "\n".join([*parts, "</svg>\n"])


def _grid(longest: float, scale: float, bottom: int) -> list[str]:
    steps = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 60.0)
    step = next(step for step in steps if longest / step <= 8)
    parts = []
    for tick in range(int(longest / step) + 1):
        x = _LEFT + tick * step * scale
        parts.append(f'<path class="grid" d="M{x:.1f} {_TOP}V{bottom}"/>')
        label = f"{tick * step * 1000:.0f}"
        parts.append(_text(x, bottom + 18, label, size=12, style="note", anchor="middle"))
    return parts


def _bar(contender: str, spread: dict[str, float], y: float, scale: float) -> list[str]:
    ours = contender == OURS
    name, about = LABELS[contender]
    width = spread["median"] * scale
    middle = y + _BAR / 2
    low, high = (_LEFT + spread[end] * scale for end in ("min", "max"))
    return [
        _text(_LEFT - 14, middle - 2, name, anchor="end", weight=700 if ours else 400),
        _text(_LEFT - 14, middle + 14, about, size=11, style="note", anchor="end"),
        f'<rect class="{"ours" if ours else "bar"}" x="{_LEFT}" y="{y}" width="{width:.1f}"'
        f' height="{_BAR}" rx="3"/>',
        f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8'
        f'M{high:.1f} {middle - 4}v8"/>',
        _text(
            max(high, _LEFT + width) + 8,
            middle + 5,
            f"{spread['median'] * 1000:.0f}",
            weight=700,
            style="ours" if ours else "text",
        ),
    ]


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 14,
    style: str = "text",
    anchor: str = "start",
    weight: int = 400,
) -> str:
    return (
        f'<text class="{style}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{escape(text)}</text>'
    )
