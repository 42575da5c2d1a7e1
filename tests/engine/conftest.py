"""What tests of the engine share: torch as it was found, and one finished run that many tests read."""

from collections.abc import Iterator

import pytest
import torch

from kdstudio.runs.folder import RunFolder
from kdstudio.runs.home import Home
from tests.engine.lab import carried_out

# Imports torch's compiler, which names its cache in the environment: here, so that no test is blamed for it.
torch.use_deterministic_algorithms(False)


@pytest.fixture(autouse=True)
def torch_as_it_was() -> Iterator[None]:
    """The engine sets threads, determinism and generators for its process, which here is the tests'."""
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    deterministic = torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    tf32 = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(state)
    torch.use_deterministic_algorithms(deterministic)
    torch.backends.cudnn.benchmark = benchmark
    torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = tf32


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A completed run in a home of its own. To be read, not changed."""
    home = Home.locate(tmp_path_factory.mktemp("finished"))
    return carried_out(home)
