"""Makes test/data/inception-v3.json: what torchvision's Inception-v3 computes with numbers that a formula gives.

    python3 test/python/inception_numbers.py > test/data/inception-v3.json

Needs torch and torchvision (Debian's python3-torchvision will do).
"""

import json

import numpy as np
import torch
import torchvision

SIDE = 91


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
    if name.endswith("running_var"):
        values = 1 + values / 2
    elif name.endswith("bn.weight"):
        values = 1 + values / 2
    elif tensor.dim() > 1:
        values = values * np.sqrt(6 / (tensor.numel() / tensor.shape[0]))
    else:
        values = values * 0.3
    tensor.copy_(torch.from_numpy(values.reshape(tensor.shape)))


model = torchvision.models.inception_v3(
    weights=None, aux_logits=False, init_weights=False, transform_input=False
).double().eval()
state = [(name, tensor) for name, tensor in model.state_dict().items() if tensor.dim() > 0]
for seed, (name, tensor) in enumerate(state):
    fill(name, tensor, seed)
image = torch.from_numpy(numbers(3 * SIDE * SIDE, 99999).reshape(1, 3, SIDE, SIDE))
with torch.no_grad():
    logits = model(image)[0]
print(
    json.dumps(
        {
            "source": f"torchvision {torchvision.__version__}, inception_v3(aux_logits=False), float64",
            "side": SIDE,
            "tensors": len(state),
            "deviation": logits.std().item(),
            "logits": logits[:40].tolist(),
        },
        indent=1,
    )
)
