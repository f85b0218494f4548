"""The table: medians over the runs, and ratios to the floor of the same runs."""

import statistics
from collections.abc import Iterator, Mapping, Sequence

from tests.bench.figures import FIGURES

BASE = "floor"


def medians(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The middle value of each figure."""
    return {figure: statistics.median(run[figure] for run in runs) for figure in runs[0]}


def table(results: Mapping[str, Mapping[str, float]], names: Mapping[str, str]) -> Iterator[str]:
    """Markdown.

    Args:
        results: figures by row.
        names: what a column is called where that is not the figure's own name.
    """
    columns = [figure for figure in FIGURES if any(figure in figures for figures in results.values())]
    yield "| us: CPU each (ratio to the floor) | " + " | ".join(names.get(column, column) for column in columns) + " |"
    yield "|---|" + "---|" * len(columns)
    base = results.get(BASE, {})
    for row, figures in results.items():
        cells = [_cell(figures.get(column), None if row == BASE else base.get(column)) for column in columns]
        yield f"| {row} | " + " | ".join(cells) + " |"


def _cell(value: float | None, base: float | None) -> str:
    if value is None:
        return "-"
    shown = f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"
    return f"{shown} ({value / base:.2f}x)" if base and base > 0 else shown
