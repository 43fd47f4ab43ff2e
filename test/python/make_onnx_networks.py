"""Writes the small networks of test/data/onnx: attention gates of well-known implementations, exported by PyTorch.

    python3 test/python/make_onnx_networks.py test/data/onnx

Made with PyTorch 1.13, torchvision 0.14 and NumPy 1.24. Beside each NAME.onnx lie NAME.x.npy and NAME.y.npy, an input
and PyTorch's output for it, and NAME.json: the opset, the names of the gates and the channels of their maps, the learnable
numbers that PyTorch counts in them and in all (as the file has them: after folding), and the kind of gate that they are.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from gates_of_others import (
    FlatSE,
    GCNetBlock,
    JongchanCBAM,
    LinearSE,
    LinearSEWithBias,
    MeanSE,
    OfficialECA,
    PlainCBAM,
    TimmCBAM,
    TimmCECA,
    TimmECA,
    TimmESE,
    TimmGC,
    UnetSCSE,
    WindowSE,
)
from torch import nn
from torchvision.models.efficientnet import EfficientNet, MBConvConfig
from torchvision.models.mobilenetv3 import InvertedResidualConfig, MobileNetV3
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.ops import SqueezeExcitation

out = pathlib.Path(sys.argv[1])


class Block(nn.Module):
    """An inverted residual with a gate on its wide map."""

    def __init__(self, channels, wide, gate):
        super().__init__()
        self.expand = nn.Sequential(nn.Conv2d(channels, wide, 1, bias=False), nn.BatchNorm2d(wide), nn.ReLU())
        self.attention = gate(wide)
        self.project = nn.Sequential(nn.Conv2d(wide, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x):
        return x + self.project(self.attention(self.expand(x)))


class Small(nn.Module):
    """A stem, two blocks with the gate, a head."""

    def __init__(self, gate, widths=(24, 32)):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.blocks = nn.Sequential(*[Block(8, wide, gate) for wide in widths])
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


def scatter(model):
    """Weights and statistics under which every gate matters."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith("running_var"):
                tensor.copy_(0.5 + noise.abs())
            elif tensor.dim() > 1:
                tensor.copy_(noise * (2 / tensor[0].numel()) ** 0.5)
            else:
                is_scale = name.endswith("weight")
                tensor.copy_((1.0 if is_scale else 0.0) + 0.3 * noise)
    return model.eval()


def count(module, unfolded=True):
    """Learnable numbers. A normalisation that is folded leaves a bias where the convolution before it had none."""
    total = sum(parameter.numel() for parameter in module.parameters())
    before = None
    for each in module.modules():
        if isinstance(each, nn.BatchNorm2d) and not unfolded:
            total -= 2 * each.num_features
            total += each.num_features if before.bias is None else 0
        before = each if isinstance(each, nn.Conv2d) else before
    return total


def export(name, model, kind, gate_type, opset=13, batch=None, size=16, unfolded=False, options=None):
    """Exports a model whose modules of gate_type are the gates. A batch of None is an axis of any size."""
    scatter(model)
    gates = [(path, module) for path, module in model.named_modules() if isinstance(module, gate_type)]
    x = torch.from_numpy(np.random.default_rng(3).standard_normal((batch or 2, 3, size, size)).astype("float32"))
    with torch.no_grad():
        y = model(x)
    torch.onnx.export(
        model,
        x,
        str(out / f"{name}.onnx"),
        opset_version=opset,
        input_names=["x"],
        output_names=["y"],
        dynamic_axes=None if batch else {"x": {0: "batch"}, "y": {0: "batch"}},
        training=torch.onnx.TrainingMode.PRESERVE if unfolded else torch.onnx.TrainingMode.EVAL,
        do_constant_folding=not unfolded,
    )
    np.save(out / f"{name}.x.npy", x.numpy())
    np.save(out / f"{name}.y.npy", y.numpy())
    facts = {
        "opset": opset,
        "batch": batch or "batch",
        "unfolded": unfolded,
        "kind": kind,
        "gates": [path for path, _ in gates],
        "channels": [channels_of(model, module, x) for _, module in gates],
        "gateParameters": sum(count(module, unfolded) for _, module in gates),
        "parameters": count(model, unfolded),
        "options": options or {},
    }
    (out / f"{name}.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(f"{name:28} {(out / (name + '.onnx')).stat().st_size:7} bytes, {len(gates)} gates")


def channels_of(model, gate, x):
    """Channels of the map that a gate is given."""
    seen = []
    hook = gate.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0].shape[1]))
    with torch.no_grad():
        model(x)
    hook.remove()
    return seen[0]


def mobilenet_v3():
    def setting(channels, kernel, wide, to, attention, act, stride):
        return InvertedResidualConfig(channels, kernel, wide, to, attention, act, stride, 1, 1.0)

    return MobileNetV3(
        [setting(16, 3, 16, 16, True, "RE", 2), setting(16, 3, 40, 24, False, "RE", 2), setting(24, 5, 48, 24, True, "HS", 1)],
        last_channel=32,
        num_classes=5,
    )


def efficientnet():
    return EfficientNet(
        [MBConvConfig(1, 3, 1, 32, 16, 1, width_mult=0.5, depth_mult=1), MBConvConfig(4, 3, 2, 16, 24, 2, width_mult=0.5, depth_mult=1)],
        dropout=0.2,
        num_classes=5,
        last_channel=32,
    )


def regnet():
    params = BlockParams([1, 1], [16, 32], [8, 8], [1.0, 1.0], [2, 2], se_ratio=0.25)
    return RegNet(params, num_classes=5, stem_width=8)


small = Small
export("se-linear-dynamic-11", small(LinearSE), "se", LinearSE, opset=11, options={"bias": False})
export("se-linear-static-13", small(LinearSE), "se", LinearSE, opset=13, batch=1, options={"bias": False})
export("se-linear-bias-15", small(LinearSEWithBias), "se", LinearSEWithBias, opset=15)
export("se-linear-unfolded-17", small(LinearSE), "se", LinearSE, opset=17, unfolded=True, options={"bias": False})
export("se-mean-11", small(MeanSE), "se", MeanSE, opset=11)
export(
    "se-mean-silu-17",
    small(lambda c: MeanSE(c, act=nn.SiLU, gate=nn.Hardsigmoid)),
    "se",
    MeanSE,
    opset=17,
    options={"activation": "silu", "gate": "hard_sigmoid"},
)
export("se-mean-gelu-13", small(lambda c: MeanSE(c, act=nn.GELU, gate=nn.Tanh)), "se", MeanSE, options={"activation": "gelu", "gate": "tanh"})
export("se-mean-unfolded-15", small(MeanSE), "se", MeanSE, opset=15, batch=2, unfolded=True)
export("se-norm-13", small(lambda c: MeanSE(c, norm=True)), "se", MeanSE)
export("se-window-13", small(WindowSE), "se", WindowSE, batch=2)
export("se-axes-17", small(lambda c: WindowSE(c, by_axis=True)), "se", WindowSE, opset=17)
export("se-flat-13", small(FlatSE), "se", FlatSE, options={"activation": "hard_swish", "gate": "hard_sigmoid"})
export("se-flat-11", small(FlatSE), "se", FlatSE, opset=11, batch=2, options={"activation": "hard_swish", "gate": "hard_sigmoid"})
export("eca-official-11", small(OfficialECA), "eca", OfficialECA, opset=11, options={"kernel": 3})
export("eca-official-17", small(OfficialECA), "eca", OfficialECA, opset=17, batch=1, options={"kernel": 3})
export("eca-timm-13", small(TimmECA), "eca", TimmECA, options={"kernel": 5})
export("eca-timm-static-15", small(TimmECA), "eca", TimmECA, opset=15, batch=2, options={"kernel": 5})
export("ceca-timm-13", small(TimmCECA), "eca", TimmCECA, options={"kernel": 5, "padding": "circular"})
export("ese-timm-13", small(TimmESE), "ese", TimmESE)
export("cbam-jongchan-11", small(JongchanCBAM), "cbam", JongchanCBAM, opset=11, batch=2, options={"bias": True})
export("cbam-timm-15", small(TimmCBAM), "cbam", TimmCBAM, opset=15)
export("cbam-timm-unfolded-13", small(TimmCBAM), "cbam", TimmCBAM, unfolded=True)
export("cbam-plain-13", small(PlainCBAM), "cbam", PlainCBAM)
export("scse-unet-13", small(UnetSCSE), "scse", UnetSCSE)
export("gc-timm-13", small(TimmGC), "gc", TimmGC, options={"fusion": "scale"})
export("gca-timm-15", small(lambda c: TimmGC(c, fuse="add")), "gc", TimmGC, opset=15)
export("gc-gcnet-11", small(GCNetBlock), "gc", GCNetBlock, opset=11, options={"epsilon": 1e-5})
export(
    "torchvision-mobilenetv3-17",
    mobilenet_v3(),
    "se",
    SqueezeExcitation,
    opset=17,
    size=32,
    options={"gate": "hard_sigmoid"},
)
export("torchvision-efficientnet-13", efficientnet(), "se", SqueezeExcitation, size=32, options={"activation": "silu"})
export("torchvision-efficientnet-unfolded-15", efficientnet(), "se", SqueezeExcitation, opset=15, size=32, unfolded=True, options={"activation": "silu"})
export("torchvision-regnet-11", regnet(), "se", SqueezeExcitation, opset=11, size=32, batch=1)
