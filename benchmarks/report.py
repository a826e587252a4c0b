"""What was measured as a table, a plot and a page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NOT_MEASURED = "not measured"


@dataclass
class Row:
    """One line of the table.

    Attributes:
        measure, goal: as they are read.
        values: one figure for each round; empty where it wasn't measured, then ``why`` says so.
        limit: the goal as a number, None where there is none; ``least`` tells that it is a minimum.
        unit: after each figure.
    """

    measure: str
    goal: str
    values: list
    limit: float | None = None
    least: bool = False
    unit: str = "×"
    why: str = ""

    @property
    def figures(self) -> str:
        """Return minimum / median / maximum."""
        if not self.values:
            return f"{NOT_MEASURED}: {self.why}"
        shown = np.quantile(self.values, (0, 0.5, 1))
        return " / ".join(f"{value:.3g}" for value in shown) + f" {self.unit}"

    @property
    def verdict(self) -> str:
        """Tell whether the median reaches the goal."""
        if not self.values or self.limit is None:
            return "–"
        middle = float(np.median(self.values))
        return "met" if (middle >= self.limit) == self.least or middle == self.limit else "not met"


def table(heads, rows) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def goals(rows) -> str:
    """Return the table of goals."""
    heads = ["measure", "goal", "minimum / median / maximum", ""]
    return table(heads, [[row.measure, row.goal, row.figures, row.verdict] for row in rows])


def exponent(edges, seconds) -> float:
    """Return p of seconds ≈ c · edges^p, least squares on logarithms."""
    return float(np.polyfit(np.log(edges), np.log(seconds), 1)[0])


def plot(path, growth) -> bool:
    """Draw seconds over edges, a line for each {name: (edges, seconds)}; False if it can't be."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    # Text stays text, and the same figures give the same file.
    with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sttm"}):
        figure, axes = pyplot.subplots(figsize=(7, 4.2))
        for mark, (name, (edges, seconds)) in zip("osd^v", growth.items()):
            axes.loglog(edges, seconds, f"{mark}-", label=name)
        axes.set_xlabel("edges")
        axes.set_ylabel("seconds")
        axes.grid(True, which="both", alpha=0.25)
        axes.legend(frameon=False)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None})
        pyplot.close(figure)
    return True
