"""Writes names, shapes, input size and float64 outputs of torchvision's MobileNetV3-Small into test/data/state-dicts.

    python3 test/python/torchvision_fixture.py test/data/state-dicts/torchvision-mobilenet_v3_small.json

Made with torchvision 0.14.1 and PyTorch 1.13. The numbers of weights and image follow from a formula that
test/weights/torchvision.test.ts has too, so the file holds none of them. Variances are small: a wrong epsilon shows.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torchvision.models import mobilenet_v3_small

SIDE = 64


def uniform(nth, count):
    """Numbers in [0, 1): a multiplicative hash of place and tensor, the same in JavaScript's 32-bit integers."""
    mixed = (np.arange(count, dtype=np.uint64) * 2654435761 + (nth + 1) * 40503) % 2**32
    mixed = ((mixed ^ (mixed >> np.uint64(15))) * 2246822519) % 2**32
    return (mixed ^ (mixed >> np.uint64(13))).astype(np.float64) / 2**32


def numbers(name, nth, shape):
    u = uniform(nth, int(np.prod(shape)))
    if name.endswith("running_var"):
        u = u * 0.05 + 0.002
    elif len(shape) > 1:
        u = (u - 0.5) * np.sqrt(3 / np.prod(shape[1:]))
    elif name.endswith("weight"):
        u = u * 0.3 + 0.1
    else:
        u = (u - 0.5) * 0.2
    return u.astype(np.float32).reshape(shape)


network = mobilenet_v3_small()
state = network.state_dict()
shapes = {name: list(tensor.shape) for name, tensor in state.items()}
for nth, (name, tensor) in enumerate(state.items()):
    if not name.endswith("num_batches_tracked"):
        tensor.copy_(torch.from_numpy(numbers(name, nth, shapes[name])))
image = torch.from_numpy(((uniform(-1, 3 * SIDE * SIDE) - 0.5) * 4).astype(np.float32).reshape(1, 3, SIDE, SIDE))
with torch.no_grad():
    logits = network.eval().double()(image.double()).numpy().ravel()
print(logits[:4], logits.min(), logits.max())
text = json.dumps(
    {"source": "torchvision 0.14.1 mobilenet_v3_small", "side": SIDE, "tensors": shapes, "outputs": logits.tolist()}
)
pathlib.Path(sys.argv[1]).write_text(text + "\n")
