"""What the runs say: tables, the goals, and everything for a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
import statistics
from typing import Any

from .measure import AROUND
from .measure import Run
from .variants import ADD
from .variants import BARE
from .variants import DELETE
from .variants import MOVE
from .variants import QUIET
from .variants import REMAP
from .variants import REMOVE
from .variants import RENAME
from .variants import REWRITE
from .variants import Variant
from .variants import VARIANTS

ONLINE = "ckenum, online"
STEPS = 200
"""Parts of a run, of each of which the longest call is written."""


@dataclass
class Summary:
    """All repeats of one variant, with as many rows.

    :ivar quiet: runs without a migration, with the same clients.
    """

    variant: Variant
    rows: int
    runs: list[Run]
    quiet: list[Run]

    def each(self, figure: Callable[[Run], float]) -> list[float]:
        return [figure(run) for run in self.runs]

    def median(self, figure: Callable[[Run], float]) -> float:
        return statistics.median(self.each(figure))

    def stall(self, client: str) -> float:
        return self.median(lambda run: run.stall(client))

    def quiet_stall(self, client: str) -> float:
        """The longest call without a migration, in windows as long."""
        long = self.median(lambda run: run.wall) + 2 * AROUND
        return statistics.median(
            run.calls[client].longest(start, start + long)
            for run in self.quiet
            for start in windows(run, long)
        )

    def ratio(self, client: str) -> float:
        return self.stall(client) / self.quiet_stall(client)

    def errors(self, client: str) -> Counter[str]:
        return sum((r.errors(client) for r in self.runs), Counter())


def windows(run: Run, long: float) -> list[float]:
    """Where windows start that fit into a run; one, where it is too short."""
    start, end = run.window
    count = max(1, int((end - start) / long))
    return [start + number * long for number in range(count)]


def summaries(runs: list[Run]) -> list[Summary]:
    found: dict[tuple[str, str, int], list[Run]] = {}
    for run in runs:
        key = (run.variant.change, run.variant.way, run.rows)
        found.setdefault(key, []).append(run)
    return [
        Summary(
            variant,
            rows,
            same,
            [
                run
                for run in runs
                if run.variant.way == QUIET
                and run.rows == rows
                and run.variant.clients == variant.clients
            ],
        )
        for rows in sorted({run.rows for run in runs})
        for variant in VARIANTS
        if (same := found.get((variant.change, variant.way, rows)))
    ]


def spread(values: list[float], scale: float = 1000.0) -> str:
    low, high = min(values) * scale, max(values) * scale
    middle = statistics.median(values) * scale
    return f"{middle:.1f} ({low:.1f}-{high:.1f})"


HEADER = (
    "writer's stall, ms",
    "quiet",
    "ratio",
    "reader's stall, ms",
    "quiet",
    "ratio",
    "wall, ms",
    "locked, ms",
    "WAL, MB",
    "heap, MB",
    "errors",
)


def line(summary: Summary) -> list[str]:
    cells = []
    for client in ("writer", "reader"):
        cells += [
            spread(summary.each(lambda run: run.stall(client))),
            f"{summary.quiet_stall(client) * 1000:.1f}",
            f"{summary.ratio(client):.1f}",
        ]
    failed = [
        f"{client} {count} x {code}"
        for client in summary.variant.clients
        for code, count in sorted(summary.errors(client).items())
    ]
    return [
        summary.variant.way,
        *cells,
        spread(summary.each(lambda run: run.wall)),
        spread(summary.each(lambda run: run.lock)),
        f"{summary.median(lambda run: run.migration.wal) / 1e6:.1f}",
        f"{summary.median(lambda run: run.migration.growth) / 1e6:.1f}",
        "; ".join(failed) or "0",
    ]


def table(change: str, found: list[Summary]) -> str:
    """Markdown, which a terminal shows as well."""
    lines = [[change, *HEADER], *map(line, found)]
    widths = [max(map(len, column)) for column in zip(*lines)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "| "
        + " | ".join(c.ljust(width) for c, width in zip(cells, widths))
        + " |"
        for cells in lines
    )


@dataclass
class Goal:
    text: str
    value: float
    most: float

    def __str__(self) -> str:
        met = "met" if self.value <= self.most else "NOT MET"
        return (
            f"{met:<8} {self.value:7.2f}  at most {self.most:g}  {self.text}"
        )


def goals(found: list[Summary]) -> list[Goal]:
    by = {(s.variant.change, s.variant.way, s.rows): s for s in found}
    result = []
    for (change, way, rows), online in by.items():
        if way != ONLINE:
            continue
        where = f"{change}, {rows:,} rows"
        most = 3.0 if change in (RENAME, MOVE) else 2.0
        result += [
            Goal(f"{where}: {client}'s stall / quiet", ratio, most)
            for client in ("writer", "reader")
            for ratio in [online.ratio(client)]
        ]
        result.append(
            Goal(
                f"{where}: ms locked",
                online.median(lambda run: run.lock) * 1000,
                10.0,
            )
        )
        if bare := by.get((change, REWRITE, rows)):
            wall = online.median(lambda run: run.wall)
            result.append(
                Goal(
                    f"{where}: time / the bare ALTER TYPE's",
                    wall / bare.median(lambda run: run.wall),
                    4.0,
                )
            )
        if bare := by.get((change, BARE, rows)):
            wall = online.median(lambda run: run.wall)
            result += [
                Goal(
                    f"{where}: errors of the old application",
                    online.errors("old application").total(),
                    0.0,
                ),
                Goal(
                    f"{where}: time / the bare UPDATE's",
                    wall / bare.median(lambda run: run.wall),
                    1.4,
                ),
            ]
    return result + growth(by)


def growth(by: dict[tuple[str, str, int], Summary]) -> list[Goal]:
    """Whether a larger table makes longer stalls."""
    sizes = sorted({rows for _, _, rows in by})
    if len(sizes) < 2:
        return []
    few, many = sizes[0], sizes[-1]
    return [
        Goal(
            f"{change}: writer's stall, {many:,} rows / {few:,} rows",
            by[change, ONLINE, many].stall("writer")
            / by[change, ONLINE, few].stall("writer"),
            1.5,
        )
        for change in (ADD, REMOVE, REMAP, DELETE)
        if (change, ONLINE, few) in by
    ]


def for_machines(run: Run) -> dict[str, Any]:
    """One repeat; in seconds and bytes."""
    return {
        "change": run.variant.change,
        "way": run.variant.way,
        "rows": run.rows,
        "around": AROUND,
        "load": run.load,
        "wall": run.wall,
        "locks": [
            {"statement": statement, "held": held}
            for statement, held in run.migration.holds
        ],
        "wal": run.migration.wal,
        "wal_of_all": run.migration.wal_of_all,
        "heap_growth": run.migration.growth,
        "clients": {
            client: {
                "calls": len(calls.starts),
                "stall": run.stall(client),
                "stall_within_the_migration": calls.longest(
                    run.migration.start, run.migration.end
                ),
                "longest": [
                    round(seconds, 6)
                    for seconds in calls.over_time(*run.window, STEPS)
                ],
                "errors": dict(run.errors(client)),
            }
            for client, calls in run.calls.items()
        },
    }
