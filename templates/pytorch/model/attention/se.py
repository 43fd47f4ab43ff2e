class SqueezeExcitation(nn.Module):
    """x * gate(expand(act(reduce(z)))), z the mean of x over its map: SENet (CVPR 2018), section 3."""

    def __init__(self, channels, squeezed, start, *, squeeze="average", act="relu", gate="sigmoid", bias=True):
        super().__init__()
        self.squeeze = squeeze
        self.reduce = linear(channels, squeezed, start, bias=bias)
        self.act = activation(act)
        self.expand = linear(squeezed, channels, start, bias=bias)
        self.gate = activation(gate)

    def forward(self, x):
        z = {"average": channel_means, "max": channel_maxima, "none": lambda x: x}[self.squeeze](x)
        return x * self.gate(self.expand(self.act(self.reduce(z))))
