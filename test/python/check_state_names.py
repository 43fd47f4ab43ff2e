"""Loads weights of other frameworks into generated modules that have their names, strictly, and runs them.

    check_state_names.py DIR...     each has a generated folder `code`; beside it task.json names the files

task.json: `weights`, `input`, `output` (absent: only the names), `own` (a file with ecagen's names) and `back` (a file to
write). Prints JSON: for each folder what was measured. Nothing is judged here.
"""

import copy
import importlib
import json
import os
import sys

import numpy
import torch
from torch import nn


def load(folder):
    for name in ("model", "weights"):
        sys.modules.pop(name, None)
    sys.path.insert(0, os.path.join(folder, "code"))
    try:
        return importlib.import_module("model"), importlib.import_module("weights")
    finally:
        sys.path.pop(0)


def same(a, b):
    return list(a) == list(b) and all(torch.equal(a[name], b[name]) for name in a)


def check(folder):
    with open(os.path.join(folder, "task.json")) as file:
        task = json.load(file)
    module, weights = load(folder)
    network = module.Network().eval()
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    if "output" not in task:
        return {"shapes": shapes}
    tensors = weights.load_weights(task["weights"])
    network.load_state_dict(tensors, strict=True)
    state = network.state_dict()
    expected = torch.from_numpy(numpy.load(task["output"]))
    with torch.no_grad():
        logits = network(torch.from_numpy(numpy.load(task["input"])))
    weights.save_weights(task["back"], state)

    # Inside of another module, and as a copy: what DistributedDataParallel and averaged weights do.
    wrapper = nn.ModuleDict({"module": module.Network()})
    wrapper.load_state_dict({f"module.{name}": tensor for name, tensor in tensors.items()}, strict=True)
    inside = {name[len("module.") :]: tensor for name, tensor in wrapper.state_dict().items()}
    other = copy.deepcopy(module.Network())
    other.load_state_dict(weights.load_weights(task["own"]), strict=True)
    last = list(state)[-1]
    try:
        network.load_state_dict({name: tensor for name, tensor in state.items() if name != last})
        refusal = ""
    except RuntimeError as error:
        refusal = str(error)
    return {
        "shapes": shapes,
        "same": all(torch.equal(state[name], tensor) for name, tensor in tensors.items()),
        "inside": same(inside, state),
        # The names of ecagen's own files are taken as well, which have no step counts.
        "own": all(torch.equal(other.state_dict()[n], t) for n, t in state.items() if t.is_floating_point()),
        "names_missing": f'"{last}"' in refusal,
        "off": ((logits - expected).abs().max() / expected.std(unbiased=False)).item(),
    }


torch.set_num_threads(1)
results = []
for each in sys.argv[1:]:
    try:
        results.append(check(each))
    except Exception as error:  # The test says which network it was.
        results.append({"error": f"{type(error).__name__}: {error}"})
print(json.dumps(results))
