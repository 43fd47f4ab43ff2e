class SqueezeExcitation(nn.Module):
    """x * gate(expand(act(reduce(z)))), z the mean of x over its map: SENet (CVPR 2018), section 3. `epsilon`: that of the
    batch normalisation after the first layer, None for none.
    """

    def __init__(
        self,
        channels,
        squeezed,
        start,
        *,
        squeeze="average",
        act="relu",
        gate="sigmoid",
        bias=True,
        epsilon=None,
    ):
        super().__init__()
        self.squeeze = squeeze
        self.reduce = linear(channels, squeezed, start, bias=bias)
        self.norm = None if epsilon is None else nn.BatchNorm2d(squeezed, eps=epsilon)
        self.act = activation(act)
        self.expand = linear(squeezed, channels, start, bias=bias)
        self.gate = activation(gate)

    def forward(self, x):
        z = {"average": channel_means, "max": channel_maxima, "none": lambda x: x}[self.squeeze](x)
        z = self.reduce(z) if self.norm is None else self.norm(self.reduce(z))
        return x * self.gate(self.expand(self.act(z)))
