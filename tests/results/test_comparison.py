"""The results table: means over seeds, intervals, the paired difference, and what is copied of it."""

import csv
import io
import math
import re
from statistics import fmean, stdev

import pytest

from kdstudio.results.comparison import (
    DIFFERENCE,
    WORDS,
    WRITERS,
    Comparison,
    as_csv,
    as_latex,
    as_markdown,
    as_text,
    comparison,
)
from kdstudio.runs.events import Evaluated
from kdstudio.runs.state import RunState
from kdstudio.runs.summary import summarise
from tests.fakes import a_story


def folded(**how: object) -> RunState:
    state = RunState()
    state.apply_all(a_story(**how))  # type: ignore[arg-type]
    return state


def table_of(**how: object) -> Comparison:
    table = comparison(folded(**how))
    assert table is not None
    return table


def test_that_there_is_no_table_before_the_test_images_were_used() -> None:
    state = RunState()
    story = a_story()
    state.apply_all(story[: len(story) // 2])
    assert comparison(state) is None


def test_that_every_cell_is_the_mean_over_seeds_with_the_interval_of_student_t() -> None:
    state = folded()
    table = comparison(state)
    assert table is not None
    tests = [entry for entry in state.stages_of("evaluation")[0].history if entry.split == "test"]
    critical = 4.302652729911275  # 97.5 % of Student's t with two degrees of freedom
    for who in ("baseline", "student"):
        for metric in ("accuracy", "nll", "ece", "kl", "agreement"):
            values = [entry.metrics[metric] for entry in tests if entry.who == who]
            row = table.row(who)
            assert row is not None
            cell = row.cells[metric]
            assert cell.mean == pytest.approx(fmean(values))
            assert cell.half == pytest.approx(critical * stdev(values) / math.sqrt(3))
            assert cell.count == row.seeds == 3


def test_that_the_difference_is_paired_by_seed_and_is_the_gain_of_the_headline() -> None:
    state = folded()
    table, gain = comparison(state), summarise(state, "x")["gain"]
    assert table is not None
    row = table.row(DIFFERENCE)
    assert row is not None
    cell = row.cells["accuracy"]
    assert (cell.mean, cell.low, cell.high, cell.count) == (gain["mean"], gain["low"], gain["high"], gain["seeds"])
    paired = row.cells["validation accuracy"]
    assert paired.mean == pytest.approx(0.05)


def test_that_fewer_than_three_seeds_have_no_interval() -> None:
    row = table_of(seeds=(0, 1)).row("student")
    assert row is not None
    assert (row.cells["accuracy"].half, row.seeds) == (None, 2)
    assert "±" not in as_text(table_of(seeds=(0, 1))).partition("\n\n")[0]


def test_that_a_run_without_a_baseline_has_no_difference() -> None:
    assert [row.name for row in table_of(baseline=False).rows] == ["teacher", "student"]


def test_that_a_metric_that_is_no_number_is_left_out_of_the_mean() -> None:
    """A network can be so far off that its likelihood is no number: then it is null."""
    state = RunState()
    for event in a_story():
        if isinstance(event, Evaluated) and event.split == "test" and event.seed == 1:
            event.metrics["nll"] = None
        state.apply(event)
    table = comparison(state)
    assert table is not None
    row = table.row("student")
    assert row is not None
    assert (row.cells["nll"].count, row.cells["nll"].half, row.cells["accuracy"].count) == (2, None, 3)


def test_that_the_text_stands_in_columns() -> None:
    lines = as_text(table_of()).partition("\n\n")[0].splitlines()
    assert [line.split("  ")[0] for line in lines] == [
        "Network",
        "teacher",
        "baseline",
        "student",
        "student - baseline",
    ]
    assert len({len(line) for line in lines}) == 1
    assert "+5.0 ± 0.1" in lines[-1]


def test_that_markdown_has_as_many_cells_in_each_row() -> None:
    lines = as_markdown(table_of()).partition("\n\n")[0].splitlines()
    assert {line.count("|") for line in lines} == {11}
    assert lines[1].startswith("| --- | ---: |")


def test_that_latex_escapes_what_it_must_and_sets_numbers_as_mathematics() -> None:
    text = as_latex(table_of())
    assert r"Accuracy, \%" in text
    assert r"$+5.0 \pm 0.1$" in text
    assert r"$90{,}000$" in text
    assert not re.search(r"(?<!\\)%", text), "a comment would swallow the rest of the line"
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in rows} == {9}


def test_that_csv_has_fractions_in_full_precision() -> None:
    state = folded()
    rows = list(csv.DictReader(io.StringIO(as_csv(table_of()))))
    found = {(row["network"], row["metric"]): row for row in rows}
    gain = summarise(state, "x")["gain"]
    assert float(found[(DIFFERENCE, "accuracy")]["mean"]) == gain["mean"]
    assert float(found[(DIFFERENCE, "accuracy")]["high"]) == gain["high"]
    assert found[("teacher", "parameters")]["mean"] == "90000"
    assert ("teacher", "kl") not in found


def test_that_every_word_of_the_table_can_be_translated() -> None:
    asked: set[str] = set()

    def listen(word: str) -> str:
        asked.add(word)
        return word

    for write in WRITERS.values():
        write(table_of(), listen)
    assert asked <= set(WORDS)
