"""Exports networks of torchvision as they are published as ONNX files.

    python3 scripts/torchvision/published_networks.py --list
    python3 scripts/torchvision/published_networks.py NETWORK FOLDER
    python3 scripts/torchvision/published_networks.py --whole NETWORK FILE MODE

The first prints the names of the networks. The second writes FOLDER/NETWORK-OPSET.onnx for opsets 9, 13 and 16, with 10 classes and for small
images, and prints the names of the files. Weights are random, the same in each run; BatchNorms have statistics of random images and
other factors than 1. The files of opset 13 keep BatchNorms as nodes, the others have them folded as PyTorch does it. The third
writes a network at its own size, 224 × 224, with fresh weights; MODE is `folded` or `training`.
"""

import pathlib
import sys
import warnings

import torch
from exporting import export, give_statistics, published

OPSETS = (9, 13, 16)
CLASSES = 10

# The side for which networks are published.
SIDE = 224

# Side of the images. AlexNet and VGG pool to 6x6 and 7x7, which PyTorch only exports where the map is a multiple of that.
NETWORKS = {
    "resnet18": 32,
    "resnet50": 32,
    "resnext50_32x4d": 32,
    "wide_resnet50_2": 32,
    "densenet121": 32,
    "googlenet": 32,
    "inception_v3": 80,
    "squeezenet1_1": 32,
    "mobilenet_v2": 32,
    "mobilenet_v3_small": 32,
    "mobilenet_v3_large": 32,
    "mnasnet1_0": 32,
    "efficientnet_b0": 32,
    "efficientnet_v2_s": 32,
    "regnet_x_400mf": 32,
    "regnet_y_400mf": 32,
    "convnext_tiny": 32,
    "resnet34": 32,
    "efficientnet_b1": 32,
    "alexnet": 224,
    "vgg11_bn": 224,
    "shufflenet_v2_x1_0": 32,
    "vit_b_16": 32,
    "swin_t": 32,
}

# With an open batch, PyTorch computes the ends of their slices at every run, or has no export.
FIXED_BATCH = ("shufflenet_v2_x1_0", "swin_t")


def network(name):
    """The network with weights and statistics that are neither fresh nor trivial, and an image of its size."""
    side = NETWORKS[name]
    model = published(name, side, num_classes=CLASSES)
    give_statistics(model, side)
    return model, torch.randn(1, 3, side, side)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(NETWORKS))
        return
    if sys.argv[1] == "--whole":
        name, file, mode = sys.argv[2:]
        why = export(published(name, SIDE), torch.randn(1, 3, SIDE, SIDE), pathlib.Path(file), 13, mode)
        sys.exit(why)
    name, folder = sys.argv[1:]
    model, image = network(name)
    axes = None if name in FIXED_BATCH else {"image": {0: "N"}, "logits": {0: "N"}}
    for opset in OPSETS:
        file = pathlib.Path(folder) / f"{name}-{opset}.onnx"
        why = export(model, image, file, opset, "norms" if opset == 13 else "folded", axes)
        print(file if why is None else f"{file.stem}: {why}", file=sys.stdout if why is None else sys.stderr)


main()
