"""Tables for a terminal, and for whatever the output is sent to instead: there nothing is cut off."""

import io
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WIDE = 400
"""Columns where nobody looks at it."""


class Column(NamedTuple):
    """One of a table's."""

    title: str
    right: bool = False
    """Numbers."""


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], last: Sequence[str] | None = None) -> str:
    """A table as text; ``last`` is a row of sums."""
    made = Table(box=SIMPLE_HEAD, show_footer=last is not None, pad_edge=False)
    for position, column in enumerate(columns):
        made.add_column(
            column.title,
            footer=Text(last[position]) if last is not None else "",
            justify="right" if column.right else "left",
            overflow="fold",
            no_wrap=column.right,
        )
    for row in rows:
        made.add_row(*[Text(cell) for cell in row])  # as it is: what clients chose is no markup
    return _drawn(made)


def _drawn(made: Table) -> str:
    terminal = sys.stdout.isatty()
    console = Console(file=io.StringIO(), force_terminal=terminal, width=None if terminal else _WIDE)
    console.print(made)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.splitlines() if line.strip()) + "\n"
