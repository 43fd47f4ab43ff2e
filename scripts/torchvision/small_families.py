"""Exports small networks of torchvision's 20 families of classifiers as ONNX files.

    python3 scripts/torchvision/small_families.py --list
    python3 scripts/torchvision/small_families.py FAMILY FOLDER [OPSET-MODE-SIZES ...]

The first prints the names of all files. The second writes FOLDER/FAMILY-OPSET-MODE-SIZES.onnx: opsets 9, 13 and 16; `folded`, as PyTorch
exports for use, and `training`, with BatchNorms and Dropouts as they are when it trains; batch, height and width `open`, or `fixed` to one
image, in training to two. Where PyTorch has no export there is a FAMILY-OPSET-MODE-SIZES.txt that says why. Weights are random, the same in
each run; BatchNorms have statistics of random images and other factors than 1. Networks have the layers of the published ones, but fewer
and narrower, so that all of them are checked in minutes.
"""

import copy
import itertools
import pathlib
import sys
import warnings

import torch
import torchvision.models as models
from exporting import export, give_statistics
from torch import nn

FORMS = ["-".join(form) for form in itertools.product(("9", "13", "16"), ("folded", "training"), ("open", "fixed"))]
AXES = {"image": {0: "batch", 2: "height", 3: "width"}, "logits": {0: "batch"}}
CLASSES = 10


def alexnet():
    model = models.AlexNet(num_classes=CLASSES)
    model.classifier[1], model.classifier[4], model.classifier[6] = nn.Linear(9216, 16), nn.Linear(16, 16), nn.Linear(16, 10)
    return model, 224


def vgg():
    from torchvision.models.vgg import VGG, make_layers

    model = VGG(make_layers([8, "M", 8, "M", 16, 16, "M", 16, "M", 16, "M"], batch_norm=True), CLASSES)
    model.classifier[0], model.classifier[3], model.classifier[6] = nn.Linear(784, 16), nn.Linear(16, 16), nn.Linear(16, 10)
    return model, 224


def residual(**options):
    from torchvision.models.resnet import Bottleneck, ResNet

    return ResNet(Bottleneck, [1, 2, 1, 1], num_classes=CLASSES, **options), 32


def convnext():
    from torchvision.models.convnext import CNBlockConfig, ConvNeXt

    blocks = [CNBlockConfig(16, 32, 1), CNBlockConfig(32, 48, 1), CNBlockConfig(48, 64, 2), CNBlockConfig(64, None, 1)]
    return ConvNeXt(blocks, num_classes=CLASSES, layer_scale=0.5), 32


def efficientnet(version):
    from torchvision.models.efficientnet import EfficientNet, _efficientnet_conf

    if version == 1:
        settings, last = _efficientnet_conf("efficientnet_b0", width_mult=0.25, depth_mult=0.5)
    else:
        settings, last = _efficientnet_conf("efficientnet_v2_s")
        for each in settings:
            each.num_layers, each.out_channels = min(each.num_layers, 2), each.out_channels // 4 // 8 * 8 or 8
        for before, after in zip(settings, settings[1:]):
            after.input_channels = before.out_channels
        last = 160
    return EfficientNet(settings, 0.2, num_classes=CLASSES, last_channel=last), 32


def maxvit():
    return (
        models.MaxVit(
            input_size=(32, 32),
            stem_channels=8,
            partition_size=4,
            block_channels=[16, 32],
            block_layers=[1, 1],
            head_dim=8,
            stochastic_depth_prob=0.0,
            num_classes=CLASSES,
        ),
        32,
    )


def mobilenet_v3():
    from torchvision.models.mobilenetv3 import MobileNetV3, _mobilenet_v3_conf

    settings, last = _mobilenet_v3_conf("mobilenet_v3_large", width_mult=0.35)
    return MobileNetV3(settings, last // 4, num_classes=CLASSES), 32


def regnet():
    from torchvision.models.regnet import BlockParams, RegNet

    params = BlockParams.from_init_params(depth=6, w_0=24, w_a=24.0, w_m=2.2, group_width=8, se_ratio=0.25)
    return RegNet(params, num_classes=CLASSES), 32


FAMILIES = {
    "alexnet": alexnet,
    "convnext": convnext,
    "densenet": lambda: (models.DenseNet(8, (2, 2, 2, 2), 16, num_classes=CLASSES), 32),
    "efficientnet": lambda: efficientnet(1),
    "efficientnet_v2": lambda: efficientnet(2),
    "googlenet": lambda: (models.GoogLeNet(CLASSES, aux_logits=False, init_weights=False), 32),
    "inception_v3": lambda: (models.Inception3(CLASSES, aux_logits=False, init_weights=False), 80),
    "maxvit": maxvit,
    "mnasnet": lambda: (models.MNASNet(0.35, num_classes=CLASSES), 32),
    "mobilenet_v2": lambda: (models.MobileNetV2(CLASSES, width_mult=0.25), 32),
    "mobilenet_v3": mobilenet_v3,
    "regnet": regnet,
    "resnet": lambda: residual(width_per_group=16),
    "resnext": lambda: residual(groups=4, width_per_group=4),
    "shufflenet_v2": lambda: (models.ShuffleNetV2([1, 2, 1], [16, 24, 48, 96, 128], CLASSES), 32),
    "squeezenet": lambda: (models.SqueezeNet("1_1", CLASSES), 48),
    "swin": lambda: (models.SwinTransformer([4, 4], 16, [2, 2], [2, 4], [4, 4], num_classes=CLASSES), 32),
    "vgg": vgg,
    "vit": lambda: (models.VisionTransformer(32, 8, 2, 2, 32, 64, num_classes=CLASSES), 32),
    "wide_resnet": lambda: residual(width_per_group=32),
}


def family(name):
    """A network with weights and statistics that are neither fresh nor trivial, and an image of its size."""
    torch.manual_seed(0)
    model, side = FAMILIES[name]()
    give_statistics(model, side)
    return model, torch.randn(1, 3, side, side)


def main():
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--list"]:
        print("\n".join(f"{name}-{form}" for name in FAMILIES for form in FORMS))
        return
    name, folder, *forms = sys.argv[1:]
    model, image = family(name)
    for form in forms or FORMS:
        opset, mode, sizes = form.split("-")
        file = pathlib.Path(folder) / f"{name}-{form}.onnx"
        # In training BatchNorms have no statistics of one pixel, and get others by each run.
        images = torch.cat([image, image.flip(0)]) if mode == "training" else image
        why = export(copy.deepcopy(model), images, file, int(opset), mode, AXES if sizes == "open" else None)
        if why is not None:
            file.with_suffix(".txt").write_text(why)


main()
