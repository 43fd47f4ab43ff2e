"""Exports networks of torchvision as ONNX files, for the survey of `ecagen verify`.

    python3 scripts/verify-survey/export_networks.py --list
    python3 scripts/verify-survey/export_networks.py NETWORK FOLDER

The first prints the names of the networks. The second writes FOLDER/NETWORK-OPSET.onnx for opsets 9, 13 and 16, and
prints the names of the files. Weights are random, the same in each run; BatchNorms have statistics of random images and
other factors than 1. The files of opset 13 keep BatchNorms as nodes, the others have them folded as PyTorch does it.
"""

import pathlib
import sys
import warnings

import torch
import torchvision
from torch import nn

OPSETS = (9, 13, 16)
CLASSES = 10

# Side of the images, and what the constructor takes beside the number of classes. AlexNet and VGG pool to 6x6 and 7x7, which
# PyTorch only exports where the map is a multiple of that.
NETWORKS = {
    "resnet18": (32, {}),
    "resnet50": (32, {}),
    "resnext50_32x4d": (32, {}),
    "wide_resnet50_2": (32, {}),
    "densenet121": (32, {}),
    "googlenet": (32, {"aux_logits": False, "init_weights": False}),
    "inception_v3": (80, {"aux_logits": False, "init_weights": False}),
    "squeezenet1_1": (32, {}),
    "mobilenet_v2": (32, {}),
    "mobilenet_v3_small": (32, {}),
    "mobilenet_v3_large": (32, {}),
    "mnasnet1_0": (32, {}),
    "efficientnet_b0": (32, {}),
    "efficientnet_v2_s": (32, {}),
    "regnet_x_400mf": (32, {}),
    "regnet_y_400mf": (32, {}),
    "convnext_tiny": (32, {}),
    "resnet34": (32, {}),
    "efficientnet_b1": (32, {}),
    "alexnet": (224, {}),
    "vgg11_bn": (224, {}),
    "shufflenet_v2_x1_0": (32, {}),
    "vit_b_16": (32, {"image_size": 32}),
    "swin_t": (32, {}),
}

# With an open batch, PyTorch computes the places of their slices at every run, or has no export.
FIXED_BATCH = ("shufflenet_v2_x1_0", "swin_t")


def network(name):
    """The network with weights and statistics that are neither fresh nor trivial."""
    side, options = NETWORKS[name]
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None, num_classes=CLASSES, **options)
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    with torch.no_grad():
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.2)
            norm.momentum = None  # the mean over all batches that it has seen
        if norms:
            model.train()
            for _ in range(2):
                model(torch.randn(4, 3, side, side))
    return model.eval(), torch.randn(1, 3, side, side)


def export(model, image, opset, file, fixed):
    keeps_norms = opset == 13
    torch.onnx.export(
        model,
        image,
        file,
        opset_version=opset,
        training=torch.onnx.TrainingMode.PRESERVE if keeps_norms else torch.onnx.TrainingMode.EVAL,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes=None if fixed else {"image": {0: "N"}, "logits": {0: "N"}},
    )


def main():
    if sys.argv[1:] == ["--list"]:
        print("\n".join(NETWORKS))
        return
    name, folder = sys.argv[1:]
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    model, image = network(name)
    for opset in OPSETS:
        file = pathlib.Path(folder) / f"{name}-{opset}.onnx"
        try:
            export(model, image, opset, str(file), name in FIXED_BATCH)
        except Exception as error:  # PyTorch has no export of some operators at some opsets.
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            print(f"{name}-{opset}: {first}", file=sys.stderr)
            file.unlink(missing_ok=True)
            continue
        print(file)


main()
