"""The trained student as a folder that anyone can load: weights, facts, and a loader that needs torch alone."""

import ast
import importlib.util
import inspect
from typing import Any

from safetensors.torch import save_file
from torch import nn

from kdstudio.engine.context import Context
from kdstudio.runs.files import write_folder, write_json

LOADER = '''"""Loads this student with torch alone: `from load import load; model, config = load()`.

`model(images)` gives logits [b, classes] for images, float32 [b, channels, height, width] from 0 to 255, normalised by
`normalise(images, config)`. `python load.py image.npy` prints the class of each image in a uint8 or float array.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

TYPES = {{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
         "I32": torch.int32, "U8": torch.uint8, "BOOL": torch.bool}}


{source}

def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file: a length of 8 bytes, a JSON header, then the data."""
    content = bytearray(path.read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    tensors = {{}}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        kind = TYPES[entry["dtype"]]
        flat = torch.frombuffer(content[start + begin : start + end], dtype=kind) if end > begin else torch.empty(0, dtype=kind)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def load(folder: Path = Path(__file__).parent) -> tuple[nn.Module, dict]:
    """The trained network, ready to be used, and its configuration."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    model = {name}(config["input"], len(config["classes"]), **config["arguments"])
    model.load_state_dict(read_safetensors(folder / "model.safetensors"))
    return model.eval(), config


def normalise(images: Tensor, config: dict) -> Tensor:
    """Images from 0 to 255, [b, channels, height, width], as the network takes them."""
    mean = torch.tensor(config["normalisation"]["mean"]).view(-1, 1, 1)
    deviation = torch.tensor(config["normalisation"]["deviation"]).view(-1, 1, 1)
    return (images.float() - mean) * (1.0 / deviation)


if __name__ == "__main__":
    import numpy

    network, facts = load()
    pixels = torch.from_numpy(numpy.load(sys.argv[1])).float().reshape(-1, *facts["input"])
    with torch.no_grad():
        for number in network(normalise(pixels, facts)).argmax(dim=-1).tolist():
            print(facts["classes"][number])
'''


def export_student(context: Context, module: nn.Module) -> None:
    """Write the run's student folder, whole or not at all."""
    weights = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    with write_folder(context.folder.student) as aside:
        save_file(weights, aside / "model.safetensors", metadata={"format": "pt"})
        write_json(aside / "config.json", config_of(context))
        (aside / "load.py").write_text(_loader(type(module)), encoding="utf-8")


def config_of(context: Context) -> dict[str, Any]:
    """What somebody needs to use the weights: the network's arguments, classes, input shape, normalisation."""
    images, spec = context.images, context.experiment.student
    return {
        "model": spec.kind,
        "arguments": spec.model_dump(mode="json", exclude={"kind", "weights"}),
        "classes": list(images.classes),
        "input": list(images.input),
        "normalisation": {"mean": images.mean.view(-1).tolist(), "deviation": images.deviation.view(-1).tolist()},
        "pixels": "0 to 255",
        "resized_to": getattr(context.experiment.dataset, "size", None),
    }


def _loader(network: type[nn.Module]) -> str:
    """A network's file uses torch alone in its class, so the source of the class is all that a loader lacks."""
    return LOADER.format(source=source_of(network), name=network.__name__)


def source_of(network: type) -> str:
    """The source of a class, from the loader of its module: a frozen program has no source files beside its code, but may
    carry them inside.

    Raises:
        OSError: there is no source.
    """
    spec = importlib.util.find_spec(network.__module__)
    get_source = getattr(spec.loader, "get_source", None) if spec is not None else None
    source = get_source(network.__module__) if get_source is not None else None
    if source is None:
        return inspect.getsource(network)
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == network.__name__:
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            return "".join(source.splitlines(keepends=True)[first - 1 : node.end_lineno])
    return inspect.getsource(network)
