"""One attempt at a run as a stream of events: where it resumes, what it is compared with, then the stages."""

import platform
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import torch

import kdstudio
from kdstudio.data import fingerprint, load
from kdstudio.engine import classification, teacher
from kdstudio.engine.checkpoint import Checkpoints, Position
from kdstudio.engine.context import Context
from kdstudio.engine.control import Control
from kdstudio.engine.device import Place, give_back, prepare
from kdstudio.engine.given_weights import weights_path
from kdstudio.runs.events import AnyEvent, Note, RunStarted, StageEnded
from kdstudio.runs.files import read_json, write_json
from kdstudio.runs.folder import Request, RunFolder
from kdstudio.runs.home import Home
from kdstudio.runs.outlook import plan
from kdstudio.runs.state import RunState, StageKey
from kdstudio.spec import Classification, SpecError
from kdstudio.spec.errors import KnownFailure

ABOUT_THE_RUN = frozenset({"title", "format", "parent", "group"})
"""Fields of an experiment that say nothing about what is computed."""

TRAINED = ("baseline", "student")
"""The stages that are compared with each other."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resumption:
    """Where an attempt begins: the stages that are done, and the checkpoint inside the next one, if there is one."""

    ended: frozenset[StageKey]
    start: Position | None
    marker: list[Any] | None


def session(
    folder: RunFolder, requests: Callable[[], Request | None], *, home: Home | None = None
) -> Generator[AnyEvent, None, None]:
    """Carry out the run in `folder` from wherever it is; the caller stamps and writes each event before asking on.

    Args:
        folder: the run.
        requests: asked at most ten times a second, also while loading, caching and evaluating.
        home: where teachers, outputs and locks are; by default the home that the folder lies in.

    Raises:
        Interrupted: a request to stop or pause was heard, and everything is saved.
        KnownFailure: it cannot resume, for a reason with a way out.
    """
    home = home or Home.of(folder)
    state, _ = folder.fold()
    checkpoints = Checkpoints(folder.checkpoints)
    try:
        experiment = folder.experiment()
    except SpecError as error:
        yield RunStarted(resumes_from=_keep_all_marker(state))
        raise KnownFailure("experiment-unreadable", why=str(error)) from None
    before = read_json(folder.path / "environment.json")
    other = before is not None and before.get("trained_by") != teacher.TRAINED_BY
    if other and not _has_ended(state, teacher.STAGE):  # half of each, it would pass for a teacher of this version
        checkpoints.discard(teacher.STAGE, None)
    resumption = resume_point(experiment, state, checkpoints.position, checkpoints.has_result)
    yield RunStarted(resumes_from=resumption.marker)

    control = Control(requests)
    place = prepare(experiment.compute)
    with (
        yield from teacher.held(home.locks / f"{place.key}.lock", control, {}, "waiting-for-device", device=place.name)
    ):
        yield from _notes_on(place, experiment)
        control.check()
        images = load(experiment.dataset, check=control.check)
        control.check()
        if images.left_out:
            about = {"count": len(images.left_out), "names": images.left_out_in_words}
            yield Note(level="warning", code="damaged-left-out", parameters=about)
        found = _environment(experiment, place, images.fingerprint, home)
        yield from _compare(folder, experiment, before, found)
        if other and any(stage in TRAINED for stage, _ in state.stages):
            yield Note(level="warning", code="earlier-version")
        if before is not None and (teacher.STAGE, None) in resumption.ended:
            known = teacher.resumed_name(experiment, images.fingerprint, home, before.get("teacher"))
            found["teacher"] = known or found["teacher"]
        write_json(folder.path / "environment.json", found)
        _discard_stale(checkpoints, resumption)
        context = Context(
            folder=folder, home=home, experiment=experiment, images=images, place=place, checkpoints=checkpoints,
            control=control, ended=resumption.ended, start=resumption.start, teacher=found["teacher"],
        )  # fmt: skip
        try:
            with closing(classification.stages(context)) as events:
                for event in events:
                    yield event
                    if isinstance(event, StageEnded):  # written: from here on its result is what counts
                        checkpoints.discard(event.stage or "", event.seed)
        finally:
            give_back(place.device)


def _has_ended(state: RunState, name: str) -> bool:
    stage = state.stages.get((name, None))
    return stage is not None and stage.ended


def resume_point(
    experiment: Classification,
    state: RunState,
    position: Callable[[str, int | None], Position | None] = lambda stage, seed: None,
    has_result: Callable[[str, int | None], bool] = lambda stage, seed: True,
) -> Resumption:
    """Where the next attempt begins, given what earlier ones said and where the latest checkpoint of each stage is.

    A training stage whose result somebody removed (because it was damaged) is done again, and so is what followed it.
    """
    ended = set()
    following: StageKey | None = None
    for key in plan(experiment):
        stage = state.stages.get(key)
        lost = key[0] in TRAINED and not has_result(*key)
        if stage is None or not stage.ended or lost:
            following = key
            break
        ended.add(key)
    inside = position(*following) if following is not None else None
    if inside is not None and (inside.step == 0 or following not in state.stages):
        inside = None
    if following is None or not state.stages:
        return Resumption(ended=frozenset(ended), start=None, marker=None if not ended else _keep_all_marker(state))
    return Resumption(ended=frozenset(ended), start=inside, marker=[*following, inside.step if inside else 0])


def _keep_all_marker(state: RunState) -> list[Any] | None:
    """The marker that keeps everything that is known: it names no stage, so the fold has nothing to drop."""
    return ["", None, 0] if state.current is not None else None


def _discard_stale(checkpoints: Checkpoints, resumption: Resumption) -> None:
    """Remove checkpoints of stages that are over or begin anew. A teacher that an earlier attempt of this run was training
    again, because the shared one was gone, resumes."""
    keep: set[StageKey] = {key for key in resumption.ended if key[0] == teacher.STAGE}
    if resumption.start is not None:
        keep.add((resumption.start.stage, resumption.start.seed))
    checkpoints.discard_others(keep)


def _notes_on(place: Place, experiment: Classification) -> Iterator[AnyEvent]:
    precision = str(place.precision).removeprefix("torch.")
    about = {"device": place.name, "threads": place.threads, "precision": precision}
    yield Note(level="info", code="device-ready", parameters=about)
    if place.fell_back:
        asked = {"device": place.name, "asked": experiment.compute.precision, "used": precision}
        yield Note(level="warning", code="precision-fallback", parameters=asked)


def _environment(experiment: Classification, place: Place, data: str, home: Home) -> dict[str, Any]:
    """Versions, device, resolved threads and precision, and the fingerprints of all that the result depends on."""
    named = {role: weights_path(getattr(experiment, role), home, role=role) for role in ("teacher", "student")}
    for role, path in named.items():
        if path is not None and not path.exists():
            raise KnownFailure("file-missing", path=str(path), field=f"{role}.weights")
    # Not `compute`: what it comes to on this computer stands beside, and another one is a note.
    asked = experiment.model_dump(mode="json", exclude={*ABOUT_THE_RUN, "compute"})
    return {
        "versions": {
            "kdstudio": kdstudio.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
        },
        "platform": f"{platform.system()} {platform.machine()}",
        "executable": "frozen" if getattr(sys, "frozen", False) else "python",
        "device": place.name,
        "threads": place.threads,
        "precision": str(place.precision).removeprefix("torch."),
        "trained_by": teacher.TRAINED_BY,
        "teacher": teacher.name_of(experiment, data, place.precision),
        "deterministic": experiment.compute.deterministic,
        "fingerprints": {
            "experiment": fingerprint.of_values(asked),
            "data": data,
            **{f"{role}_weights": fingerprint.of_file(path) if path else None for role, path in named.items()},
        },
    }


def _compare(
    folder: RunFolder, experiment: Classification, before: dict[str, Any] | None, found: dict[str, Any]
) -> Iterator[AnyEvent]:
    """Refuse to resume with something else than the run began with; say so where it only may not be bit-identical.

    Raises:
        KnownFailure: experiment, data or weights have changed.
    """
    if before is None:
        return
    old, new = before.get("fingerprints", {}), found["fingerprints"]
    known = {new["experiment"], fingerprint.of_values(experiment.model_dump(mode="json", exclude={*ABOUT_THE_RUN}))}
    if old.get("experiment") not in known:  # earlier versions took `compute` for a part of it
        raise KnownFailure("changed-experiment", path=str(folder.experiment_file))
    if old.get("data") != new["data"]:
        raise KnownFailure("changed-data", path=str(folder.experiment_file))
    for role in ("teacher", "student"):
        if old.get(f"{role}_weights") != new[f"{role}_weights"]:
            raise KnownFailure("changed-weights", role=role, path=str(folder.experiment_file))
    was, now = _machine(before), _machine(found)
    if was != now:
        yield Note(level="warning", code="not-bit-identical", parameters={"before": was, "now": now})


def _machine(environment: dict[str, Any]) -> str:
    versions = environment.get("versions", {})
    parts = (environment.get(name) for name in ("device", "threads", "precision", "platform"))
    device, threads, precision, system = parts
    how = "" if environment.get("deterministic", True) else ", not deterministic"
    return f"torch {versions.get('torch')}, {device}, {threads} threads, {precision}, {system}{how}"
