"""Holds generated PyTorch modules against ONNX Runtime's outputs and the initial weights' expressions.

    check_torch.py DIR...      each has a generated folder `code`, and beside it what the test wrote

Prints JSON: for each folder what was measured. Nothing is judged here.
"""

import importlib
import json
import math
import os
import sys

import torch


def load(folder):
    """The generated modules `model` and `weights` of one folder."""
    for name in ("model", "weights", "data"):
        sys.modules.pop(name, None)
    sys.path.insert(0, os.path.join(folder, "code"))
    try:
        return importlib.import_module("model"), importlib.import_module("weights")
    finally:
        sys.path.pop(0)


def floats(path):
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.float32)


def starts(state, expected):
    """Parameters whose initial numbers are not of the distribution that they should be of."""
    wrong = []
    for name, (kind, *numbers) in expected.items():
        values = state[name].double()
        count = values.numel()
        if kind == "constant":
            ok = bool((state[name] == torch.tensor(numbers[0], dtype=state[name].dtype)).all())
        elif kind == "normal":
            # The deviation of a sample of n is off by 1/sqrt(2n) of itself, its mean by 1/sqrt(n).
            std, far = numbers[0], 5.0 / math.sqrt(count)
            measured = values.pow(2).mean().sqrt().item()
            ok = abs(measured / std - 1.0) < far and values.abs().max().item() > 0.0
        else:
            low, high = numbers
            spread = (high - low) / math.sqrt(12.0)
            ok = low <= values.min().item() and values.max().item() <= high
            ok = ok and values.sub((low + high) / 2.0).mean().abs().item() < 5.0 * spread / math.sqrt(count)
            ok = ok and (count < 64 or values.max().item() - values.min().item() > 0.7 * (high - low))
        if not ok:
            wrong.append(f"{name}: {kind} {numbers}, is {values.mean().item():.4g} +- {values.std().item():.4g}")
    return wrong


def check(folder):
    with open(os.path.join(folder, "expected.json")) as file:
        expected = json.load(file)
    torch.manual_seed(1)
    module, weights = load(folder)
    network = module.Network()
    wrong = starts(network.state_dict(), expected["starts"])
    tensors = weights.load_weights(os.path.join(folder, "weights.safetensors"))
    own = {name for name in network.state_dict() if not name.endswith("num_batches_tracked")}
    network.load_state_dict(tensors, strict=True)
    weights.save_weights(os.path.join(folder, "back.safetensors"), network.state_dict())
    back = weights.load_weights(os.path.join(folder, "back.safetensors"))
    network.eval()
    with torch.no_grad():
        x = floats(os.path.join(folder, "x.f32")).reshape(expected["input"])
        results = network(x)
    # A network that finds things gives all of its outputs, others the first.
    many = isinstance(results, dict)
    outputs = list(results.items()) if many else [("", results)]
    extents, offs = [], []
    for i, (name, dims) in enumerate(expected["outputs"] if many else expected["outputs"][:1]):
        wanted = floats(os.path.join(folder, f"y{i}.f32")).reshape(dims)
        given_name, given = outputs[i]
        extents.append((wanted.max() - wanted.min()).item())
        same_name = not many or given_name == name
        off = (given - wanted).abs().max().item() / extents[-1] if same_name else math.inf
        # max() passes over a NaN.
        offs.append(math.inf if math.isnan(off) else off)
    if many and len(outputs) != len(expected["outputs"]):
        offs.append(math.inf)
    network.train()
    trained = network(torch.cat([x, x]))
    loss = sum(each.square().mean() for each in (trained.values() if many else [trained]))
    loss.backward()
    dead = [name for name, each in network.named_parameters() if each.grad is None]
    return {
        "folder": folder,
        "parameters": module.parameter_count(network),
        "missing": sorted(set(tensors) - own),
        "left_over": sorted(own - set(tensors)),
        "same_back": set(back) == set(tensors) and all(torch.equal(back[n], t) for n, t in tensors.items()),
        "range": min(extents),
        "off": max(offs),
        "starts": wrong,
        "dead": dead,
        "rates": sorted({m.rate for m in network.modules() if isinstance(m, module.DropPath)} - {0.0}),
        "momenta": sorted({m.momentum for m in network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)}),
        "dropout": sorted({m.p for m in network.modules() if isinstance(m, torch.nn.Dropout)}),
        "finite": bool(torch.isfinite(loss)),
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


if __name__ == "__main__":
    main()
