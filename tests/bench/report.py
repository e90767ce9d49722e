"""The measurements of one run. Only ratios of variants that took turns in the same run mean anything."""

import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """One variant of one piece of work: its median rate a second, and that as a ratio to the work's floor.

    `spread` is half the distance between the quarters of the rounds' ratios.
    """

    work: str
    variant: str
    rate: float
    ratio: float
    spread: float
    note: str


@dataclass
class Report:
    """Lines in the order they were measured."""

    lines: list[Line] = field(default_factory=list)

    def add(
        self, work: str, variant: str, rates: Sequence[float], floor: Sequence[float] | None = None, note: str = ""
    ) -> None:
        """Keep a variant. The ratio is the median of the rounds' own ratios, so that a slow moment hits both sides."""
        ratios = [1.0] if floor is None else [ours / theirs for ours, theirs in zip(rates, floor, strict=True)]
        quarters = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else [ratios[0]] * 3
        spread = (quarters[2] - quarters[0]) / 2
        self.lines.append(Line(work, variant, statistics.median(rates), statistics.median(ratios), spread, note))

    def print(self) -> None:
        """Write the table to the terminal."""
        rows = [("work", "variant", "per second", "÷ floor", "±", "")]
        rows += [
            (line.work, line.variant, f"{line.rate:,.0f}", f"{line.ratio:.2f}", f"{line.spread:.2f}", line.note)
            for line in self.lines
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        text = "\n".join(
            "  ".join(
                cell.rjust(width) if 1 < column < 5 else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        )
        sys.stdout.write(f"\n\n{text}\n")
