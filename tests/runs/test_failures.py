"""The words for codes: filled with anything, naming fields that exist, there for every code that is used."""

import ast
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.runs.failures import WORDS, explain
from kdstudio.spec import Experiment, models_in

ROOT = Path(__file__).resolve().parents[2]
ODD = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
)


def names_in(code: str) -> set[str]:
    words = WORDS[code]
    texts = (words.title, words.cause, words.remedy, words.field or "")
    return {name for text in texts for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", WORDS)
def test_that_words_are_whole_sentences_with_all_parameters_missing(code: str) -> None:
    words = explain(code, {})

    assert words.title and not words.title.endswith(".")
    assert words.cause.endswith((".", "?"))
    assert "{" not in f"{words.title}{words.cause}{words.remedy}{words.field or ''}"


@pytest.mark.parametrize("code", WORDS)
def test_that_words_take_parameters_of_any_kind(code: str) -> None:
    @given(st.dictionaries(st.sampled_from(sorted(names_in(code)) or ["nothing"]), ODD))
    def take(parameters: dict[str, Any]) -> None:
        words = explain(code, parameters)
        assert all(isinstance(text, str) for text in (words.title, words.cause, words.remedy, str(words)))
        assert words.field is None or words.field

    take()


@pytest.mark.parametrize("code", ["gremlins", "", None])
def test_that_an_unknown_code_still_gets_a_sentence(code: str | None) -> None:
    assert explain(code, {"a": 1}).title == "Something failed"


def test_that_parameters_are_filled_in() -> None:
    words = explain("teacher-not-better", {"teacher": 0.8, "baseline": 0.9123})

    assert words.cause == "On validation data the teacher reaches 80.0 %, the same student without it 91.2 %."


def test_that_a_field_that_is_not_known_is_none_rather_than_a_question_mark() -> None:
    assert explain("file-missing", {"path": "x"}).field is None
    assert explain("weights-pickled", {"path": "x"}).field is None
    assert explain("weights-pickled", {"role": "teacher"}).field == "teacher.weights"


def has_field(path: str) -> bool:
    """Whether some experiment has the field at `path`."""
    models: list[Any] = [Experiment]
    for name in path.split("."):
        fields = [model.model_fields[name] for model in models if name in model.model_fields]
        if not fields:
            return False
        models = [model for field in fields for model in models_in(field.annotation)]
    return True


@pytest.mark.parametrize("code", [code for code, words in WORDS.items() if words.field and "{" not in words.field])
def test_that_the_field_to_change_is_one_of_the_experiments(code: str) -> None:
    assert has_field(WORDS[code].field or "")


def codes_in_the_source() -> set[tuple[str, str]]:
    """Every code that the program raises or writes, with the file that does."""
    found = set()
    for path in (ROOT / "kdstudio").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "KnownFailure" and node.args:
                inside = [each.value for each in ast.walk(node.args[0]) if isinstance(each, ast.Constant)]
                found |= {(code, path.name) for code in inside if isinstance(code, str)}
            if name in ("Note", "RunEnded", "set_status"):
                found |= {
                    (keyword.value.value, path.name)
                    for keyword in node.keywords
                    if keyword.arg == "code" and isinstance(keyword.value, ast.Constant) and keyword.value.value
                }
    return found


def test_that_every_code_in_the_source_has_words() -> None:
    codes = codes_in_the_source()

    assert {code for code, _ in codes} >= {"already-running", "run-unknown"}
    # A code that is put together in the source ("changed-" and what) is known by its beginning.
    known = {code for code, _ in codes if code in WORDS or any(word.startswith(code) for word in WORDS)}
    assert {(code, where) for code, where in codes if code not in known} == set()
