"""The words for what events, status files and exceptions only name by a code: cause, remedy, field to change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What people read about a code; `field` is the path in the experiment that helps, where one does."""

    title: str
    cause: str
    remedy: str
    field: str | None = None

    def __str__(self) -> str:
        return f"{self.title}. {self.cause} {self.remedy}"


WORDS: dict[str, Words] = {
    "out-of-memory-device": Words(
        title="The device ran out of memory",
        cause="{device} could not give the memory that a step needs ({stage}).",
        remedy="Halve the batch size, choose a smaller model, or close other programs that use the device.",
        field="training.batch_size",
    ),
    "out-of-memory-system": Words(
        title="The computer ran out of memory",
        cause="The system refused more memory ({stage}).",
        remedy="Halve the batch size, choose smaller images or a smaller model, or close other programs.",
        field="training.batch_size",
    ),
    "not-a-number": Words(
        title="The loss is no longer a number",
        cause="The term \"{term}\" became infinite or undefined in step {step} of {stage}. The last good weights were kept.",
        remedy="Lower the learning rate, or set a gradient clip of 1: resumed as it is, the run would meet the same step again.",
        field="training.learning_rate",
    ),
    "disk-full": Words(
        title="The disk is full",
        cause="Nothing more could be written to {path}.",
        remedy="Free some space, then resume the run from its last checkpoint.",
    ),
    "not-writable": Words(
        title="A folder cannot be written",
        cause="{path}: {why}.",
        remedy="Allow writing there, or choose another data folder: in Settings, or with --home.",
    ),
    "file-missing": Words(
        title="A file is missing",
        cause="{path} is not there.",
        remedy="Check the path ({field}), or put the file there.",
        field="{field}",
    ),
    "file-unreadable": Words(
        title="A file cannot be read now",
        cause="{path}: {why}.",
        remedy="Check the disk, or the connection to it, and that you may read the file. Then resume: nothing was removed.",
    ),
    "file-corrupt": Words(
        title="A file is damaged",
        cause="{path}: {why}.",
        remedy="Replace it with an intact file, or remove it, and start again.",
        field="{field}",
    ),
    "checkpoint-beyond": Words(
        title="The checkpoint does not fit the experiment",
        cause="It is at step {step} of {stage}, but only {planned} steps are planned.",
        remedy="Start the experiment as a new run.",
    ),
    "too-few-classes": Words(
        title="There are fewer than two classes",
        cause="{path} holds {held}.",
        remedy="Put the images of each class into a folder of its own, for at least two classes.",
        field="{field}",
    ),
    "too-few-images": Words(
        title="There are too few images",
        cause="{why}.",
        remedy="Add images, or change the shares for validation and test.",
        field="dataset.test",
    ),
    "hidden-class-unknown": Words(
        title="A hidden class does not exist",
        cause="Class {number} is hidden, but the data has the classes 0 to {last}.",
        remedy="Name classes that the data has.",
        field="dataset.hidden_classes",
    ),
    "nothing-left": Words(
        title="No training image is left",
        cause="Every training image belongs to a hidden class.",
        remedy="Hide fewer classes.",
        field="dataset.hidden_classes",
    ),
    "weights-mismatch": Words(
        title="The weights do not fit",
        cause="{path} holds {found}, but {role} needs {needed}.",
        remedy="Choose the model that the weights were made with, the same kind of data, or other weights.",
        field="{role}.weights",
    ),
    "weights-pickled": Words(
        title="The weights are in a format that can run code",
        cause="{path} is not a safetensors file, and pickled checkpoints may contain any program.",
        remedy="Convert it where you trust it: safetensors.torch.save_file(torch.load(path, weights_only=True), "
        "'weights.safetensors').",
        field="{role}.weights",
    ),
    "classes-mismatch": Words(
        title="The classes do not match",
        cause="Run {run} learned {found}, but this experiment has {needed}.",
        remedy="Choose a run that learned the same classes, or the dataset of that run.",
        field="{role}.weights",
    ),
    "weights-run-empty": Words(
        title="That run has no student yet",
        cause="{role}.weights names run {run}, which has not kept a student.",
        remedy="Let that run complete, or name another one.",
        field="{role}.weights",
    ),
    "student-missing": Words(
        title="The run has no student yet",
        cause="Run {run} has not completed.",
        remedy="Resume it (kdstudio resume {run}), or name another run.",
    ),
    "run-unknown": Words(
        title="There is no such run",
        cause="\"{run}\" is neither a run folder nor the id of a run in {home}.",
        remedy="`kdstudio runs` lists them.",
    ),
    "run-ambiguous": Words(
        title="Several runs match",
        cause="{count} runs in {home} begin with \"{run}\".",
        remedy="Type more of the id.",
    ),
    "run-at-work": Words(
        title="The run is still training", cause="Run {run} is running.", remedy="Stop it first, then delete it."
    ),
    "trash-refuses": Words(
        title="The run cannot be moved to the trash",
        cause="{path}: {why}.",
        remedy="Delete the folder with your file manager.",
    ),
    "home-unusable": Words(
        title="The data folder cannot be used",
        cause="{path}: {why}.",
        remedy="Choose another one in Settings, or name it with --home or KDSTUDIO_HOME.",
    ),
    "home-gone": Words(
        title="The chosen data folder is missing",
        cause="{path} is not a folder; its disk may not be connected.",
        remedy="Connect the disk, name another folder with --home, or remove {file} to use the default folder again.",
    ),
    "choice-not-kept": Words(
        title="The choice of a data folder could not be saved",
        cause="{path}: {why}.",
        remedy="Name the data folder with --home or KDSTUDIO_HOME instead.",
    ),
    "already-running": Words(
        title="The run is already running",
        cause="Process {pid} is training run {run}.",
        remedy="Watch it with `kdstudio log {run} -f`, or stop it first.",
    ),
    "device-missing": Words(
        title="The device is missing",
        cause="{device} was asked for, but this computer has: {available}.",
        remedy="Choose auto, or one of these devices.",
        field="compute.device",
    ),
    "device-lost": Words(
        title="The device stopped answering",
        cause="{device}: {why}.",
        remedy="Resume the run from its last checkpoint. If this happens again, restart the computer.",
    ),
    "changed-experiment": Words(
        title="The experiment has changed",
        cause="experiment.yaml was changed after the last checkpoint was written.",
        remedy="Start it as a new run (kdstudio run {path}), or put the old text back.",
    ),
    "changed-data": Words(
        title="The data has changed",
        cause="The images or their labels have changed since the last checkpoint.",
        remedy="Start it as a new run (kdstudio run {path}), or put the old data back.",
        field="dataset",
    ),
    "changed-weights": Words(
        title="The weights have changed",
        cause="The file or run that {role}.weights names has changed since the last checkpoint.",
        remedy="Start it as a new run (kdstudio run {path}), or put the old weights back.",
        field="{role}.weights",
    ),
    "killed": Words(
        title="The run was killed",
        cause="Its process ended without a message: the system may have run out of memory, or somebody ended it.",
        remedy="Resume the run from its last checkpoint. If memory was short, halve the batch size first.",
        field="training.batch_size",
    ),
    "no-heartbeat": Words(
        title="The run does not answer",
        cause="Its process exists, but has not reported for {seconds} seconds.",
        remedy="The computer may have slept or be very busy. Wait, or stop the run and resume it.",
    ),
    "holder-unknown": Words(
        title="The run cannot be stopped from here",
        cause="Its lock is held by a process that is not known to be this run's: on another computer, or another program.",
        remedy="Stop it where it runs, or end that process yourself; then resume.",
    ),
    "no-progress": Words(
        title="Nothing has happened for a while",
        cause="The process is running, but its last event is {seconds} seconds old ({stage}).",
        remedy="Large data takes long to load. See the log; stop and resume the run if nothing follows.",
    ),
    "experiment-unreadable": Words(
        title="The experiment cannot be read",
        cause="{why}",
        remedy="Fix experiment.yaml, or start the experiment again from its own file.",
    ),
    "internal": Words(
        title="The program made a mistake",
        cause="{kind}: {message}",
        remedy="Resume the run from its last checkpoint. Please report this with the run's log.txt.",
    ),
    "desk-gone": Words(
        title="The preview stopped",
        cause="The helper that looks at data and networks ended.",
        remedy="It starts again with the next change. If it keeps ending, run `kdstudio doctor`.",
    ),
    "question-unknown": Words(
        title="The helper does not know that request", cause="It was asked for \"{ask}\".", remedy="Install KD Studio again."
    ),
    "question-unreadable": Words(
        title="The helper could not read a request", cause="{line}", remedy="Install KD Studio again."
    ),
    # What the desk notices before a run: nothing keeps it from starting.
    "one-class": Words(
        title="There is only one class",
        cause="Every training image has the same label: there is nothing to distinguish.",
        remedy="Choose a folder that holds one folder for each of at least two classes.",
        field="dataset",
    ),
    "damaged-left-out": Words(
        title="Some images are damaged",
        cause="Left out: {names}; {count} in all.",
        remedy="Replace them with intact files, or remove them.",
        field="dataset",
    ),
    "empty-class": Words(
        title="A class has no training image",
        cause="No training image shows {classes}.",
        remedy="Add images of it, or remove the class.",
        field="dataset",
    ),
    "imbalance": Words(
        title="The classes are of very different sizes",
        cause="The largest has {most} training images, the smallest {fewest}.",
        remedy="Look at the recall of each class in the test results, not at accuracy alone.",
        field="dataset",
    ),
    "same-image-in-test": Words(
        title="Training images are also test images",
        cause="{count} of the test images are also training images, byte for byte: test accuracy will be too high.",
        remedy="Remove the copies from one of the two parts.",
        field="dataset",
    ),
    "memory-tight": Words(
        title="Memory will be tight",
        cause="About {needed} of the {free} that are free on {device} will be used.",
        remedy="Close other programs, or make the work smaller:",
        field="training.batch_size",
    ),
    "memory-wont-fit": Words(
        title="It won't fit into memory",
        cause="About {needed} are needed, {free} are free on {device}.",
        remedy="Make the work smaller, or close other programs:",
        field="training.batch_size",
    ),
    # Notes: nothing failed.
    "teacher-reused": Words(
        title="Reused an earlier teacher",
        cause="It was trained from the same data, model, training and seed ({fingerprint}).",
        remedy="",
    ),
    "teacher-gone": Words(
        title="The shared teacher is gone",
        cause="It was deleted, damaged or left behind in another data folder ({fingerprint}).",
        remedy="It is trained again first; then this run resumes from its own checkpoint.",
    ),
    "teacher-loaded": Words(
        title="The teacher was loaded", cause="Its weights come from {path}.", remedy=""
    ),
    "outputs-reused": Words(
        title="Reused the teacher's earlier outputs",
        cause="They come from an earlier run ({fingerprint}).",
        remedy="",
    ),
    "outputs-live": Words(
        title="The teacher runs live",
        cause="The student sees random views, so the teacher must see the same pixels at each step.",
        remedy="",
        field="dataset.views",
    ),
    "teacher-not-better": Words(
        title="The teacher is not better than the student alone",
        cause="On validation data the teacher reaches {teacher:.1%}, the same student without it {baseline:.1%}.",
        remedy="Distilling from a weaker teacher lowers accuracy while agreement rises. Train the teacher longer, or choose "
        "a larger one.",
        field="teacher_training",
    ),
    "teacher-weak": Words(
        title="The teacher has learned almost nothing",
        cause="On validation data it reaches {teacher:.1%}; guessing gives {chance:.1%}.",
        remedy="Train it longer, or with another learning rate.",
        field="teacher_training",
    ),
    "student-weak": Words(
        title="The student learned almost nothing",
        cause="On validation data it reaches {student:.1%}; guessing gives {chance:.1%}.",
        remedy="Choose another learning rate (most often a lower one), or train it longer.",
        field="training.learning_rate",
    ),
    "baseline-weak": Words(
        title="The baseline learned almost nothing",
        cause="On validation data it reaches {student:.1%}; guessing gives {chance:.1%}. The gain is measured against it.",
        remedy="Choose another learning rate (most often a lower one), or train it longer.",
        field="training.learning_rate",
    ),
    "baseline-is-student": Words(
        title="No separate baseline",
        cause="With the method \"none\" the student itself is what the baseline would be.",
        remedy="",
        field="method",
    ),
    "few-labels": Words(
        title="Some classes have very few labels",
        cause="The smallest class has {count} labelled images.",
        remedy="",
        field="dataset.labelled",
    ),
    "newer-format": Words(
        title="A newer version wrote this run",
        cause="Its events are of format {format}; this version reads format {known}.",
        remedy="Install the newer version of KD Studio to see and resume it.",
    ),
    "device-ready": Words(
        title="The device is ready", cause="{device}, CPU threads: {threads}, {precision}.", remedy=""
    ),
    "waiting-for-device": Words(
        title="Waiting for the device", cause="Another run is using {device}.", remedy=""
    ),
    "waiting-for-teacher": Words(
        title="Waiting for the teacher", cause="Another run is training the same teacher.", remedy=""
    ),
    "not-bit-identical": Words(
        title="Not bit-identical from here on",
        cause="The run started with {before} and resumes with {now}.",
        remedy="",
    ),
    "earlier-version": Words(
        title="An earlier version began this run",
        cause="This version draws initial weights and batches in another way, so the baseline and the student of one seed "
        "may differ in more than the teacher.",
        remedy="Duplicate the run and start the copy for a gain that is the teacher's alone.",
    ),
    "stopped-early": Words(
        title="Stopped early",
        cause="Validation accuracy had not risen for {patience} evaluations.",
        remedy="",
        field="training.early_stopping",
    ),
    "precision-fallback": Words(
        title="Another precision", cause="{device} has no {asked}; {used} is used.", remedy="", field="compute.precision"
    ),
}

UNKNOWN = Words(
    title="Something failed", cause="The code is \"{code}\".", remedy="A newer version may know more."
)


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "?"


def explain(
    code: str | None, parameters: Mapping[str, Any] | None = None, translate: Callable[[str], str] = str
) -> Words:
    """The words for `code`, with `parameters` filled in. Never fails: an unknown code still gets a sentence.

    Args:
        translate: puts the words, with their blanks, into the reader's language.
    """
    if code == "student-weak" and (parameters or {}).get("who") == "baseline":
        code = "baseline-weak"
    words = WORDS.get(code or "", UNKNOWN)
    given = {name: value for name, value in (parameters or {}).items() if value is not None}
    values = _Blank({name: _Number(value) if isinstance(value, float) else value for name, value in given.items()})
    if words is UNKNOWN:
        values["code"] = code
    field = _fill(words.field, values) if words.field else ""
    return Words(
        title=translate(words.title),
        cause=_fill(translate(words.cause), values),
        remedy=_fill(translate(words.remedy), values),
        field=field if field and "?" not in field else None,
    )


class _Number(float):
    """A fraction that is written as everywhere in the window: "13.4 %"."""

    def __format__(self, form: str) -> str:
        written = super().__format__(form)
        return f"{written[:-1]} %" if form.endswith("%") else written


def _fill(text: str, values: _Blank) -> str:
    try:
        return text.format_map(values)
    except (ValueError, TypeError, OverflowError):  # a parameter of another type than the words expect
        return text.replace(":.1%", "").format_map(values)
