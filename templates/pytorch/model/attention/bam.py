class BottleneckChannelBranch(nn.Module):
    def __init__(self, channels, squeezed, start, act, epsilon):
        super().__init__()
        self.reduce = linear(channels, squeezed, start)
        self.act = activation(act)
        self.expand = linear(squeezed, channels, start)
        self.norm = nn.BatchNorm2d(channels, eps=epsilon)

    def forward(self, x):
        return self.norm(self.expand(self.act(self.reduce(channel_means(x)))))


class BottleneckSpatialBranch(nn.Module):
    def __init__(self, channels, squeezed, start, dilation, act, epsilon):
        super().__init__()
        wide = {"kernel_size": 3, "padding": dilation, "dilation": dilation}
        self.enter = linear(channels, squeezed, start)
        self.first = start_layer(nn.Conv2d(squeezed, squeezed, **wide), start)
        self.second = start_layer(nn.Conv2d(squeezed, squeezed, **wide), start)
        self.leave = linear(squeezed, 1, start)
        self.norm = nn.BatchNorm2d(1, eps=epsilon)
        self.act = activation(act)

    def forward(self, x):
        for layer in (self.enter, self.first, self.second):
            x = self.act(layer(x))
        return self.norm(self.leave(x))


class BottleneckAttention(nn.Module):
    """x + x * sigmoid(channel branch + spatial branch): BAM (BMVC 2018), section 3."""

    def __init__(self, channels, squeezed, start, *, dilation=4, act="relu", epsilon=1e-5):
        super().__init__()
        self.channel = BottleneckChannelBranch(channels, squeezed, start, act, epsilon)
        self.spatial = BottleneckSpatialBranch(channels, squeezed, start, dilation, act, epsilon)

    def forward(self, x):
        return x + x * torch.sigmoid(self.channel(x) + self.spatial(x))
