"""Draw what ``nox -s bench -- online --json FILE`` has measured.

It writes ``online_add.svg`` and ``online_rename.svg`` into docs/pictures: a
writer's longest calls while a value is added and renamed, by hand and
online. ``python -m bench.plots FILE ...`` first keeps what these files have
of it in docs/pictures/online.json; without a file it draws what is kept.
"""

from __future__ import annotations

import json
from pathlib import Path
import statistics
import sys
from typing import Any

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.ticker import StrMethodFormatter

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
KEPT = PICTURES / "online.json"

INK, QUIET = "#22313f", "#6b7884"
WAYS = {
    "by hand, in one transaction": ("by hand, in one transaction", "#e4572e"),
    "ckenum, online": ("ckenum, online", "#1f5f8b"),
}
CHANGES = {
    "online_add": "add a value",
    "online_rename": "rename a value, 30% of the rows",
}

Run = dict[str, Any]


def typical(runs: list[Run]) -> Run:
    """The run whose stall is the median; of an even number the lower one."""
    stall = statistics.median_low(map(stall_of, runs))
    return next(run for run in runs if stall_of(run) == stall)


def stall_of(run: Run) -> float:
    return float(run["clients"]["writer"]["stall"])


def draw(axes: Axes, runs: list[Run]) -> None:
    """The writer's calls, in the typical run of each way."""
    for way, (label, colour) in WAYS.items():
        run = typical([each for each in runs if each["way"] == way])
        longest = [s * 1000 for s in run["clients"]["writer"]["longest"]]
        around = run["around"]
        step = (run["wall"] + 2 * around) / len(longest)
        times = [n * step - around for n in range(len(longest))]
        axes.plot(times, longest, color=colour, linewidth=1.1, label=label)
        axes.axvspan(0, run["wall"], color=colour, alpha=0.07, linewidth=0)
        stall = stall_of(run) * 1000
        axes.annotate(
            f"{stall:,.0f} ms",
            (times[longest.index(max(longest))], max(longest)),
            xytext=(6, 2),
            textcoords="offset points",
            color=colour,
            fontweight="bold",
        )
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="y", color="#dfe4e8", linewidth=0.6)
    axes.set_xlabel("seconds since the migration began")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def picture(name: str, runs: list[Run]) -> None:
    """One change, beside each other at each size of the table."""
    sizes = sorted({run["rows"] for run in runs})
    figure, row = pyplot.subplots(
        1, len(sizes), figsize=(9.2, 3.3), sharey=True, squeeze=False
    )
    for axes, rows in zip(row[0], sizes):
        draw(axes, [run for run in runs if run["rows"] == rows])
        axes.set_title(f"{rows:,} rows", color=INK, loc="left")
    row[0][0].set_ylabel("writer's longest call, ms")
    low, high = row[0][0].get_ylim()
    row[0][0].set_ylim(low, high * 2.5)
    row[0][-1].legend(frameon=False, loc="upper right")
    figure.tight_layout()
    figure.savefig(
        PICTURES / f"{name}.svg", facecolor="white", metadata={"Date": None}
    )


def keep(*paths: Path) -> None:
    """Keep the runs that are drawn, with what they were measured on."""
    measured = [json.loads(path.read_text()) for path in paths]
    runs = [
        {**run, "clients": {"writer": run["clients"]["writer"]}}
        for each in measured
        for run in each["runs"]
        if run["way"] in WAYS and run["change"] in CHANGES.values()
    ]
    kept = {**measured[0], "runs": runs}
    KEPT.write_text(json.dumps(kept, separators=(",", ":")) + "\n")


def main(*paths: Path) -> None:
    matplotlib.rcParams.update({"svg.hashsalt": "ckenum", "font.size": 9})
    if paths:
        keep(*paths)
    runs = json.loads(KEPT.read_text())["runs"]
    for name, change in CHANGES.items():
        picture(name, [run for run in runs if run["change"] == change])


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
