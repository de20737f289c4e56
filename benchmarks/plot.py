"""Cost against stored events as one small picture, both axes logarithmic: a flat line costs the same at any size."""

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.scale import Grown

PICTURE = Path(__file__).parent / "scale.svg"
WIDTH, HEIGHT, LEFT, BOTTOM, RIGHT, TOP = 760, 380, 90, 50, 220, 30
LABEL_HEIGHT = 16
COLOURS = ("#005f9e", "#c25700", "#7a828c", "#2e7d32")


def write(found: Sequence[Grown]) -> None:
    """Write the picture."""
    lines = {
        "workers, a shift": [one.milliseconds["/api/metrics/workers/"] for one in found],
        "floor, a shift": [one.milliseconds["/api/floor/"] for one in found],
        "SQL window query, SQLite": [one.sqlite_milliseconds for one in found],
        "SQL window query, DuckDB": [one.duckdb_milliseconds for one in found],
    }
    PICTURE.write_text(_picture([one.stored for one in found], lines))


def _picture(sizes: Sequence[int], lines: dict[str, list[float]]) -> str:
    values = [value for line in lines.values() for value in line]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    least, most = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - least) / max(most - least, 1e-9) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - low) / max(high - low, 1e-9) * (HEIGHT - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="system-ui" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
    ]
    for power in range(low, high + 1):
        at = y(10**power)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10**power:g} ms</text>')
    parts.extend(
        f'<text x="{x(size):.1f}" y="{HEIGHT - BOTTOM + 22}" text-anchor="middle">{size:,}</text>' for size in sizes
    )
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 8}" text-anchor="middle">stored events</text>')
    free = float(HEIGHT)
    for colour, (name, line) in sorted(zip(COLOURS, lines.items(), strict=True), key=lambda pair: pair[1][1][-1]):
        points = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in zip(sizes, line, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        free = min(y(line[-1]) + 4, free - LABEL_HEIGHT)  # from the lowest up, none over another
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{free:.1f}" fill="{colour}">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])
