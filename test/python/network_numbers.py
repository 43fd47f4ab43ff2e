"""Makes test/data/network-numbers/*.json: what networks of torchvision and timm compute with numbers that a formula gives.

    python3 test/python/network_numbers.py test/data/network-numbers [SPEC...]

Needs torch and torchvision (Debian's python3-torchvision will do), and timm for those of timm.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from torch import nn

# The spec's name: the library, its name there, the side of the image, options; `shortcut`: what blocks there call the shortcut that
# they compute first, where ecagen does it last.
NETWORKS = {
    "inception-v3": ("torchvision", "inception_v3", 91, dict(aux_logits=False, init_weights=False, transform_input=False)),
    "shufflenetv2-100": ("torchvision", "shufflenet_v2_x1_0", 64, {}),
    "densenet-121": ("torchvision", "densenet121", 64, {}),
    "convnext-tiny": ("torchvision", "convnext_tiny", 64, {}),
    "regnety-400mf": ("torchvision", "regnet_y_400mf", 64, dict(shortcut="proj")),
    "ghostnet-100": ("timm", "ghostnet_100", 64, {}),
    "res2net50-26w-4s": ("timm", "res2net50_26w_4s", 64, {}),
    "hrnet-w18-small": ("timm", "hrnet_w18_small", 64, {}),
    "lcnet-100": ("timm", "lcnet_100", 64, {}),
    "fbnetv3-b": ("timm", "fbnetv3_b", 64, {}),
    "mobilenetv4-conv-small": ("timm", "mobilenetv4_conv_small", 64, {}),
}
NORMS = (nn.modules.batchnorm._BatchNorm, nn.LayerNorm)


def numbers(count, seed):
    """`count` numbers of [-1, 1): a multiplicative hash of their places. The test has the same formula."""
    with np.errstate(over="ignore"):
        x = (np.arange(count, dtype=np.uint32) + np.uint32(1)) * np.uint32(2654435761)
        x += np.uint32((seed * 40503 + 12345) % 2**32)
        x ^= x >> np.uint32(15)
        x *= np.uint32(2246822519)
        x ^= x >> np.uint32(13)
    return x.astype(np.float64) / 2**31 - 1


def fill(module, name, tensor, seed):
    values = numbers(tensor.numel(), seed)
    if name == "running_var" or (name == "weight" and isinstance(module, NORMS)):
        values = 1 + values / 2
    elif tensor.numel() > tensor.shape[0]:
        values = values * np.sqrt(6 / (tensor.numel() / tensor.shape[0]))
    else:
        values = values * 0.3
    tensor.copy_(torch.from_numpy(values.reshape(tensor.shape)))


def made(library, name, options):
    if library == "timm":
        import timm

        return f"timm {timm.__version__}", timm.create_model(name, **options)
    import torchvision

    return f"torchvision {torchvision.__version__}", getattr(torchvision.models, name)(weights=None, **options)


def in_order(model, image, shortcut):
    """The tensors of a model, in the order in which its modules are done."""
    order = {}
    paths = {module: path for path, module in model.named_modules()}

    def note(module, _inputs, _output):
        own = {**dict(module.named_parameters(recurse=False)), **dict(module.named_buffers(recurse=False))}
        for key, tensor in own.items():
            if tensor.dim() > 0:
                order.setdefault(id(tensor), (module, key, tensor))

    handles = [module.register_forward_hook(note) for module in model.modules()]
    model(image)
    for handle in handles:
        handle.remove()
    tensors = list(order.values())
    if shortcut is None:
        return tensors
    # Block by block, what is in the shortcut comes after what isn't.
    blocks = {}
    for each in tensors:
        before, found, _ = paths[each[0]].partition(f".{shortcut}.")
        block = blocks.setdefault(before if found else before.split(".f.")[0], ([], []))
        block[1 if found else 0].append(each)
    return [each for block in blocks.values() for part in block for each in part]


@torch.no_grad()
def write(folder, spec):
    library, name, side, options = NETWORKS[spec]
    shortcut = options.get("shortcut")
    options = {key: value for key, value in options.items() if key != "shortcut"}
    source, model = made(library, name, options)
    model = model.double().eval()
    image = torch.from_numpy(numbers(3 * side * side, 99999).reshape(1, 3, side, side))
    tensors = in_order(model, image, shortcut)
    for seed, (module, key, tensor) in enumerate(tensors):
        fill(module, key, tensor, seed)
    logits = model(image)[0]
    numbers_of = {
        "source": f"{source}, {name}, float64",
        "side": side,
        "tensors": len(tensors),
        "deviation": logits.std().item(),
        "logits": logits[:40].tolist(),
    }
    (folder / f"{spec}.json").write_text(json.dumps(numbers_of, indent=1) + "\n")


if __name__ == "__main__":
    for each in sys.argv[2:] or NETWORKS:
        write(pathlib.Path(sys.argv[1]), each)
