"""Arguments in, lines and exit code out. Everything heavy is imported by the command that needs it."""

import contextlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from kdstudio.terminal_text import escaped, escaped_output
from kdstudio.told import FAILED, fail, told

if TYPE_CHECKING:
    from kdstudio.runs.folder import Request, RunFolder
    from kdstudio.runs.home import Home

COMPLETED, STOPPED = 0, 130
DEMO = "digits-few-labels.yaml"

app = typer.Typer(
    name="kdstudio", help="A workbench for knowledge distillation. Without a command it opens the window.",
    no_args_is_help=False, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Where runs and teachers lie; else KDSTUDIO_HOME, else the folder chosen in the window's "
                 "Settings, else the system's data folder."),
]  # fmt: skip
RunArgument = Annotated[str, typer.Argument(help="A run folder, or the id of a run.", metavar="RUN")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON alone.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Change a field of the file, for example training.epochs=3. May be repeated.")
]  # fmt: skip


def main() -> NoReturn:
    """Read the command line and do what it says; what is wrong becomes one message with a way out, on stderr."""
    with escaped_output(), told():
        app()
    raise SystemExit(COMPLETED)


def _print_version(wanted: bool) -> None:
    if wanted:
        from kdstudio import __version__

        print(f"KD Studio {__version__}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
]


@app.callback(invoke_without_command=True)
def window(context: typer.Context, home: HomeOption = None, version: VersionOption = False) -> None:
    """Open the window."""
    if context.invoked_subcommand is None:
        from kdstudio.opening import open_window

        open_window(home)


def _home(explicit: Path | None) -> "Home":
    from kdstudio.runs.home import Home

    return Home.locate(explicit)


@app.command()
def demo(
    headless: Annotated[bool, typer.Option("--headless", help="In the terminal, with no window.")] = False,
    home: HomeOption = None,
) -> None:
    """Start the sample experiment: in the window, or in the terminal where there is no display."""
    from kdstudio.opening import has_display, open_window
    from kdstudio.runs.resources import resource

    sample = resource("experiments", DEMO)
    if headless or not has_display():
        _run(sample, [], _home(home))
    open_window(home, experiment=sample, start=True)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="An experiment as YAML; - reads it from the standard input.")],
    changes: SetOption = None,
    home: HomeOption = None,
) -> None:
    """Run the experiment in FILE. The last line on stdout is the run folder."""
    _run(file, changes or [], _home(home))


def _run(file: Path, changes: list[str], home: "Home") -> NoReturn:
    from kdstudio.runs.launch import new_run

    _work(new_run(_experiment(file, changes), home), home)


def _experiment(file: Path, changes: list[str]) -> Any:
    from kdstudio.spec import SpecError, load, loads
    from kdstudio.spec.plain_yaml import MOST_BYTES

    try:
        if str(file) == "-":
            return loads(sys.stdin.read(MOST_BYTES + 1), file="standard input", base=Path.cwd(), changes=changes)
        return load(file, changes=changes)
    except SpecError as error:
        fail(str(error))


@app.command()
def resume(run: RunArgument, home: HomeOption = None) -> None:
    """Resume a run from its last checkpoint. A completed run is left as it is."""
    folder = _home(home).find(run)
    _work(folder, _home_of(folder, home))


def _home_of(folder: "RunFolder", home: Path | None) -> "Home":
    from kdstudio.runs.home import Home

    return Home.of(folder, home)


def _work(folder: "RunFolder", home: "Home") -> NoReturn:
    """Drive the run in this very process; print its folder; end with the outcome's exit code."""
    from kdstudio.engine.driver import drive
    from kdstudio.terminal import Watcher, say

    with Watcher() as watcher:
        outcome = drive(folder, home, on_event=watcher)
    if outcome == "completed":
        say(escaped(str(folder.summary().get("headline") or "")), sys.stderr)
    elif outcome != "failed":
        say(f"{outcome.capitalize()}. `kdstudio resume {folder.id}` resumes it from here.", sys.stderr)
    say(str(folder.path), sys.stdout)
    raise SystemExit({"completed": COMPLETED, "failed": FAILED}.get(outcome, STOPPED))


@app.command()
def stop(run: RunArgument, home: HomeOption = None) -> None:
    """Ask a running run to save and stop."""
    from kdstudio.runs.folder import Request

    _ask(run, home, Request.STOP)


@app.command()
def pause(run: RunArgument, home: HomeOption = None) -> None:
    """Ask a running run to save and give its device back, until it is resumed."""
    from kdstudio.runs.folder import Request

    _ask(run, home, Request.PAUSE)


def _ask(run: str, home: Path | None, request: "Request") -> None:
    folder = _home(home).find(run)
    if not folder.ask(request):
        status = folder.current()
        fail(f"Run {folder.id} is not running: it is {_state(status.state, status.code)}.")
    print(f"Asked run {folder.id} to {request}.", file=sys.stderr)


@app.command()
def runs(as_json: JsonOption = False, home: HomeOption = None) -> None:
    """List the runs, newest first: accuracy on test data and on validation data, and the gain over the baseline in points."""
    from dataclasses import asdict

    from kdstudio.runs.library import Library
    from kdstudio.runs.outlook import local_time

    rows = Library(_home(home)).rows()
    if as_json:
        print(json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False))
        return
    if not rows:
        print("No runs yet. `kdstudio demo` starts one.", file=sys.stderr)
        return
    print(f"{'ID':<8}  {'CREATED':<19}  {'STATE':<10} {'TEST':>7} {'VAL.':>7} {'GAIN':>6}  TITLE")
    for row in rows:
        tested = _percent(row.accuracy if row.split == "test" else None)
        gain = f"{100 * row.gain:+.1f}" if row.gain is not None else "-"
        why = row.problem or _cause(row.state, row.code)
        numbers = f"{tested:>7} {_percent(row.validation):>7} {gain:>6}"
        said = f"{row.title}  [{why}]" if why else row.title
        print(f"{row.id:<8}  {local_time(row.created):<19}  {_state(row.state, row.code):<10} {numbers}  {said}")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _state(state: str, code: str | None) -> str:
    """The word for a run's state, as the window has it: one whose process is gone was killed, or failed for a reason."""
    return ("killed" if code in (None, "killed") else "failed") if state == "lost" else str(state)


def _cause(state: str, code: str | None) -> str:
    """Why a run failed, in a few words; "" of one that did not."""
    from kdstudio.runs.failures import explain

    return explain(code).title if code and state in ("failed", "lost") and code != "killed" else ""


@app.command()
def show(run: RunArgument, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show what a run came to: its headline, its models, what was kept."""
    folder = _home(home).find(run)
    summary, status = folder.summary(), folder.current()
    if as_json:
        shown = ("headline", "models", "steps", "gain", "split", "kept", "seconds")
        empty = summary or _empty_summary()
        print(
            json.dumps(
                {"status": str(status.state), **{name: empty.get(name) for name in shown}}, indent=1, ensure_ascii=False
            )
        )
        return
    from kdstudio.runs.failures import explain
    from kdstudio.runs.folder import LONGEST

    print(folder.called)
    print(f"{_state(status.state, status.code)}, {_number(summary.get('seconds')) or 0:.0f} s\n{folder.path}")
    if status.code:
        print(f"\n{explain(status.code, status.parameters)}")
    if summary.get("headline"):
        print(f"\n{str(summary['headline'])[:LONGEST]}")
    if isinstance(summary.get("models"), dict):
        _print_models(summary)


def _empty_summary() -> dict[str, Any]:
    from kdstudio.runs.state import RunState
    from kdstudio.runs.summary import summarise

    return summarise(RunState(), "")


def _print_models(summary: dict[str, Any]) -> None:
    columns = ("accuracy", "nll", "ece", "agreement", "kl", "parameters", "macs", "bytes")
    print("\n" + f"{'test data':<10}" + "".join(f"{name:>12}" for name in columns))
    for who, values in summary["models"].items():
        values = values if isinstance(values, dict) else {}
        print(f"{who:<10}" + "".join(f"{_cell(values.get(name)):>12}" for name in columns))
    steps = summary.get("steps")
    steps = steps if isinstance(steps, dict) else {}
    print(f"\noptimiser steps a seed: baseline {_cell(steps.get('baseline'))}, student {_cell(steps.get('student'))}")


def _cell(value: Any) -> str:
    number = _number(value)
    return "-" if number is None else f"{number:,}" if isinstance(number, int) else f"{number:.4f}"


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) else None


@app.command("log")
def show_log(
    run: RunArgument,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing until the run ends.")] = False,
    home: HomeOption = None,
) -> None:
    """Print the log of a run."""
    folder = _home(home).find(run)
    from codecs import getincrementaldecoder

    from kdstudio.spec.regular_files import MIB, open_regular

    at, decoder = 0, getincrementaldecoder("utf-8")("replace")
    while True:
        over = not folder.current().state.active
        with contextlib.suppress(FileNotFoundError), open_regular(folder.log_file) as file:
            file.seek(at)
            while piece := file.read(MIB):
                print(decoder.decode(piece).replace("\r\n", "\n"), end="", flush=True)
            at = file.tell()
        if over or not follow:
            return
        time.sleep(0.5)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="An experiment as YAML.")],
    changes: SetOption = None,
    home: HomeOption = None,
) -> None:
    """Check an experiment without running it: its fields, its data, its weights."""
    experiment = _experiment(file, changes or [])
    from kdstudio.engine.check import check as look

    found = look(experiment, _home(home))
    images, shape = found["images"], "x".join(map(str, found["input"]))
    print(f"{found['title']}: valid, runs on {found['device']}")
    print(f"images ({shape}): {', '.join(f'{name} {count}' for name, count in images.items())}")
    print(f"the student sees {found['transfer']} of the training images, {found['labelled']} of them with their label")
    counts = found["classes"].values()
    print(f"{len(counts)} classes, {min(counts)} to {max(counts)} training images each")
    for role, costs in found["networks"].items():
        print(
            f"{role} ({costs['kind']}): {costs['parameters']:,} parameters, {costs['macs']:,} MACs, {costs['bytes']:,} bytes"
        )
    from kdstudio.runs.failures import explain

    for warning in found["warnings"]:
        words = explain(warning["code"], warning)
        print(f"warning: {words.title}. {words.cause} {words.remedy}")
    for name, why in found["left_out"].items():
        print(f"left out: {name}: {why}")


@app.command()
def predict(
    run: RunArgument,
    image: Annotated[Path, typer.Argument(help="An image file.", metavar="IMAGE")],
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Ask the student of a run for the class of an image."""
    folder = _home(home).find(run)
    from kdstudio.engine.predict import predict as ask

    chances = ask(folder, image)
    if as_json:
        print(json.dumps([{"class": name, "probability": chance} for name, chance in chances], ensure_ascii=False))
        return
    for name, chance in chances[:5]:
        print(f"{100 * chance:5.1f} %  {name}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of an experiment file."""
    from kdstudio.spec import Classification

    print(json.dumps(Classification.model_json_schema(), indent=1, ensure_ascii=False))


@app.command()
def doctor(home: HomeOption = None) -> None:
    """Say what is installed, which devices there are, and what is missing."""
    from kdstudio.doctor import findings

    trouble = False
    for finding in findings(_home(home)):
        trouble |= not finding.fine
        print(f"{'ok' if finding.fine else 'MISSING':<8} {finding.what}: {finding.detail}")
        if finding.remedy:
            print(f"         {finding.remedy}")
    raise SystemExit(FAILED if trouble else COMPLETED)


@app.command(hidden=True)
def desk(home: HomeOption = None) -> None:
    """Answer the window's questions on the standard streams (the window starts it)."""
    from kdstudio.engine.desk import serve

    serve(_home(home))
