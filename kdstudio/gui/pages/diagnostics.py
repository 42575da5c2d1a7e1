"""What a person sends when a run fails: words, versions, the environment, the end of the log; no paths of their own."""

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from kdstudio.runs.failures import Words
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from kdstudio.spec.regular_files import read_end

LINES = 100
PACKAGES = ("kdstudio", "torch", "numpy", "pydantic", "PySide6", "pyqtgraph", "PySide6-Qlementine")
SECRETS = re.compile(r"(?i)((?:token|secret|password|api[-_]?key)[\"']?\s*[=:]\s*[\"']?)[^\s\"',]+|(://)[^/@\s]+@")


def diagnostics(folder: RunFolder, home: Home, words: Words | None) -> str:
    """All of it as one text."""
    status = folder.status()
    head = [f"run {folder.id}: {status.state}, attempt {status.attempt}, code {status.code or 'none'}"]
    if words is not None:
        head += [words.title, f"Cause: {words.cause}", f"Remedy: {words.remedy}", f"Field: {words.field or 'none'}"]
    versions = [f"{name} {_version(name)}" for name in PACKAGES]
    system = f"Python {platform.python_version()} on {platform.system()} {platform.release()} {platform.machine()}"
    parts = [
        ("KD Studio diagnostics", head), ("Versions", [system, *versions]),
        ("environment.json", [_read(folder.path / "environment.json")]), ("experiment.yaml", [_read(folder.experiment_file)]),
        (f"The last {LINES} lines of log.txt", _read(folder.log_file).splitlines()[-LINES:]),
    ]  # fmt: skip
    text = "\n\n".join("\n".join([f"== {title} ==", *lines]) for title, lines in parts)
    return masked(text, home)


def masked(text: str, home: Home) -> str:
    """`text` without where the home of the runs and of the person is, without the person's name, and without secrets."""
    for root, sign in ((str(home.root), "<home>"), (str(Path.home()), "~")):
        if len(root) > 1:
            text = re.sub(re.escape(root) + r"(?![\w.-])", lambda _, sign=sign: sign, text)  # type: ignore[misc]
    text = re.sub(r"(?i)((?:/home|/Users|[A-Z]:\\Users)[/\\])[^/\\\s:\"']+", r"\1<user>", text)
    return SECRETS.sub(lambda found: f"{found[1] or found[2]}<masked>{'@' if found[2] else ''}", text)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "is not there"


def _read(path: Path) -> str:
    try:
        return read_end(path, 65536).decode("utf-8", "replace").strip()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


__all__ = ["diagnostics", "masked"]
