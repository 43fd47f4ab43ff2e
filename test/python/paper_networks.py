"""Networks that neither torchvision nor timm has, written from their papers, for network_numbers.py."""

import torch
from torch import nn


class ChannelGate(nn.Module):
    """Squeeze-and-Excitation (Hu et al., CVPR 2018, section 3): the gate alone."""

    def __init__(self, channels, squeezed, bias):
        super().__init__()
        self.reduce = nn.Conv2d(channels, squeezed, 1, bias=bias)
        self.expand = nn.Conv2d(squeezed, channels, 1, bias=bias)

    def forward(self, x):
        return torch.sigmoid(self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True)))))


class ImprovedResidual(nn.Module):
    """ArcFace (Deng et al., CVPR 2019), section 3.1: BN, conv, PReLU, conv, BN, with SE."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(inputs),
            nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False),
            nn.PReLU(outputs),
            nn.Conv2d(outputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.gate = ChannelGate(outputs, outputs // 16, bias=False)
        self.shortcut = (
            nn.MaxPool2d(1, stride)
            if inputs == outputs
            else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        )

    def forward(self, x):
        y = self.branch(x)
        return y * self.gate(y) + self.shortcut(x)


class IrSe50(nn.Module):
    def __init__(self, side):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.PReLU(64))
        blocks, inputs = [], 64
        for outputs, count in [(64, 3), (128, 4), (256, 14), (512, 3)]:
            for i in range(count):
                blocks.append(ImprovedResidual(inputs, outputs, 2 if i == 0 else 1))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.BatchNorm2d(512)
        self.linear = nn.Linear(512 * (side // 16) ** 2, 512)
        self.last = nn.BatchNorm1d(512)

    def forward(self, x):
        return self.last(self.linear(self.norm(self.blocks(self.stem(x))).flatten(1)))


class ConcurrentGate(nn.Module):
    """Concurrent spatial and channel squeeze and excitation (Roy et al., MICCAI 2018, section 2)."""

    def __init__(self, channels):
        super().__init__()
        self.channel = ChannelGate(channels, channels // 2, bias=True)
        self.spatial = nn.Conv2d(channels, 1, 1)

    def forward(self, x):
        return x * self.channel(x) + x * torch.sigmoid(self.spatial(x))


class Double(nn.Sequential):
    def __init__(self, inputs, outputs):
        layers = []
        for channels in (inputs, outputs):
            layers += [nn.Conv2d(channels, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        super().__init__(*layers, ConcurrentGate(outputs))


class UnetScse(nn.Module):
    """U-Net (Ronneberger et al., MICCAI 2015) with padded, normalised convolutions."""

    def __init__(self):
        super().__init__()
        widths = [64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(Double(a, b) for a, b in zip([3] + widths, widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * c, c, 2, 2) for c in widths[-2::-1])
        self.merge = nn.ModuleList(Double(2 * c, c) for c in widths[-2::-1])
        self.classes = nn.Conv2d(64, 2, 1)

    def forward(self, x):
        maps = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else nn.functional.max_pool2d(x, 2))
            maps.append(x)
        for up, merge, skipped in zip(self.up, self.merge, maps[-2::-1]):
            x = merge(torch.cat([skipped, up(x)], 1))
        return self.classes(x)


NETWORKS = {"ir_se50": IrSe50, "unet_scse": UnetScse}
