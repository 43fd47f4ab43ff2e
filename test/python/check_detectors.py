"""Holds generated modules that select boxes against ONNX Runtime's outputs, and the initial weights' expressions.

    check_detectors.py DIR...      each has a generated folder `code`, and beside it what the test wrote

Prints JSON: for each folder what was measured. Nothing is judged here.
"""

import json
import os
import sys

import torch

from check_torch import floats, load, starts


def check(folder):
    with open(os.path.join(folder, "expected.json")) as file:
        expected = json.load(file)
    torch.manual_seed(1)
    module, weights = load(folder)
    network = module.Network()
    wrong = starts(network.state_dict(), expected["starts"])
    tensors = weights.load_weights(os.path.join(folder, "weights.safetensors"))
    network.load_state_dict(tensors, strict=True)
    network.eval()
    x = floats(os.path.join(folder, "x.f32")).reshape(expected["input"])
    with torch.no_grad():
        outputs = network(x)
    measured = {}
    for i, (name, dims) in enumerate(expected["outputs"]):
        wanted = floats(os.path.join(folder, f"y{i}.f32")).reshape(dims)
        given = outputs[name]
        same = list(given.shape) == dims
        extent = (wanted.max() - wanted.min()).item() if wanted.numel() > 0 else 0.0
        off = (given - wanted).abs().max().item() if same and wanted.numel() > 0 else None
        whole = not given.dtype.is_floating_point
        measured[name] = {"dims": list(given.shape), "extent": extent, "off": off, "integers": whole}
    # What a loss of anything that is found reaches; which boxes are chosen has no gradient.
    results = network(x)
    sum(each.square().sum() for each in results.values() if each.dtype.is_floating_point).backward()
    dead = [name for name, each in network.named_parameters() if each.grad is None]
    try:
        network(torch.cat([x, x]))
        refusal = None
    except ValueError as error:
        refusal = str(error)
    return {
        "folder": folder,
        "names": list(outputs),
        "parameters": module.parameter_count(network),
        "outputs": measured,
        "starts": wrong,
        "dead": dead,
        "refusal": refusal,
    }


def main():
    torch.set_num_threads(1)
    results = []
    for folder in sys.argv[1:]:
        try:
            results.append(check(folder))
        except Exception as error:  # The test says which network it was.
            results.append({"folder": folder, "error": f"{type(error).__name__}: {error}"})
    print(json.dumps(results))


main()
