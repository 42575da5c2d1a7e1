"""How the command ends when something is wrong: one message with a way out, on stderr, and exit code 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

FAILED = 1


def fail(message: str) -> NoReturn:
    """Say `message`, and end."""
    print(message, file=sys.stderr)
    raise SystemExit(FAILED)


@contextmanager
def told() -> Iterator[None]:
    """Known failures and the system's refusals become a message."""
    from kdstudio.spec.errors import KnownFailure

    try:
        yield
    except KnownFailure as failure:
        from kdstudio.runs.failures import explain

        fail(str(explain(failure.code, failure.parameters)))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        fail(f"{where}{error.strerror or error}.")
