"""The final table: checkpoints in percent and their differences in points, each with a 95 % interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A mean with its 95 % confidence interval; of a share all are in 0 .. 1 (differences: -1 .. 1)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportRow:
    """One line of the final table: a checkpoint, or the difference of two."""

    name: str
    cells: Mapping[str, Estimate]
    """Column title -> estimate; a title that a row lacks is an empty cell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """How the numbers of a table are written."""

    name: str
    scale: float
    digits: int
    """Behind the decimal point."""


PERCENT = Unit(name="percent", scale=100.0, digits=1)
TERM_VALUES = Unit(name="reward per term, before weights", scale=1.0, digits=3)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportTable:
    """One table of a report: checkpoints, and the differences of some of them."""

    rows: tuple[ReportRow, ...]
    differences: tuple[ReportRow, ...] = ()
    unit: Unit = PERCENT

    def render(self, width: int) -> Table:
        return render_report(self.rows, self.differences, width=width, unit=self.unit)

    def markdown(self) -> str:
        caption = self.unit.name[0].upper() + self.unit.name[1:]
        return f"{caption}, with 95 % confidence intervals:\n\n" + report_markdown(
            self.rows, self.differences, unit=self.unit
        )


def tables_markdown(tables: Sequence[ReportTable]) -> str:
    """All tables of a report in Markdown, each under its caption."""
    return "\n".join(table.markdown() for table in tables)


def render_report(
    rows: Sequence[ReportRow], differences: Sequence[ReportRow] = (), *, width: int = 100, unit: Unit = PERCENT
) -> Table:
    """A report's table, laid out for `width` columns: cells in one line, in two, or one line per cell when narrow."""
    titles = _titles([*rows, *differences])
    for separator in (" ", "\n"):
        lines = [[row.name, *_cells(row, titles, separator, unit, signed=False)] for row in rows]
        below = [[row.name, *_cells(row, titles, separator, unit, signed=True)] for row in differences]
        columns = zip(["", *titles], *lines, *below, strict=True)
        if sum(3 + max(len(part) for cell in column for part in cell.split("\n")) for column in columns) - 1 <= width:
            break
    else:
        return _long_report(rows, differences, titles, unit)
    table = plain_table(f"{unit.name}, with 95 % confidence intervals", ["", *titles], lines)
    if differences:
        table.add_section()
    for row, line in zip(differences, below, strict=True):
        name, *cells = line
        styled = [
            Text(cell, style=_verdict_style(row.cells.get(title))) for title, cell in zip(titles, cells, strict=True)
        ]
        table.add_row(Text(name), *styled)
    return table


def report_markdown(rows: Sequence[ReportRow], differences: Sequence[ReportRow] = (), *, unit: Unit = PERCENT) -> str:
    """The final table in Markdown, for a model card; a difference is bold where its interval is clear of zero."""
    titles = _titles([*rows, *differences])
    lines = [["", *titles], ["---", *["---:"] * len(titles)]]
    lines += [[row.name, *_cells(row, titles, " ", unit, signed=False)] for row in rows]
    for row in differences:
        cells = zip(titles, _cells(row, titles, " ", unit, signed=True), strict=True)
        lines.append([row.name, *(f"**{cell}**" if _is_clear(row.cells.get(title)) else cell for title, cell in cells)])
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def plain_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """A table whose first column is left-aligned, the others right."""
    table = Table(title=title, title_justify="left", title_style="dim", box=SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    for index, column in enumerate(columns):
        table.add_column(escape(column), justify="right" if index else "left")
    for row in rows:
        table.add_row(*(Text(str(cell)) for cell in row))
    return table


def _long_report(
    rows: Sequence[ReportRow], differences: Sequence[ReportRow], titles: Sequence[str], unit: Unit
) -> Table:
    table = plain_table(f"{unit.name}, with 95 % intervals", ["", "", "interval"], [])
    for title in titles:
        table.add_row(Text(title, style="bold"), "", "")
        for row, signed in [*((row, False) for row in rows), *((row, True) for row in differences)]:
            if estimate := row.cells.get(title):
                value, _, interval = _cell(estimate, "\n", unit, signed=signed).partition("\n")
                style = _verdict_style(estimate) if signed else ""
                table.add_row(Text(f"  {row.name}"), Text(value, style=style), Text(interval, style=style))
    return table


def _titles(rows: Sequence[ReportRow]) -> list[str]:
    return list(dict.fromkeys(title for row in rows for title in row.cells))


def _cells(row: ReportRow, titles: Sequence[str], separator: str, unit: Unit, *, signed: bool) -> list[str]:
    return [_cell(row.cells[title], separator, unit, signed=signed) if title in row.cells else "-" for title in titles]


def _cell(estimate: Estimate, separator: str, unit: Unit, *, signed: bool) -> str:
    form = f"{'+' if signed else ''}.{unit.digits}f"
    value, low, high = (format(unit.scale * number, form) for number in (estimate.value, estimate.low, estimate.high))
    return f"{value}{separator}[{low}, {high}]"


def _is_clear(difference: Estimate | None) -> bool:
    return difference is not None and (difference.low > 0 or difference.high < 0)


def _verdict_style(difference: Estimate | None) -> str:
    if not _is_clear(difference):
        return "dim"
    return "bold green" if difference and difference.value > 0 else "bold red"
