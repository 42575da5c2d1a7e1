"""The experiments that come with the program: what each shows and how long it takes, read off the first lines of its file.

A sample begins with comments, `# minutes: 0.5` and `# shows: ...`; nothing here parses YAML, so that the first page has
its cards at once.
"""

from dataclasses import dataclass
from pathlib import Path

from kdstudio.runs.resources import resource


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A sample. `minutes` are those of two processor cores."""

    path: Path
    title: str
    minutes: float
    shows: str


def sample_experiments() -> list[Sample]:
    """The samples, the quickest first; a file without its two lines is none."""
    samples = [sample for path in sorted(resource("experiments").glob("*.yaml")) if (sample := _read(path))]
    return sorted(samples, key=lambda sample: sample.minutes)


def _read(path: Path) -> Sample | None:
    said: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        name, _, value = line.removeprefix("# ").partition(": ")
        said.setdefault(name, value.strip())
    try:
        return Sample(path=path, title=said["title"], minutes=float(said["minutes"]), shows=said["shows"])
    except (KeyError, ValueError):
        return None
