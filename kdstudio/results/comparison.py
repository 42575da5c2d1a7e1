"""The results table of a run: teacher, baseline and student against each metric, with seeds and intervals.

The same table serves the window, the command line and the report. It can be written as text, Markdown, LaTeX and CSV.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any, Literal, TypeAlias

from kdstudio.runs.events import Metrics
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import SAME, interval, tested_metrics, validated_accuracy

Unit: TypeAlias = Literal["%", "nats"]
Translate: TypeAlias = Callable[[str], str]
WHO = ("teacher", "baseline", "student")
DIFFERENCE = "student - baseline"
COSTS = ("parameters", "bytes")
NONE = "–"
FORMATS = ("text", "markdown", "latex", "csv")


@dataclass(frozen=True, kw_only=True, slots=True)
class Metric:
    """A metric of the table. `chosen_by`: the weights were chosen by it, so it flatters and is shown apart."""

    key: str
    title: str
    unit: Unit
    better: Literal["higher", "lower"]
    help: str
    chosen_by: bool = False


VALIDATION = "validation accuracy"
METRICS = (
    Metric(key="accuracy", title="Accuracy", unit="%", better="higher", help="Share of test images classified correctly"),
    Metric(key="nll", title="NLL", unit="nats", better="lower", help="Negative log-likelihood of the true class"),
    Metric(key="ece", title="ECE", unit="%", better="lower", help="Expected calibration error, 15 bins"),
    Metric(key="kl", title="KL", unit="nats", better="lower", help="KL divergence from the teacher's probabilities"),
    Metric(key="agreement", title="Agreement", unit="%", better="higher", help="Share of test images predicted as by the teacher"),
    Metric(
        key=VALIDATION, title="Val. accuracy", unit="%", better="higher", chosen_by=True,
        help="Accuracy on validation images, which chose the weights: higher than on new images",
    ),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A mean over `count` seeds, with the ends of its 95 % interval: None with fewer than three seeds."""

    mean: float | None = None
    low: float | None = None
    high: float | None = None
    count: int = 0

    @classmethod
    def of(cls, values: Sequence[float]) -> "Cell":
        """The mean of `values` and its interval."""
        if not values:
            return cls()
        low, high = interval(values)
        return cls(mean=fmean(values), low=low, high=high, count=len(values))

    @property
    def half(self) -> float | None:
        """Half the width of the interval."""
        return (self.high - self.low) / 2 if self.high is not None and self.low is not None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A network, or the paired difference of two: its cell for each metric key, its size, and how many seeds it has."""

    name: str
    cells: Mapping[str, Cell] = field(default_factory=dict)
    parameters: int | None = None
    bytes: int | None = None

    @property
    def seeds(self) -> int:
        """How many seeds the means are over."""
        return max((cell.count for cell in self.cells.values()), default=0)

    @property
    def paired(self) -> bool:
        """Whether it is a difference."""
        return self.name == DIFFERENCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The table: `rows` in the order of WHO, then the difference; `metrics` that at least one row has."""

    rows: tuple[Row, ...]
    metrics: tuple[Metric, ...]

    def row(self, name: str) -> Row | None:
        """The row called `name`."""
        return next((row for row in self.rows if row.name == name), None)


def comparison(state: RunState) -> Comparison | None:
    """The results table of a run; None before anything was measured on test data."""
    tested = tested_metrics(state)
    if not tested.get("student"):
        return None
    values = {who: _values(state, who, tested.get(who, {})) for who in WHO if tested.get(who)}
    rows = [_row(state, who, each) for who, each in values.items()]
    if "baseline" in values:
        rows.append(_difference(values["student"], values["baseline"]))
    known = tuple(metric for metric in METRICS if any(row.cells[metric.key].count for row in rows))
    return Comparison(rows=tuple(rows), metrics=known)


def _values(state: RunState, who: str, tested: Mapping[int | None, Metrics]) -> dict[int | None, dict[str, float]]:
    """Seed -> metric key -> value."""
    validated = validated_accuracy(state, who)
    values: dict[int | None, dict[str, float]] = {}
    for seed, metrics in tested.items():
        numbers = {metric.key: metrics.get(metric.key) for metric in METRICS}
        numbers[VALIDATION] = validated.get(seed)
        values[seed] = {key: float(number) for key, number in numbers.items() if isinstance(number, int | float)}
    return values


def _row(state: RunState, who: str, values: Mapping[int | None, Mapping[str, float]]) -> Row:
    ready = state.models.get(who)
    cells = {
        metric.key: Cell.of([each[metric.key] for each in values.values() if metric.key in each]) for metric in METRICS
    }
    return Row(
        name=who, cells=cells, parameters=ready.parameters if ready else None, bytes=ready.bytes if ready else None
    )


def _difference(
    student: Mapping[int | None, Mapping[str, float]], baseline: Mapping[int | None, Mapping[str, float]]
) -> Row:
    """Student minus baseline, seed by seed."""
    pairs = [(student[seed], baseline[seed]) for seed in student if seed in baseline]
    cells = {}
    for key in (metric.key for metric in METRICS):
        values = [ours[key] - alone[key] for ours, alone in pairs if key in ours and key in alone]
        cell = Cell.of(values)
        if values and max(values) - min(values) < SAME and abs(values[0]) >= SAME:
            cell = replace(cell, low=None, high=None)  # equal differences have no interval, as the headline says
        cells[key] = cell
    return Row(name=DIFFERENCE, cells=cells)


def titled(metric: Metric, translate: Translate = str) -> str:
    """The head of a column, with its unit: "Accuracy, %"."""
    return f"{translate(metric.title)}, {translate(metric.unit)}"


def worded(cell: Cell, metric: Metric, *, signed: bool = False) -> str:
    """A cell as people read it: "93.4 ± 0.6"; a difference has a sign."""
    if cell.mean is None:
        return NONE
    scale, digits = (100.0, 1) if metric.unit == "%" else (1.0, 3)
    mean = f"{scale * cell.mean:{'+' if signed else ''}.{digits}f}"
    return mean if cell.half is None else f"{mean} ± {scale * cell.half:.{digits}f}"


def grid(table: Comparison, translate: Translate = str) -> list[list[str]]:
    """The table as rows of words, the head first."""
    head = [translate("Network"), *(titled(metric, translate) for metric in table.metrics)]
    rows = [[*head, translate("Parameters"), translate("Bytes"), translate("Seeds")]]
    for row in table.rows:
        cells = [worded(row.cells[each.key], each, signed=row.paired) for each in table.metrics]
        costs = [NONE if cost is None else f"{cost:,}" for cost in (row.parameters, row.bytes)]
        rows.append([translate(row.name), *cells, *costs, str(row.seeds)])
    return rows


CAPTION = (
    "Test data. Mean over seeds; ± is half of the 95 % interval (Student's t, three seeds or more): it covers training noise, "
    "not the split or the teacher. The difference is paired by seed."
)
VALIDATION_CAPTION = "Validation accuracy chose the weights and is higher than on new images; judge by test data."


def caption(table: Comparison, translate: Translate = str) -> str:
    """What the numbers are, in sentences below the table."""
    said = [CAPTION, *([VALIDATION_CAPTION] if any(metric.chosen_by for metric in table.metrics) else [])]
    return " ".join(translate(each) for each in said)


def as_text(table: Comparison, translate: Translate = str) -> str:
    """Columns of plain text, and the caption."""
    rows = grid(table, translate)
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for name, *numbers in rows:
        right = (word.rjust(wide) for word, wide in zip(numbers, widths[1:], strict=True))
        lines.append("  ".join([name.ljust(widths[0]), *right]))
    return "\n".join([*lines, "", caption(table, translate), ""])


def as_markdown(table: Comparison, translate: Translate = str) -> str:
    """A Markdown table, and the caption."""
    head, *rows = ([word.replace("|", "\\|") for word in row] for row in grid(table, translate))
    marks = ["---", *["---:"] * (len(head) - 1)]
    lines = [f"| {' | '.join(row)} |" for row in (head, marks, *rows)]
    return "\n".join([*lines, "", caption(table, translate), ""])


_LATEX = {"\\": r"\textbackslash{}", "%": r"\%", "&": r"\&", "_": r"\_", "#": r"\#", "$": r"\$", "{": r"\{", "}": r"\}",
          "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "±": r"$\pm$"}  # fmt: skip


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)


def as_latex(table: Comparison, translate: Translate = str) -> str:
    """A `table` environment that needs the package booktabs."""
    head, *rows = grid(table, translate)
    lines = [r"\begin{table}", r"\centering", rf"\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}", r"\toprule"]
    lines += [f"{' & '.join(_latex(word) for word in head)} \\\\", r"\midrule"]
    lines += [f"{' & '.join(_number(word) for word in row)} \\\\" for row in rows]
    lines += [r"\bottomrule", r"\end{tabular}", rf"\caption{{{_latex(caption(table, translate))}}}", r"\end{table}", ""]
    return "\n".join(lines)


def _number(word: str) -> str:
    """A word, or a number with the minus sign and the thousands of mathematics."""
    if word[:1] in "+-0123456789" and word != NONE:
        return f"${word.replace('±', '@').replace(',', '{,}')}$".replace("@", r"\pm")
    return _latex(word)


def as_csv(table: Comparison, translate: Translate = str) -> str:
    """One line for each network and metric, in full precision; fractions, not per cent. Its words are not translated."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["network", "metric", "mean", "low", "high", "seeds"])
    writer.writerows(_csv_rows(table))
    return text.getvalue()


def _csv_rows(table: Comparison) -> Iterator[list[Any]]:
    for row in table.rows:
        for metric in table.metrics:
            cell = row.cells[metric.key]
            if cell.mean is not None:
                numbers = ["" if number is None else repr(number) for number in (cell.mean, cell.low, cell.high)]
                yield [row.name, metric.key, *numbers, cell.count]
        for cost in COSTS:
            value = getattr(row, cost)
            if value is not None:
                yield [row.name, cost, value, "", "", ""]


WRITERS: dict[str, Callable[[Comparison, Translate], str]] = {
    "text": as_text, "markdown": as_markdown, "latex": as_latex, "csv": as_csv,
}  # fmt: skip
WORDS = (
    *WHO, DIFFERENCE, "Network", "Parameters", "Bytes", "Seeds", "%", "nats", CAPTION, VALIDATION_CAPTION,
    *(metric.title for metric in METRICS), *(metric.help for metric in METRICS),
)  # fmt: skip
"""All that `translate` is asked for."""

__all__ = [
    "DIFFERENCE", "FORMATS", "METRICS", "WHO", "WORDS", "WRITERS", "Cell", "Comparison", "Metric", "Row", "as_csv", "as_latex",
    "as_markdown", "as_text", "caption", "comparison", "grid", "titled", "worded",
]  # fmt: skip
