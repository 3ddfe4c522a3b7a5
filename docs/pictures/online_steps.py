"""Draw the steps of an online rename, not to scale.

``python docs/pictures/online_steps.py`` writes ``online_steps.svg`` beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib
from matplotlib import pyplot
from matplotlib.axes import Axes

INK, QUIET = "#22313f", "#6b7884"
FREE, WAIT, HELD, SHARED = "#cfe8d5", "#e4572e", "#f3a712", "#dbe4ee"
SETTLED = "#bcd9ee"


@dataclass(frozen=True)
class Span:
    """From one time to another, something is so."""

    start: float
    end: float
    colour: str
    text: str = ""


STEPS = [
    (0.0, 2.0, "1 look"),
    (2.0, 3.6, "2 rehearse"),
    (3.6, 5.2, "3 swap"),
    (5.2, 9.0, "4 rows"),
    (9.0, 12.6, "5 validate"),
    (12.6, 14.8, "6 trigger goes"),
]
END = 16.4
LOCKED = [(2.65, 2.95), (4.25, 4.55), (13.55, 13.85)]
"""When ACCESS EXCLUSIVE is held."""

CHUNKS = [(5.3 + 0.46 * n, 5.3 + 0.46 * n + 0.34) for n in range(8)]


def held() -> list[Span]:
    return [
        *(Span(start, end, WAIT) for start, end in LOCKED),
        *(Span(start, end, SHARED) for start, end in CHUNKS),
        Span(9.0, 12.6, SHARED, "SHARE UPDATE EXCLUSIVE"),
    ]


def free() -> list[Span]:
    """Going on, but for the instants of the lock."""
    edges = [0.0, *(edge for pair in LOCKED for edge in pair), END]
    return [
        *(Span(a, b, FREE) for a, b in zip(edges[::2], edges[1::2])),
        *(Span(a, b, WAIT) for a, b in LOCKED),
    ]


LANES = {
    "lock on the table": held(),
    "readers": free(),
    "writers": free(),
    "the old application\nwrites 'PAID'": [
        Span(0.0, 4.4, FREE, "stored as 'PAID'"),
        Span(4.4, 13.7, SETTLED, "stored as 'SETTLED', by the trigger"),
        Span(13.7, END, HELD, "refused"),
    ],
    "the CHECK allows": [
        Span(0.0, 4.4, FREE, "'PAID'"),
        Span(4.4, 12.6, SETTLED, "'SETTLED', NOT VALID"),
        Span(12.6, END, SETTLED, "'SETTLED', valid"),
    ],
}


def draw(axes: Axes) -> None:
    for number, (name, spans) in enumerate(LANES.items()):
        for span in spans:
            axes.broken_barh(
                [(span.start, span.end - span.start)],
                (-number - 0.3, 0.6),
                facecolors=span.colour,
                edgecolors="white",
                linewidth=0.6,
            )
            axes.text(
                (span.start + span.end) / 2,
                -number,
                span.text,
                ha="center",
                va="center",
                color=INK,
                fontsize=8,
            )
        axes.text(-0.2, -number, name, ha="right", va="center", color=INK)
    for start, end, name in STEPS:
        axes.axvline(
            start, color=QUIET, linewidth=0.5, linestyle=":", zorder=0
        )
        axes.text((start + end) / 2, 0.55, name, ha="center", color=INK)
    axes.axvline(
        STEPS[-1][1], color=QUIET, linewidth=0.5, linestyle=":", zorder=0
    )
    legend(axes)


def legend(axes: Axes) -> None:
    below = -len(LANES) + 0.1
    for place, colour, text in (
        (0.0, WAIT, "ACCESS EXCLUSIVE, for milliseconds: others wait"),
        (9.0, SHARED, "locks that let readers and writers go on"),
    ):
        axes.broken_barh(
            [(place, 0.4)], (below - 0.15, 0.3), facecolors=colour
        )
        axes.text(place + 0.6, below, text, va="center", color=INK)


def main() -> None:
    matplotlib.rcParams.update(
        {"svg.hashsalt": "ckenum", "font.size": 9.5, "svg.fonttype": "path"}
    )
    figure, axes = pyplot.subplots(figsize=(9.2, 3.3))
    draw(axes)
    axes.set_xlim(-0.1, END)
    axes.set_ylim(-len(LANES) - 0.2, 0.95)
    axes.axis("off")
    figure.savefig(
        Path(__file__).with_suffix(".svg"),
        bbox_inches="tight",
        facecolor="white",
        metadata={"Date": None},
    )


if __name__ == "__main__":
    main()
