"""The one exception for what can go wrong while an experiment is carried out and has a known way out.

It lives here because every room may raise it; the words for each code are in `kdstudio.runs.failures`.
"""


class KnownFailure(Exception):
    """Something that a person can mend. `code` says what, `parameters` say where.

    Args:
        code: a key of `kdstudio.runs.failures.WORDS`.
        parameters: plain JSON values that the words of the code name.
    """

    def __init__(self, code: str, **parameters: str | int | float | None) -> None:
        self.code = code
        self.parameters = parameters
        super().__init__(f"{code} {parameters}")
