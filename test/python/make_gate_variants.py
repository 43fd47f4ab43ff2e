"""Writes test/data/gate-variants: variants of ECA and SE that people write, each a PyTorch module, exported.

    python3 test/python/make_gate_variants.py test/data/gate-variants

Beside each NAME.onnx, cases.json has an input, PyTorch's output for it, the learnable numbers that PyTorch counts, and what the
gates are, in a spec's words. Made with PyTorch 1.13. Normalisations stay as they are: they are not folded by the export.
"""

import json
import pathlib
import sys

import torch
import torch.nn.functional as F
from torch import nn

CHANNELS = 8


def conv(inputs, outputs, kernel, bias=False):
    return nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2, bias=bias)


def row(conv, pooled):
    """The convolution along the channels of a map of 1x1, as ECA-Net's code writes it."""
    return conv(pooled.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)


class Eca(nn.Module):
    """ECA with another gate, another pooling, a bias; `added`: x * (1 + gate)."""

    def __init__(self, kernel=3, gate=torch.sigmoid, pool=F.adaptive_avg_pool2d, bias=False, added=False):
        super().__init__()
        self.conv, self.gate, self.pool, self.added = conv(1, 1, kernel, bias), gate, pool, added

    def forward(self, x):
        y = self.gate(row(self.conv, self.pool(x, 1)))
        return x * (1 + y) if self.added else x * y.expand_as(x)


class SummedPools(nn.Module):
    """The two poolings are added before the convolution."""

    def __init__(self, kernel=3):
        super().__init__()
        self.conv = conv(1, 1, kernel)

    def forward(self, x):
        pooled = F.adaptive_avg_pool2d(x, 1) + F.adaptive_max_pool2d(x, 1)
        return x * torch.sigmoid(row(self.conv, pooled))


class BothPools(nn.Module):
    """A convolution of each pooling, the same or two, as in CBAM's channel gate."""

    def __init__(self, kernel=3, shared=True, bias=False):
        super().__init__()
        self.avg_conv = conv(1, 1, kernel, bias)
        self.max_conv = self.avg_conv if shared else conv(1, 1, kernel, bias)

    def forward(self, x):
        mean = row(self.avg_conv, F.adaptive_avg_pool2d(x, 1))
        peak = row(self.max_conv, F.adaptive_max_pool2d(x, 1))
        return torch.sigmoid(mean + peak) * x


class Rows(nn.Module):
    """The sum of two kernels over rows [N, 1, C], and one sigmoid behind it."""

    def __init__(self):
        super().__init__()
        self.a, self.b = conv(1, 1, 5), conv(1, 1, 5)

    def forward(self, x):
        mean = self.a(x.mean((2, 3))[:, None])
        peak = self.b(x.amax((2, 3))[:, None])
        return x * torch.sigmoid(mean + peak).view(x.shape[0], -1, 1, 1)


class HiddenEca(nn.Module):
    """Two convolutions along the channels, with a ReLU between them."""

    def __init__(self, maps=1, kernels=(3, 3), bias=False):
        super().__init__()
        self.first, self.second = conv(1, maps, kernels[0], bias), conv(maps, 1, kernels[1], bias)

    def forward(self, x):
        y = x.mean((2, 3), keepdim=True).squeeze(-1).transpose(-1, -2)
        y = torch.sigmoid(self.second(torch.relu(self.first(y))))
        return x * y.transpose(-1, -2).unsqueeze(-1)


class NormSE(nn.Module):
    """timm's SEModule with a normalisation, as RexNet has it."""

    def __init__(self, squeezed=4, bias=True):
        super().__init__()
        self.fc1 = nn.Conv2d(CHANNELS, squeezed, 1, bias=bias)
        self.bn = nn.BatchNorm2d(squeezed)
        self.act = nn.ReLU(inplace=True)
        self.fc2 = nn.Conv2d(squeezed, CHANNELS, 1, bias=bias)

    def forward(self, x):
        return x * torch.sigmoid(self.fc2(self.act(self.bn(self.fc1(x.mean((2, 3), keepdim=True))))))


class LinearNormSE(nn.Module):
    """The same of fully connected layers."""

    def __init__(self, squeezed=4):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Linear(CHANNELS, squeezed, bias=False),
            nn.BatchNorm1d(squeezed, eps=1e-3),
            nn.SiLU(),
            nn.Linear(squeezed, CHANNELS),
            nn.Hardsigmoid(),
        )

    def forward(self, x):
        y = self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))
        return x * y.view(*y.shape, 1, 1)


class Spatial(nn.Module):
    """CBAM's spatial gate without a normalisation."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 3, padding=1, bias=False)

    def forward(self, x):
        both = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        return x * torch.sigmoid(self.conv(both))


def eca(**options):
    return dict(type="eca", kernel=3, **options)


CASES = {
    "hard-sigmoid": (Eca(gate=F.hardsigmoid), [eca(gate="hard_sigmoid")]),
    "tanh": (Eca(gate=torch.tanh), [eca(gate="tanh")]),
    "relu": (Eca(gate=torch.relu, bias=True), [eca(gate="relu", bias=True)]),
    "softmax": (Eca(gate=lambda y: torch.softmax(y, 1)), [eca(gate="softmax")]),
    "max": (Eca(pool=F.adaptive_max_pool2d), [eca(squeeze="max")]),
    "summed-pools": (SummedPools(), [eca(squeeze="sum")]),
    "one-kernel-for-both": (BothPools(), [eca(squeeze="both")]),
    "one-kernel-with-bias": (BothPools(bias=True), [eca(squeeze="both", bias=True)]),
    "two-kernels": (BothPools(shared=False), [eca(squeeze="both", ownKernels=True)]),
    "two-kernels-with-bias": (
        BothPools(shared=False, bias=True),
        [eca(squeeze="both", ownKernels=True, bias=True)],
    ),
    "two-kernels-of-rows": (Rows(), [dict(type="eca", kernel=5, squeeze="both", ownKernels=True)]),
    "one-plus-gate": (Eca(added=True), [eca()]),
    "one-plus-tanh": (Eca(gate=torch.tanh, added=True), [eca(gate="tanh")]),
    "hidden": (HiddenEca(), [dict(type="ecam", kernel=3, channels=1, firstKernel=3, bias=False)]),
    "hidden-maps": (
        HiddenEca(4, (5, 3), True),
        [dict(type="ecam", kernel=3, channels=4, firstKernel=5)],
    ),
    "se-norm": (NormSE(), [dict(type="se", channels=4, norm=True)]),
    "se-norm-without-bias": (NormSE(bias=False), [dict(type="se", channels=4, norm=True, bias=False)]),
    "se-norm-linear": (
        LinearNormSE(),
        [dict(type="se", channels=4, norm=True, epsilon=1e-3, activation="silu", gate="hard_sigmoid")],
    ),
    "channels-then-places": (
        nn.Sequential(Eca(), Spatial()),
        [eca(), dict(type="sam", kernel=3, norm=False)],
    ),
    "places-then-channels": (
        nn.Sequential(Spatial(), NormSE()),
        [dict(type="sam", kernel=3, norm=False), dict(type="se", channels=4, norm=True)],
    ),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(16)
    cases = {}
    for name, (gate, gates) in CASES.items():
        for module in gate.modules():
            if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 1.5)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias)
        gate.eval()
        x = torch.randn(2, CHANNELS, 3, 4) * 2
        with torch.no_grad():
            y = gate(x)
        torch.onnx.export(
            gate,
            (x,),
            str(folder / f"{name}.onnx"),
            opset_version=13,
            input_names=["x"],
            output_names=["y"],
            dynamic_axes={"x": {0: "N"}, "y": {0: "N"}},
            training=torch.onnx.TrainingMode.PRESERVE,
        )
        cases[name] = dict(
            gates=gates,
            parameters=sum(each.numel() for each in gate.parameters()),
            x=x.flatten().tolist(),
            y=y.flatten().tolist(),
        )
    (folder / "cases.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
