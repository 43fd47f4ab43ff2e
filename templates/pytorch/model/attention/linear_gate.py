class LinearGate(nn.Module):
    """x * gate(W z + b), z the mean of x over its map; with groups W is block-diagonal. The layer is called `name`."""

    def __init__(self, channels, start, *, name="fc", gate="sigmoid", groups=1, bias=False):
        super().__init__()
        self.name = name
        self.add_module(name, linear(channels, channels, start, bias=bias, groups=groups))
        self.gate = activation(gate)

    def forward(self, x):
        return x * self.gate(getattr(self, self.name)(channel_means(x)))
