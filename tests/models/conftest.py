"""torch's compiler names its cache in the environment when it is first imported: here, so that no test is blamed for it."""

import torch

torch.use_deterministic_algorithms(False)
