"""Looks at gates that ecagen put into networks, in generated PyTorch modules with their weights.

    check_inserted.py DIR...      each is a generated folder, with `x.f32` of images [N, 3, H, W] and `shape.json`

Prints JSON: for each folder the outputs before training, the gates whose gradient is zero at the start, and their parameters that two
steps of SGD don't move. Nothing is judged here.
"""

import importlib
import json
import os
import sys

import torch


def load(folder):
    for name in ("model", "weights"):
        sys.modules.pop(name, None)
    sys.path.insert(0, folder)
    try:
        return importlib.import_module("model"), importlib.import_module("weights")
    finally:
        sys.path.pop(0)


def check(folder):
    module, weights = load(folder)
    torch.manual_seed(1)
    network = module.Network()
    network.load_state_dict(weights.load_weights(os.path.join(folder, "weights.safetensors")), strict=True)
    # In float64 a step shows that float32 would round away.
    network.double()
    with open(os.path.join(folder, "shape.json")) as file:
        shape = json.load(file)
    with open(os.path.join(folder, "x.f32"), "rb") as file:
        x = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(shape).double()
    network.eval()
    with torch.no_grad():
        outputs = network(x)
    inserted = {name: each for name, each in network.named_parameters() if ".inserted" in name}
    before = {name: each.detach().clone() for name, each in inserted.items()}
    network.train()
    target = torch.randn(outputs.shape, dtype=torch.float64)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    gates = {}
    for step in range(2):
        optimizer.zero_grad()
        (network(x) - target).square().mean().backward()
        if step == 0:
            for name, each in inserted.items():
                gate = name[: name.index(".inserted") + len(".inserted")]
                gates[gate] = gates.get(gate, 0.0) + each.grad.abs().sum().item()
        optimizer.step()
    return {
        "outputs": outputs.flatten().tolist(),
        "gates": len(gates),
        "parameters": len(inserted),
        "without_gradient": [gate for gate, size in gates.items() if not size > 0.0],
        "unmoved": [name for name, each in inserted.items() if bool((each == before[name]).all())],
        "finite": all(bool(each.isfinite().all()) for each in inserted.values()),
    }


if __name__ == "__main__":
    print(json.dumps([check(folder) for folder in sys.argv[1:]]))
