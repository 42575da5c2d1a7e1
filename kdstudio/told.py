"""How the command ends when something is wrong: one message with a way out, on stderr, and exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from kdstudio.terminal_text import escaped

FAILED = 1


def fail(message: str) -> NoReturn:
    """Say `message`, and end."""
    print(escaped(message), file=sys.stderr)
    raise SystemExit(FAILED)


@contextmanager
def told() -> Iterator[None]:
    """Known failures, the system's refusals and the program's own mistakes become a message, never a traceback."""
    from kdstudio.spec.errors import KnownFailure

    try:
        yield
    except KnownFailure as failure:
        from kdstudio.runs.failures import explain

        fail(str(explain(failure.code, failure.parameters)))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}.")
    except MemoryError:
        from kdstudio.runs.failures import explain

        fail(str(explain("out-of-memory-system", {"stage": "this command"})))
    except Exception as error:
        from kdstudio.runs.failures import explain

        fail(str(explain("internal", {"kind": type(error).__name__, "message": f"{error} ({_place_of(error)})"})))


def _place_of(error: Exception) -> str:
    """Where it happened, for whoever gets the report."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}, line {trace.tb_lineno}" if trace is not None else "?"
