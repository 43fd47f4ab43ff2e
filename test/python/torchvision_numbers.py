"""Makes test/data/torchvision/*.json: what torchvision's networks compute with numbers that a formula gives.

    python3 test/python/torchvision_numbers.py test/data/torchvision

Needs torch and torchvision (Debian's python3-torchvision will do).
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torchvision

# The spec's name, torchvision's name, the side of the image.
NETWORKS = [
    ("inception-v3", "inception_v3", 91),
    ("shufflenetv2-100", "shufflenet_v2_x1_0", 64),
    ("densenet-121", "densenet121", 64),
]
OPTIONS = {"inception_v3": dict(aux_logits=False, init_weights=False, transform_input=False)}


def numbers(count, seed):
    """`count` numbers of [-1, 1): a multiplicative hash of their places. The test has the same formula."""
    with np.errstate(over="ignore"):
        x = (np.arange(count, dtype=np.uint32) + np.uint32(1)) * np.uint32(2654435761)
        x += np.uint32((seed * 40503 + 12345) % 2**32)
        x ^= x >> np.uint32(15)
        x *= np.uint32(2246822519)
        x ^= x >> np.uint32(13)
    return x.astype(np.float64) / 2**31 - 1


def fill(name, tensor, seed):
    values = numbers(tensor.numel(), seed)
    of_norm = tensor.dim() == 1 and name.endswith(("running_var", "weight"))
    if of_norm:
        values = 1 + values / 2
    elif tensor.dim() > 1:
        values = values * np.sqrt(6 / (tensor.numel() / tensor.shape[0]))
    else:
        values = values * 0.3
    tensor.copy_(torch.from_numpy(values.reshape(tensor.shape)))


folder = pathlib.Path(sys.argv[1])
for spec, name, side in NETWORKS:
    model = getattr(torchvision.models, name)(weights=None, **OPTIONS.get(name, {})).double().eval()
    state = [(key, tensor) for key, tensor in model.state_dict().items() if tensor.dim() > 0]
    for seed, (key, tensor) in enumerate(state):
        fill(key, tensor, seed)
    image = torch.from_numpy(numbers(3 * side * side, 99999).reshape(1, 3, side, side))
    with torch.no_grad():
        logits = model(image)[0]
    made = {
        "source": f"torchvision {torchvision.__version__}, {name}, float64",
        "side": side,
        "tensors": len(state),
        "deviation": logits.std().item(),
        "logits": logits[:40].tolist(),
    }
    (folder / f"{spec}.json").write_text(json.dumps(made, indent=1) + "\n")
