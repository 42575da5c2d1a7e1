"""Events as lines: each type survives the way to the file and back, and a bad line costs that line alone."""

import json
import math
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kdstudio.runs.events import (
    TYPES,
    BadLine,
    EventReader,
    EventWriter,
    Note,
    Real,
    RunEnded,
    RunStarted,
    StepLogged,
    UnknownType,
    Whole,
    from_json,
    to_json,
)

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
REAL = st.floats(-1e18, 1e18, allow_nan=False)
WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
PLAIN = st.recursive(
    st.none() | st.booleans() | WHOLE | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
OF_FIELD: dict[Any, st.SearchStrategy[Any]] = {
    Whole: WHOLE,
    float: NUMBERS,
    Real: REAL,
    Real | None: st.none() | REAL,
    str: TEXT,
    bool: st.booleans(),
    str | None: st.none() | TEXT,
    int: WHOLE,
    Whole | None: st.none() | WHOLE,
    float | None: st.none() | NUMBERS,
    list[Whole]: st.lists(WHOLE, max_size=4),
    list[Any] | None: st.none() | st.tuples(TEXT, st.none() | WHOLE, WHOLE).map(list),  # resumes_from
    dict[str, float]: st.dictionaries(TEXT, NUMBERS, max_size=3),
    dict[str, Any]: st.dictionaries(TEXT, PLAIN, max_size=3),
    Literal["info", "warning"]: st.sampled_from(["info", "warning"]),
}


def events(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any event of one type."""
    fields = {each.name: OF_FIELD[each.type] for each in msgspec.structs.fields(kind)}
    return st.fixed_dictionaries(fields).map(lambda values: kind(**values))


@pytest.mark.parametrize("name", TYPES)
def test_that_an_event_comes_back_from_its_line_as_it_was(name: str) -> None:
    @given(events(TYPES[name]))
    def comes_back(event: Any) -> None:
        line = to_json(event)
        assert "\n" not in line
        assert from_json(line) == event
        assert from_json(line.encode()) == event

    comes_back()


def test_that_header_fields_which_do_not_apply_are_left_out() -> None:
    values = json.loads(to_json(RunEnded(outcome="completed")))

    assert "stage" not in values and "seed" not in values and "who" not in values
    assert values["type"] == "RunEnded"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_that_a_number_that_is_not_finite_is_refused_by_the_writer(number: float, tmp_path: Path) -> None:
    event = StepLogged(step=1, epoch=0.1, lr=0.1, terms={"labels": number})

    with EventWriter(tmp_path / "events.jsonl") as writer, pytest.raises(ValueError, match="JSON compliant"):
        writer.append(event)
    assert (tmp_path / "events.jsonl").read_bytes() == b""


WRONG = {
    "torn": '{"type":"StageEnded","se',
    "empty object": "{}",
    "a list": "[1, 2]",
    "a number": "3",
    "type is no text": '{"type": 3}',
    "a field is missing": '{"type":"Saved","step":1}',
    "a number is text": '{"type":"Saved","step":"1","best":1}',
    "a count is a fraction": '{"type":"Saved","step":1.5,"best":1}',
    "a count is a boolean": '{"type":"Saved","step":true,"best":1}',
    "a measure is a boolean": '{"type":"StageStarted","planned":true,"unit":"steps"}',
    "a boolean is a number": '{"type":"StageEnded","reused":1}',
    "terms are a list": '{"type":"StepLogged","step":1,"epoch":1,"lr":1,"terms":[1]}',
    "a term is text": '{"type":"StepLogged","step":1,"epoch":1,"lr":1,"terms":{"labels":"1"}}',
    "a term is a boolean": '{"type":"StepLogged","step":1,"epoch":1,"lr":1,"terms":{"labels":true}}',
    "a term is not a number": '{"type":"StepLogged","step":1,"epoch":1,"lr":1,"terms":{"labels":NaN}}',
    "a term beyond floats": '{"type":"StepLogged","step":1,"epoch":1,"lr":1,"terms":{"labels":1e999}}',
    "a step beyond counts": '{"type":"Saved","step":100000000000000000000,"best":1}',
    "a rate is infinite": '{"type":"StepLogged","step":1,"epoch":1,"lr":1,"terms":{},"rate":Infinity}',
    "the seed is text": '{"type":"StageEnded","seed":"0"}',
    "a required field is null": '{"type":"Saved","step":null,"best":1}',
    "an unknown level": '{"type":"Note","level":"shout","code":"few-labels"}',
    "an input of text": '{"type":"ModelReady","parameters":1,"macs":1,"bytes":1,"classes":2,"input":[""]}',
    "a checkpoint with two parts": '{"type":"RunStarted","resumes_from":["student",0]}',
    "a checkpoint of odd parts": '{"type":"RunStarted","resumes_from":[1,"a",null]}',
    "not UTF-8": b'{"type":"StageEnded","stage":"\xff"}',
    "too deep": "[" * 20_000,
}


@pytest.mark.parametrize("line", WRONG.values(), ids=WRONG.keys())
def test_that_a_line_that_is_no_event_is_called_bad(line: str | bytes) -> None:
    with pytest.raises(BadLine):
        from_json(line)


@given(st.binary(max_size=200) | st.text(max_size=200) | PLAIN.map(json.dumps))
def test_that_any_line_at_all_is_an_event_or_bad_or_unknown(line: Any) -> None:
    try:
        event = from_json(line)
    except (BadLine, UnknownType):
        return
    assert type(event).__name__ in TYPES


@given(st.sampled_from(sorted(TYPES)).flatmap(lambda name: events(TYPES[name])), st.data())
def test_that_an_event_with_a_field_replaced_is_an_event_or_bad(event: Any, data: st.DataObject) -> None:
    values = json.loads(to_json(event))
    values[data.draw(st.sampled_from(sorted(values)))] = data.draw(PLAIN)
    try:
        again = from_json(json.dumps(values))
    except (BadLine, UnknownType):
        return
    assert from_json(to_json(again)) == again


def test_that_fields_of_a_later_version_are_ignored() -> None:
    assert from_json('{"type":"StageEnded","seed":3,"mood":"good"}').seed == 3


def test_that_an_unknown_type_is_not_taken_for_damage() -> None:
    with pytest.raises(UnknownType, match="Celebrated"):
        from_json('{"type":"Celebrated"}')


def test_that_the_reader_hands_out_each_event_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    reader = EventReader(path)
    assert reader.read() == []

    with EventWriter(path) as writer:
        writer.append(RunStarted(seq=0))
        assert [event.seq for event in reader.read()] == [0]
        assert reader.read() == []
        writer.append(Note(seq=1, level="info", code="few-labels", parameters={"count": 1}))
        writer.append(RunEnded(seq=2, outcome="completed"))
        assert [event.seq for event in reader.read()] == [1, 2]


def test_that_the_reader_waits_for_the_end_of_a_half_written_line(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    line = to_json(RunEnded(outcome="completed")).encode() + b"\n"
    reader = EventReader(path)

    for cut in range(1, len(line)):
        path.write_bytes(line[:cut])
        assert reader.read() == []
    path.write_bytes(line)

    assert reader.read() == [RunEnded(outcome="completed")]
    assert reader.torn == 0


def test_that_a_new_writer_ends_a_torn_line_before_it_appends(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    with EventWriter(path) as writer:
        writer.append(RunStarted(seq=0))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-5])

    with EventWriter(path) as writer:
        writer.append(RunEnded(seq=1, outcome="completed"))

    reader = EventReader(path)
    assert [event.seq for event in reader.read()] == [0, 1]
    assert reader.torn == 1


def test_that_a_writer_adds_no_empty_line_after_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for number in range(3):
        with EventWriter(path) as writer:
            writer.append(RunStarted(seq=number))

    assert path.read_bytes().count(b"\n") == 3
    assert b"\n\n" not in path.read_bytes()


def test_that_unknown_types_and_torn_lines_are_counted_apart(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    good = to_json(RunStarted(seq=7))
    path.write_text(f'{{"type":"Celebrated"}}\n{good}\n\n  \n{good[:9]}\nnonsense\n{good}\n')

    reader = EventReader(path)

    assert [event.seq for event in reader.read()] == [7, 7]
    assert (reader.torn, reader.unknown) == (2, 1)


def test_that_a_line_longer_than_a_chunk_costs_that_line_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventReader, "CHUNK", 256)
    path = tmp_path / "events.jsonl"
    good = to_json(RunStarted(seq=7))
    path.write_text(f"{good}\n{'x' * 1000}\n{good}\n{'[' * 300}\n{good}\n")

    reader = EventReader(path)

    assert [event.seq for event in reader.read()] == [7, 7, 7]
    assert reader.torn == 2


def test_that_many_events_are_read_over_the_borders_of_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventReader, "CHUNK", 300)
    path = tmp_path / "events.jsonl"
    with EventWriter(path) as writer:
        for number in range(200):
            writer.append(RunStarted(seq=number))

    assert [event.seq for event in EventReader(path).read()] == list(range(200))


def test_that_a_thousand_odd_lines_do_not_hide_the_event_between_them(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    rubbish = "\n".join(str(value) for value in WRONG.values() if isinstance(value, str) and len(value) < 1000)
    path.write_text(f"{rubbish}\n{to_json(RunEnded(outcome='completed'))}\n{rubbish}\n")

    assert EventReader(path).read() == [RunEnded(outcome="completed")]
