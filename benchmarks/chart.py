"""The chart of the README: cold starts of one function, as SVG and, where Chromium is, as PNG."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.figures import CONTENDERS, FLOOR, OURS, PLAIN, PLAIN_VALID

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_SECONDS = 60

_NAMES = {
    FLOOR: ("standard library alone", "http.client, hmac, a signature by hand"),
    OURS: ("vodpass", "the official SDK, bundled"),
    PLAIN_VALID: ("official SDK, byte code valid", "as documented, with PyJWT"),
    PLAIN: ("official SDK, as s deploys it", "the same; the zip voids its byte code"),
}
_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BAR = 880, 290, 110, 84, 58, 26
_INK, _QUIET, _GRID, _OTHER, _ACCENT = "#1f2933", "#6b7785", "#e4e8ec", "#b6c0cc", "#1668dc"


def svg(result: dict[str, Any], function: str) -> str:
    """Bars of the medians, whiskers from the fastest to the slowest; time to the right."""
    times = {c: result["contenders"][c][function]["seconds"] for c in CONTENDERS}
    height = _TOP + _ROW * len(CONTENDERS) + 52
    longest = max(spread["max"] for spread in times.values())
    scale = (_WIDTH - _LEFT - _RIGHT) / longest
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
        f' viewBox="0 0 {_WIDTH} {height}" font-family="Helvetica, Arial, sans-serif">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(28, 36, f"Cold start of /{function}", size=20, weight=700),
        _text(
            28,
            58,
            "from the start of the process to the first credential, token verified; milliseconds",
            size=13,
            fill=_QUIET,
        ),
    ]
    bottom = _TOP + _ROW * len(CONTENDERS)
    step = _step(longest)
    for tick in range(int(longest / step) + 1):
        x = _LEFT + tick * step * scale
        parts.append(f'<path d="M{x:.1f} {_TOP}V{bottom}" stroke="{_GRID}"/>')
        label = f"{tick * step * 1000:.0f}"
        parts.append(_text(x, bottom + 18, label, size=12, fill=_QUIET, anchor="middle"))
    for row, contender in enumerate(CONTENDERS):
        parts += _bar(contender, times[contender], _TOP + row * _ROW + (_ROW - _BAR) / 2, scale)
    about = (
        f"Python {result['python']}, one process a start, median of {result['rounds']}, whiskers"
        " from fastest to slowest; network on loopback"
    )
    parts.append(_text(28, height - 12, about, size=11, fill=_QUIET))
    return "\n".join([*parts, "</svg>\n"])


def _bar(contender: str, spread: dict[str, float], y: float, scale: float) -> list[str]:
    ours = contender == OURS
    name, about = _NAMES[contender]
    width = spread["median"] * scale
    middle = y + _BAR / 2
    low, high = (_LEFT + spread[end] * scale for end in ("min", "max"))
    return [
        _text(_LEFT - 14, middle - 2, name, anchor="end", weight=700 if ours else 400),
        _text(_LEFT - 14, middle + 14, about, size=11, fill=_QUIET, anchor="end"),
        f'<rect x="{_LEFT}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="3"'
        f' fill="{_ACCENT if ours else _OTHER}"/>',
        f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {middle - 4}v8M{high:.1f}'
        f' {middle - 4}v8" stroke="{_INK}" stroke-opacity=".55"/>',
        _text(
            max(high, _LEFT + width) + 8,
            middle + 5,
            f"{spread['median'] * 1000:.0f}",
            weight=700,
            fill=_ACCENT if ours else _INK,
        ),
    ]


def _step(longest: float) -> float:
    return next(step for step in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 60.0) if longest / step <= 8)


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 14,
    fill: str = _INK,
    anchor: str = "start",
    weight: int = 400,
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"'
        f' font-weight="{weight}">{text}</text>'
    )


def write_png(drawing: str, path: Path) -> bool:
    """Have Chromium draw it at twice the size; False where there is none, or it fails."""
    program = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if program is None:
        return False
    height = int(drawing.partition('height="')[2].partition('"')[0])
    with tempfile.TemporaryDirectory() as folder:
        page, drawn = Path(folder) / "chart.html", Path(folder) / "chart.png"
        page.write_text(f'<body style="margin:0">{drawing}', "utf-8")
        command = [
            program,
            "--headless",
            "--hide-scrollbars",
            "--force-device-scale-factor=2",
            f"--user-data-dir={folder}/profile",
            f"--window-size={_WIDTH},{height}",
            f"--screenshot={drawn}",
            # Chromium's sandbox does not start for root; the page is our own.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            page.as_uri(),
        ]
        try:
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return False
        if not drawn.is_file():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(drawn, path)
    return True
