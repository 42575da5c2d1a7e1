"""How a run hears from outside: requests are asked for at most ten times a second, wherever it is at work."""

import time
from collections.abc import Callable

from kdstudio.runs.folder import Request

EVERY = 0.1  # seconds


class Interrupted(Exception):
    """Somebody asked the run to stop or to pause; what had to be saved is saved."""

    def __init__(self, request: Request) -> None:
        self.request = request
        super().__init__(str(request))


class Control:
    """Asks for requests, but not too often.

    Args:
        requests: gives the next request, or None.
        clock: monotonic seconds.
    """

    def __init__(self, requests: Callable[[], Request | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._requests = requests
        self._clock = clock
        self._next = clock()

    def poll(self) -> Request | None:
        """The next request; None when there is none, or it is too early to ask."""
        now = self._clock()
        if now < self._next:
            return None
        self._next = now + EVERY
        return self._requests()

    def check(self) -> None:
        """For stages that keep nothing half done: raises Interrupted on stop and pause, ignores the rest."""
        request = self.poll()
        if request in (Request.STOP, Request.PAUSE):
            raise Interrupted(request)
