"""Attention gates, each written as a well-known implementation writes it, so that exports of them have its nodes."""

import torch
import torch.nn.functional as F
from torch import nn


class LinearSE(nn.Module):
    """moskomule/senet.pytorch: fully connected layers without bias, the gate expanded to the map."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Sequential(
            nn.Linear(channels, channels // reduction, bias=False),
            nn.ReLU(inplace=True),
            nn.Linear(channels // reduction, channels, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, x):
        b, c, _, _ = x.size()
        y = self.avg_pool(x).view(b, c)
        y = self.fc(y).view(b, c, 1, 1)
        return x * y.expand_as(x)


class LinearSEWithBias(LinearSE):
    """The same with biases, the gate in front."""

    def __init__(self, channels, reduction=4):
        super().__init__(channels, reduction)
        self.fc[0] = nn.Linear(channels, channels // reduction)
        self.fc[2] = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        y = self.fc(self.avg_pool(x).flatten(1))
        return y[:, :, None, None] * x


class MeanSE(nn.Module):
    """timm's SEModule: a mean that keeps its axes, 1×1 convolutions."""

    def __init__(self, channels, reduction=4, act=nn.ReLU, gate=nn.Sigmoid, norm=False):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.bn = nn.BatchNorm2d(channels // reduction) if norm else nn.Identity()
        self.act = act()
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)
        self.gate = gate()

    def forward(self, x):
        return x * self.gate(self.fc2(self.act(self.bn(self.fc1(x.mean((2, 3), keepdim=True))))))


class WindowSE(nn.Module):
    """An average pool whose window is the map, as in ports of Caffe models; the mean axis by axis is the other one."""

    def __init__(self, channels, reduction=4, by_axis=False):
        super().__init__()
        self.by_axis = by_axis
        self.down = nn.Conv2d(channels, channels // reduction, 1)
        self.up = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x):
        z = x.mean(3).mean(2)[:, :, None, None] if self.by_axis else F.avg_pool2d(x, [int(n) for n in x.shape[2:]])
        return torch.sigmoid(self.up(F.relu(self.down(z)))) * x


class FlatSE(nn.Module):
    """A mean over the flattened places, and a hard sigmoid written out."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.down = nn.Linear(channels, channels // reduction)
        self.up = nn.Linear(channels // reduction, channels)

    def forward(self, x):
        n, c = x.shape[:2]
        z = x.view(n, c, -1).mean(-1)
        s = F.relu6(self.up(F.hardswish(self.down(z))) + 3.0) / 6.0
        return x * s.view(n, c, 1, 1)


class OfficialECA(nn.Module):
    """BangguWu/ECANet: a one-dimensional convolution over the turned row."""

    def __init__(self, channels, k_size=3):
        super().__init__()
        self.avg_pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv1d(1, 1, kernel_size=k_size, padding=(k_size - 1) // 2, bias=False)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        y = self.avg_pool(x)
        y = self.conv(y.squeeze(-1).transpose(-1, -2)).transpose(-1, -2).unsqueeze(-1)
        y = self.sigmoid(y)
        return x * y.expand_as(x)


class TimmECA(nn.Module):
    """timm's EcaModule."""

    def __init__(self, channels, kernel_size=5):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, kernel_size=kernel_size, padding=(kernel_size - 1) // 2, bias=False)

    def forward(self, x):
        y = x.mean((2, 3)).view(x.shape[0], 1, -1)
        y = self.conv(y)
        y = y.view(x.shape[0], -1, 1, 1).sigmoid()
        return x * y.expand_as(x)


class TimmCECA(nn.Module):
    """timm's CecaModule: the channels are a ring. PyTorch 1.13 exports a circular F.pad wrongly, so the ends are joined."""

    def __init__(self, channels, kernel_size=5):
        super().__init__()
        self.padding = (kernel_size - 1) // 2
        self.conv = nn.Conv1d(1, 1, kernel_size=kernel_size, padding=0, bias=False)

    def forward(self, x):
        y = x.mean((2, 3)).view(x.shape[0], 1, -1)
        y = torch.cat([y[..., -self.padding :], y, y[..., : self.padding]], -1)
        y = self.conv(y)
        y = y.view(x.shape[0], -1, 1, 1).sigmoid()
        return x * y.expand_as(x)


class TimmESE(nn.Module):
    """timm's EffectiveSEModule."""

    def __init__(self, channels):
        super().__init__()
        self.fc = nn.Conv2d(channels, channels, kernel_size=1)
        self.gate = nn.Hardsigmoid()

    def forward(self, x):
        return x * self.gate(self.fc(x.mean((2, 3), keepdim=True)))


class JongchanCBAM(nn.Module):
    """Jongchan/attention-module: fully connected layers, the maximum before the mean, a normalised spatial gate."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels, channels // reduction),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels),
        )
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1, eps=1e-5, momentum=0.01)

    def forward(self, x):
        size = [int(n) for n in x.shape[2:]]
        channel = self.mlp(F.avg_pool2d(x, size, stride=size)) + self.mlp(F.max_pool2d(x, size, stride=size))
        x = x * torch.sigmoid(channel).unsqueeze(2).unsqueeze(3).expand_as(x)
        pooled = torch.cat((torch.max(x, 1)[0].unsqueeze(1), torch.mean(x, 1).unsqueeze(1)), dim=1)
        return x * torch.sigmoid(self.bn(self.spatial(pooled)))


class TimmCBAM(nn.Module):
    """timm's CbamModule."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1, bias=False)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1, bias=False)
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.bn = nn.BatchNorm2d(1)

    def forward(self, x):
        avg = self.fc2(F.relu(self.fc1(x.mean((2, 3), keepdim=True))))
        top = self.fc2(F.relu(self.fc1(x.amax((2, 3), keepdim=True))))
        x = x * (avg + top).sigmoid()
        maps = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return x * self.bn(self.conv(maps)).sigmoid()


class PlainCBAM(nn.Module):
    """luuuyi/CBAM.PyTorch: adaptive pools, no normalisation."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.fc = nn.Sequential(
            nn.Conv2d(channels, channels // reduction, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(channels // reduction, channels, 1, bias=False),
        )
        self.conv = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x):
        x = torch.sigmoid(self.fc(F.adaptive_avg_pool2d(x, 1)) + self.fc(F.adaptive_max_pool2d(x, 1))) * x
        maps = torch.cat([torch.mean(x, dim=1, keepdim=True), torch.max(x, dim=1, keepdim=True)[0]], dim=1)
        return torch.sigmoid(self.conv(maps)) * x


class UnetSCSE(nn.Module):
    """segmentation_models.pytorch's SCSEModule."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        self.cSE = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, channels // reduction, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )
        self.sSE = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, x):
        return x * self.cSE(x) + x * self.sSE(x)


class LayerNorm2d(nn.LayerNorm):
    """timm's: over the channels of a map."""

    def forward(self, x):
        return F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


class TimmGC(nn.Module):
    """timm's GlobalContext, which scales or adds."""

    def __init__(self, channels, reduction=4, fuse="scale"):
        super().__init__()
        self.fuse = fuse
        self.conv_attn = nn.Conv2d(channels, 1, 1)
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.ln = LayerNorm2d(channels // reduction, eps=1e-6)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x):
        B, C, H, W = x.shape
        attn = self.conv_attn(x).reshape(B, 1, H * W)
        attn = F.softmax(attn, dim=-1).unsqueeze(3)
        context = x.reshape(B, C, H * W).unsqueeze(1) @ attn
        context = context.view(B, C, 1, 1)
        mlp = self.fc2(F.relu(self.ln(self.fc1(context))))
        return x * mlp.sigmoid() if self.fuse == "scale" else x + mlp


class GCNetBlock(nn.Module):
    """xvjiarui/GCNet's ContextBlock: nn.LayerNorm([planes, 1, 1])."""

    def __init__(self, channels, reduction=4):
        super().__init__()
        planes = channels // reduction
        self.conv_mask = nn.Conv2d(channels, 1, 1)
        self.softmax = nn.Softmax(dim=2)
        self.channel_add_conv = nn.Sequential(
            nn.Conv2d(channels, planes, 1), nn.LayerNorm([planes, 1, 1]), nn.ReLU(inplace=True), nn.Conv2d(planes, channels, 1)
        )

    def forward(self, x):
        batch, channel, height, width = x.size()
        input_x = x.view(batch, channel, height * width).unsqueeze(1)
        mask = self.softmax(self.conv_mask(x).view(batch, 1, height * width)).unsqueeze(-1)
        context = torch.matmul(input_x, mask).view(batch, channel, 1, 1)
        return x + self.channel_add_conv(context)
