class ChannelGate(nn.Module):
    """gate(MLP(mean of x) + MLP(maximum of x)): CBAM (ECCV 2018), section 3, eq. 2."""

    def __init__(self, channels, squeezed, start, *, pooling, act, gate, bias):
        super().__init__()
        self.pooling = pooling
        self.reduce = linear(channels, squeezed, start, bias=bias)
        self.act = activation(act)
        self.expand = linear(squeezed, channels, start, bias=bias)
        self.gate = activation(gate)

    def mlp(self, z):
        return self.expand(self.act(self.reduce(z)))

    def forward(self, x):
        mean, most = channel_means(x), channel_maxima(x)
        separate = self.pooling == "separate"
        return self.gate(self.mlp(mean) + self.mlp(most) if separate else self.mlp((mean + most) / 2))


class ConvolutionalBlockAttention(nn.Module):
    """A gate for each channel, then a gate for each place: CBAM (ECCV 2018), section 3."""

    def __init__(
        self,
        channels,
        squeezed,
        kernel,
        start,
        *,
        pooling="separate",
        act="relu",
        gate="sigmoid",
        bias=False,
        epsilon=1e-5,
    ):
        super().__init__()
        self.channel = ChannelGate(channels, squeezed, start, pooling=pooling, act=act, gate=gate, bias=bias)
        self.spatial = SpatialGate(kernel, start, pooling=pooling, gate=gate, epsilon=epsilon)

    def forward(self, x):
        x = x * self.channel(x)
        return x * self.spatial(x)
