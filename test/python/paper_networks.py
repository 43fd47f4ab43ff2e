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


class Tdnn(nn.Sequential):
    """A convolution over frames, ReLU, batch normalisation; the edge is mirrored, as SpeechBrain does."""

    def __init__(self, inputs, outputs, kernel, dilation=1):
        around = (kernel - 1) // 2 * dilation
        conv = nn.Conv1d(inputs, outputs, kernel, dilation=dilation, padding=around, padding_mode="reflect")
        super().__init__(conv, nn.ReLU(), nn.BatchNorm1d(outputs))


class SeRes2(nn.Module):
    """Desplanques et al., Interspeech 2020, figure 2: eight scales and an SE gate between two dense layers."""

    def __init__(self, channels, dilation, squeezed, scales=8):
        super().__init__()
        self.enter = Tdnn(channels, channels, 1)
        width = channels // scales
        self.scales = nn.ModuleList(Tdnn(width, width, 3, dilation) for _ in range(scales - 1))
        self.leave = Tdnn(channels, channels, 1)
        self.down = nn.Conv1d(channels, squeezed, 1)
        self.up = nn.Conv1d(squeezed, channels, 1)

    def forward(self, x):
        first, *others = self.enter(x).chunk(len(self.scales) + 1, 1)
        parts, before = [first], 0
        for scale, part in zip(self.scales, others):
            before = scale(part + before)
            parts.append(before)
        y = self.leave(torch.cat(parts, 1))
        return x + y * self.up(self.down(y.mean(2, keepdim=True)).relu()).sigmoid()


def statistics(x, shares):
    """Mean and standard deviation of each channel over frames that count by their shares."""
    mean = (shares * x).sum(2, keepdim=True)
    variance = (shares * (x - mean) ** 2).sum(2, keepdim=True)
    return torch.cat([mean, variance.clamp(min=1e-12).sqrt()], 1)


class EcapaTdnn(nn.Module):
    """ECAPA-TDNN: three SE-Res2Blocks whose results are put together, attentive statistics, an embedding."""

    def __init__(self, channels, bands=80, together=1536, attention=128, embedding=192):
        super().__init__()
        self.enter = Tdnn(bands, channels, 5)
        self.blocks = nn.ModuleList(SeRes2(channels, dilation, 128) for dilation in (2, 3, 4))
        self.together = Tdnn(3 * channels, together, 1)
        self.attention = Tdnn(3 * together, attention, 1)
        self.scores = nn.Conv1d(attention, together, 1)
        self.norm = nn.BatchNorm1d(2 * together)
        self.embedding = nn.Conv1d(2 * together, embedding, 1)

    def forward(self, x):
        x = self.enter(x)
        found = []
        for block in self.blocks:
            x = block(x)
            found.append(x)
        x = self.together(torch.cat(found, 1))
        whole = statistics(x, torch.full_like(x, 1 / x.shape[2])).expand(-1, -1, x.shape[2])
        shares = self.scores(self.attention(torch.cat([x, whole], 1)).tanh()).softmax(2)
        return self.embedding(self.norm(statistics(x, shares)))


NETWORKS = {"ir_se50": IrSe50, "unet_scse": UnetScse, "ecapa_tdnn": EcapaTdnn}
