"""Mistakes in an experiment: each is told with file, line, field and the nearest right word."""

from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kdstudio.spec import SpecError, dump, load, loads, problems_of
from tests.spec import strategies

QUIET = settings(suppress_health_check=[HealthCheck.too_slow], max_examples=50)
LAYOUT = """\
kind: classification

dataset:
  kind: digits
  # labels
  labelled: 0.5
method: {kind: soft-targets,
  temperature: 3}
%s
"""

# line 9 of the layout -> what is said
TABLE = {
    "traning: {epochs: 3}": "e.yaml:9 traning: unknown field; did you mean training?",
    "zebra: good": "e.yaml:9 zebra: unknown field",
    "student: {kind: mlp, hiden: [3]}": "e.yaml:9 student.hiden: unknown field; did you mean hidden?",
    "student: {kind: mlp, width: 3}": "e.yaml:9 student.width: unknown field; "
    "the fields here are kind, weights, hidden, dropout",
    "student: {kind: mpl}": "e.yaml:9 student: kind 'mpl' is not one of mlp, cnn; did you mean mlp?",
    "student: {hidden: [3]}": "e.yaml:9 student: has no kind; give one of mlp, cnn",
    "student: mlp": "e.yaml:9 student: needs fields, as in student: {kind: mlp}, not 'mlp'",
    "student:": "e.yaml:9 student: needs fields, as in student: {kind: mlp}, not None",
    "student: {kind: mlp, hidden: 32}": "e.yaml:9 student.hidden: needs a list, as in [1, 2], not 32",
    "student: {kind: mlp, hidden: [8, many]}": "e.yaml:9 student.hidden.1: needs a whole number, not 'many'",
    "student:\n  kind: mlp\n  hidden:\n  - 8\n  - 0.5": "e.yaml:13 student.hidden.1: needs a whole number, not 0.5",
    "student: {kind: mlp, hidden: [0]}": "e.yaml:9 student.hidden: each layer needs from 1 to 65536 units",
    "teacher: {kind: cnn, weights: 'run:..'}": "e.yaml:9 teacher.weights: write run:<id>, with the id that "
    "`kdstudio runs` shows",
    "teacher: {kind: cnn, weights: 'run:./abc'}": "e.yaml:9 teacher.weights: write run:<id>, with the id that "
    "`kdstudio runs` shows",
    "teacher: {kind: cnn, weights: 'run:a-b_c'}": "e.yaml:9 teacher.weights: write run:<id>, with the id that "
    "`kdstudio runs` shows",
    "teacher: {kind: cnn, weights: 'run:'}": "e.yaml:9 teacher.weights: write run:<id>, with the id that "
    "`kdstudio runs` shows",
    "teacher: {kind: cnn, weights: '~nobody-has-this-name/w'}": "e.yaml:9 teacher.weights: ~nobody-has-this-name/w "
    "leads nowhere: Could not determine home directory.",
    "training: {epochs: -1}": "e.yaml:9 training.epochs: must be more than 0, not -1",
    "training: {epochs: lots}": "e.yaml:9 training.epochs: needs a number, not 'lots'",
    "training: {epochs: .nan}": "e.yaml:9 training.epochs: needs a finite number, not nan",
    "training: {clip: .inf}": "e.yaml:9 training.clip: needs a finite number, not inf",
    "training: {epochs: 3, steps: 4}": "e.yaml:9 training: epochs and steps are given at once; keep one of them",
    "training: {optimizer: adam}": "e.yaml:9 training.optimizer: 'adam' is not one of adamw, sgd; did you mean adamw?",
    "training: {evaluate_every: {steps: 1, seconds: 1}}": "e.yaml:9 training.evaluate_every: "
    "steps and seconds are given at once; keep one of them",
    "training: {evaluate_every: 5}": "e.yaml:9 training.evaluate_every: needs fields, not 5",
    "compute: {device: gpu}": "e.yaml:9 compute.device: 'gpu' is none of these: auto (the fastest that is there), "
    "cpu, cuda, cuda:1, ... or mps.",
    "compute: {threads: 0}": "e.yaml:9 compute: threads: give auto, or a number from 1 to 1024",
    "title: 3": "e.yaml:9 title: needs text (put it in quotes), not 3",
    "baseline: maybe": "e.yaml:9 baseline: needs true or false, not 'maybe'",
    "seeds: 3": "e.yaml:9 seeds: needs a list, as in [1, 2], not 3",
    "seeds: []": "e.yaml:9 seeds: needs at least 1",
    "seeds: [1, 1]": "e.yaml:9 seeds: each seed may be named once: two equal ones would only pretend to be two results",
    "seeds: [-1]": "e.yaml:9 seeds: seeds are numbers from 0 to 2147483647",
    "seeds: [a]": "e.yaml:9 seeds.0: needs a whole number, not 'a'",
    "format: 2": "e.yaml:9 format: 2 is not one of 1",
    "3: 4": "e.yaml:9 3: keys should be strings, not 3",
    "kind: classification": "e.yaml:9 kind: given twice; it stands in line 1 too",
    "training: {epochs: 3, epochs: 4}": "e.yaml:9 training.epochs: given twice; it stands in line 9 too",
    "training: {epochs: 3": "e.yaml:10: not valid YAML: expected ',' or '}', but got '<stream end>'",
    "title: [": "e.yaml:10: not valid YAML: expected the node content, but found '<stream end>'",
    "\ttitle: x": "e.yaml:9: not valid YAML: found character '\\t' that cannot start any token",
    "title: *nothing": "e.yaml:9: not valid YAML: found undefined alias 'nothing'",
    "title: !!python/object:os.system x": "e.yaml:9: not valid YAML: could not determine a constructor for the tag "
    "'tag:yaml.org,2002:python/object:os.system'",
    "title: &a [*a]": "e.yaml:9: an alias may not contain itself",
    "<<: 3": "e.yaml:9: not valid YAML: expected a mapping or list of mappings for merging, but found scalar",
}  # fmt: skip


@pytest.mark.parametrize(("line", "said"), TABLE.items(), ids=TABLE.keys())
def test_that_a_mistake_is_told_with_its_place(line: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        loads(LAYOUT % line, file="e.yaml")
    assert str(error.value) == said


EARLIER = {
    "e.yaml:6 dataset.labelled: must be at most 1, not 5": ("0.5", "5"),
    "e.yaml:6 dataset.labeled: unknown field; did you mean labelled?": ("labelled: ", "labeled: "),
    "e.yaml:8 method.temprature: unknown field; did you mean temperature?": ("temperature", "temprature"),
    "e.yaml:1 kind: 'clasification' is not one of classification; did you mean classification?": (
        "kind: classification", "kind: clasification",
    ),
    "e.yaml:3 dataset: kind 'digit' is not one of digits, idx, image-folder; did you mean digits?": ("digits", "digit"),
    "e.yaml:3 dataset.path: missing; it has no default": ("digits", "idx"),
}  # fmt: skip


@pytest.mark.parametrize(("said", "change"), EARLIER.items(), ids=EARLIER.keys())
def test_that_a_mistake_deeper_in_the_file_is_told_with_its_own_line(said: str, change: tuple[str, str]) -> None:
    with pytest.raises(SpecError) as error:
        loads((LAYOUT % "").replace(*change), file="e.yaml")
    assert str(error.value) == said


def test_that_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    with pytest.raises(SpecError) as error:
        loads("kind: classification\ntitle: 3\nstudent: {kind: cnn, wdith: 1}\nseeds: [1.5]\n", file="e.yaml")

    assert sorted(str(problem) for problem in error.value.problems) == [
        "e.yaml:2 title: needs text (put it in quotes), not 3",
        "e.yaml:3 student.wdith: unknown field; did you mean width?",
        "e.yaml:4 seeds.0: needs a whole number, not 1.5",
    ]


@pytest.mark.parametrize("text", ["", "3", "- a", "text", "---", "# only a comment", "null"])
def test_that_a_file_that_holds_no_fields_is_told_how_to_begin(text: str) -> None:
    with pytest.raises(SpecError, match='beginning with "kind: classification"'):
        loads(text)


def test_that_an_experiment_without_a_kind_is_told_so() -> None:
    with pytest.raises(SpecError) as error:
        loads("title: x", file="e.yaml")
    assert str(error.value) == "e.yaml:1 kind: missing; it has no default"


# yes and no

NUMBERS = [
    "dataset: {kind: digits, labelled: %s}", "dataset: {kind: digits, hidden_classes: [%s]}", "seeds: [0, %s]",
    "student: {kind: mlp, hidden: [%s]}", "student: {kind: cnn, width: %s}", "training: {epochs: %s}",
    "training: {early_stopping: %s}", "training: {evaluate_every: {steps: %s}}", "compute: {threads: %s}", "format: %s",
    "dataset: {kind: digits, views: {shift: %s}}", "method: {kind: soft-targets, alpha: %s}",
]  # fmt: skip


@pytest.mark.parametrize("word", ["yes", "no", "true", "Off"])
@pytest.mark.parametrize("line", NUMBERS)
def test_that_yes_is_no_number(line: str, word: str) -> None:
    with pytest.raises(SpecError, match=r"^e:2 [\w.]+: .*not '(yes|no)'|'(yes|no)' is not one of"):
        loads(f"kind: classification\n{line % word}", file="e")


@pytest.mark.parametrize("word", ["yes", "no", "true", "off"])
def test_that_yes_and_no_are_kept_where_a_yes_or_no_is_asked_for(word: str) -> None:
    experiment = loads(f"kind: classification\nbaseline: {word}\ndataset: {{kind: digits, normalise: {word}}}")

    assert experiment.baseline is experiment.dataset.normalise is (word in ("yes", "true"))


# --set


def test_that_changes_are_applied_before_anything_is_checked() -> None:
    experiment = loads(
        "kind: classification\ntraining: {epochs: wrong}",
        changes=["training.epochs=3", "method.kind=none", "seeds=[1, 2]", "title=A = B", "compute.threads=2"],
    )

    assert (experiment.training.epochs, experiment.method.kind, experiment.seeds) == (3.0, "none", (1, 2))
    assert (experiment.title, experiment.compute.threads) == ("A = B", 2)


CHANGES = {
    "training.epoch=3": "--set training.epoch: unknown field; did you mean epochs?",
    "training.epochs=-3": "--set training.epochs: must be more than 0, not -3",
    "training.epochs=yes": "--set training.epochs: needs a number, not 'yes'",
    "training.epochs": '--set: "training.epochs": write it as field=value, for example training.epochs=3',
    "=3": '--set: "=3": write it as field=value, for example training.epochs=3',
    "training..epochs=3": '--set: "training..epochs=3": write it as field=value, for example training.epochs=3',
    "title.text=3": '--set: "title.text=3": title holds a value, not fields',
    "seeds.0=3": '--set: "seeds.0=3": seeds holds a value, not fields',
    "title=[": '--set: "title=[": the value is not valid YAML',
    "title=!!bool x": '--set: "title=!!bool x": the value is not valid YAML',
    "title=!!timestamp x": '--set: "title=!!timestamp x": the value is not valid YAML',
    "student.kind=resnet": "--set student: kind 'resnet' is not one of mlp, cnn",
}


@pytest.mark.parametrize(("change", "said"), CHANGES.items(), ids=CHANGES.keys())
def test_that_a_mistaken_change_is_told_as_the_command_lines(change: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        loads(
            "kind: classification\ntitle: t\nseeds: [1]\nstudent: {kind: cnn}",
            file="e.yaml",
            changes=[change],
        )
    assert str(error.value) == said


GIVEN = "kind: classification\ntraining: {steps: 3000, evaluate_every: {steps: 9}}\n"


def test_that_setting_one_budget_clears_the_one_that_the_file_gives() -> None:
    training = loads(GIVEN, changes=["training.epochs=3", "training.evaluate_every.seconds=2"]).training
    assert (training.epochs, training.steps, training.minutes) == (3.0, None, None)
    assert (training.evaluate_every.seconds, training.evaluate_every.steps) == (2.0, None)


def test_that_clearing_one_budget_leaves_the_other() -> None:
    assert loads(GIVEN, changes=["training.epochs=null"]).training.steps == 3000


def test_that_two_budgets_set_at_once_are_refused_with_a_way_out() -> None:
    with pytest.raises(SpecError) as error:
        loads(GIVEN, changes=["training.epochs=3", "training.minutes=3"])
    assert str(error.value) == '--set: "training.minutes=3": training.epochs is set too; keep one of them'


def test_that_a_change_leaves_what_shares_an_alias_alone() -> None:
    experiment = loads(
        "kind: classification\nteacher_training: &t {epochs: 5}\ntraining: *t", changes=["training.epochs=7"]
    )

    assert (experiment.teacher_training.epochs, experiment.training.epochs) == (5.0, 7.0)


# Aliases and merges


def test_that_aliases_and_merges_are_what_they_stand_for() -> None:
    experiment = loads(
        "kind: classification\nteacher_training: &t {epochs: 5, optimizer: sgd}\ntraining: {<<: *t, optimizer: adamw}"
    )

    assert (experiment.training.epochs, experiment.training.optimizer) == (5.0, "adamw")


@pytest.mark.timeout(20)
def test_that_a_billion_laughs_are_refused_at_once() -> None:
    lines = ["kind: classification", "a0: &a0 [x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30)]

    with pytest.raises(SpecError, match="its aliases stand for more than 10,000 values"):
        loads("\n".join(lines))


# Files


def test_that_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"nothing\.yaml: cannot be read \(No such file or directory\); check the path"):
        load(tmp_path / "nothing.yaml")


def test_that_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="cannot be read"):
        load(tmp_path)


def test_that_a_file_of_another_encoding_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_bytes("title: Größe".encode("latin-1"))

    with pytest.raises(SpecError, match="is not UTF-8 text"):
        load(tmp_path / "e.yaml")


def test_that_a_file_with_a_byte_order_mark_loads(tmp_path: Path) -> None:
    (tmp_path / "e.yaml").write_bytes(b"\xef\xbb\xbfkind: classification\n")

    assert load(tmp_path / "e.yaml").kind == "classification"


# Anything at all

ODD = [
    "title: !!bool x", "title: !!int ''", "title: !!float x", "title: !!timestamp x", "title: 2020-99-99",
    "title: !!binary '*'", 'title: "\\UFFFFFFFF"', "title: !!set {a}", "title: !!omap [a: 1]", "? {a: b}\n: c",
    "title: 0x_", "title: 1__0", f"title: {'1' * 5000}", f"seeds: [{'9' * 400}]", "training: {epochs: 1e999}",
    "!!map {kind: classification}", "%YAML 9.9\n---\nkind: classification", "%TAG ! !!\n---\na: 1", "--- a\n--- b",
    "kind: classification\n---\nkind: classification", "[" * 500, "{a: " * 500, "- " * 500, "\0", "\ud800",
    "dataset: {kind: idx, path: 'a\\0'}", 'dataset: {kind: idx, path: "a\\0"}', "kind: [classification]",
    "kind: {a: b}", "kind: null", "dataset: {kind: {}}", "<<: [{a: b}, {c: d}]", "? \n: \n", "!!null a: b",
    "training: !!set {epochs}", "seeds: !!set {1, 2}", "seeds: !!python/tuple [1]", "title: !<tag:x> 1", "a: !!map b",
]  # fmt: skip


def load_or_refuse(text: str, *changes: str) -> None:
    """Whatever `text` is, it is an experiment or a SpecError with problems that can be shown."""
    try:
        experiment = loads(text, file="e", base=Path("/base"), changes=changes)
    except SpecError as error:
        assert error.problems
        assert all(len(problem.message) < 2000 and "\n" not in str(problem)[:200] for problem in error.problems)
        assert all(problem.line is None or problem.line >= 1 for problem in error.problems)
    else:
        assert loads(dump(experiment)) == experiment


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:30]))
def test_that_odd_yaml_is_refused_in_words_or_understood(text: str) -> None:
    load_or_refuse(text)
    load_or_refuse(f"kind: classification\n{text}")


YAMLISH = st.text("{}[]:,&*!|>'\"%@`-?#\n\t ~<=.0159eEabkindyno\\xuU_", max_size=60)


@QUIET
@given(st.text(max_size=60) | YAMLISH | YAMLISH.map(lambda text: f"kind: classification\n{text}"))
def test_that_any_text_is_refused_in_words_or_understood(text: str) -> None:
    load_or_refuse(text)


@QUIET
@given(strategies.EXPERIMENTS.map(dump), st.data())
def test_that_a_mutated_experiment_is_refused_in_words_or_understood(text: str, data: st.DataObject) -> None:
    lines = text.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(lines) - 1))
        how = data.draw(st.sampled_from(["drop", "double", "junk", "indent", "swap", "value"]))
        line = lines[place]
        if how == "drop" and len(lines) > 1:
            del lines[place]
        elif how == "double":
            lines.insert(place, line)
        elif how == "junk":
            cut = data.draw(st.integers(0, len(line)))
            lines[place] = line[:cut] + data.draw(YAMLISH) + line[cut:]
        elif how == "indent":
            lines[place] = f" {line}"
        elif how == "swap":
            lines[place] = lines[-1]
        else:
            name, colon, _ = line.partition(": ")
            lines[place] = f"{name}{colon}{data.draw(YAMLISH)}\n"
    load_or_refuse("".join(lines))


@QUIET
@given(
    st.text(max_size=30)
    | YAMLISH
    | st.tuples(st.sampled_from(["title", "training.epochs", "a.b"]), YAMLISH).map("=".join)
)
def test_that_any_change_is_refused_in_words_or_made(change: str) -> None:
    load_or_refuse("kind: classification", change)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@QUIET
@given(strategies.EXPERIMENTS.map(dump).map(yaml.safe_load), st.data())
def test_that_a_form_with_any_value_in_it_has_problems_that_can_be_shown(values: dict, data: st.DataObject) -> None:
    """What a form holds is plain data; each problem names a field by its path, none has a line."""
    at = values
    while True:
        name = data.draw(st.sampled_from(sorted(at)))
        if not isinstance(at[name], dict) or data.draw(st.booleans()):
            break
        at = at[name]
    at[name] = data.draw(PLAIN)

    problems = problems_of(values)

    assert bool(problems) is not strategies.is_valid(values)
    assert all(problem.path and problem.line is None for problem in problems)
