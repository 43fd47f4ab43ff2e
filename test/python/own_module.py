"""Writes the state dict of a module that isn't ecagen's, and what it makes of an image.

    own_module.py FOLDER      weights.pth, x.f32, y.f32; prints the names of its state dict
"""

import json
import os
import sys

import torch
from torch import nn


class Excitation(nn.Module):
    def __init__(self, channels, hidden):
        super().__init__()
        self.down = nn.Conv2d(channels, hidden, 1)
        self.up = nn.Conv2d(hidden, channels, 1)

    def forward(self, x):
        return x * self.up(self.down(x.mean((2, 3), keepdim=True)).relu()).sigmoid()


class Mix(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def forward(self, x):
        return x * self.mix(x.mean((2, 3))[:, None]).sigmoid().transpose(1, 2)[..., None]


class Rung(nn.Module):
    def __init__(self, inputs, outputs, stride, gate):
        super().__init__()
        self.wide = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.wide_bn = nn.BatchNorm2d(outputs)
        self.narrow = nn.Conv2d(outputs, outputs, (1, 3), padding=(0, 1), bias=False)
        self.narrow_bn = nn.BatchNorm2d(outputs)
        self.gate = gate
        if stride != 1 or inputs != outputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.narrow_bn(self.narrow(self.wide_bn(self.wide(x)).relu()))
        return (self.gate(y) + (self.skip(x) if hasattr(self, "skip") else x)).relu()


class Ladder(nn.Module):
    def __init__(self):
        super().__init__()
        self.entry = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.level1 = nn.Sequential(Rung(8, 8, 1, Excitation(8, 2)), Rung(8, 8, 1, Excitation(8, 2)))
        self.level2 = nn.Sequential(Rung(8, 12, 2, Mix()))
        self.out = nn.Linear(12, 5)

    def forward(self, x):
        return self.out(self.level2(self.level1(self.entry(x))).mean((2, 3)))


def main():
    folder = sys.argv[1]
    torch.manual_seed(7)
    network = Ladder().eval()
    state = network.state_dict()
    with torch.no_grad():
        for name, each in state.items():
            if each.dtype.is_floating_point:
                # Every tensor differs from what it starts as, and every gate from one half.
                each.copy_(torch.rand_like(each) + 0.5 if "var" in name else each + 0.4 * torch.randn_like(each))
        x = torch.randn(2, 3, 32, 40)
        y = network(x)
    torch.save(state, os.path.join(folder, "weights.pth"))
    for name, each in (("x", x), ("y", y)):
        with open(os.path.join(folder, f"{name}.f32"), "wb") as file:
            file.write(each.contiguous().numpy().tobytes())
    print(json.dumps(list(state)))


main()
