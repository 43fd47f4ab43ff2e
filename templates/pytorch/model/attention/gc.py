class GlobalContext(nn.Module):
    """x plus, or gated by, a bottleneck of a context of all places: GCNet (ICCV workshops 2019), section 4.3, eq. 8."""

    def __init__(
        self,
        channels,
        squeezed,
        start,
        *,
        fusion="add",
        pooling="attention",
        act="relu",
        gate="sigmoid",
        epsilon=1e-6,
    ):
        super().__init__()
        self.fusion = fusion
        self.reduce = linear(channels, squeezed, start)
        self.norm = nn.LayerNorm(squeezed, eps=epsilon)
        self.act = activation(act)
        self.expand = linear(squeezed, channels, start)
        self.gate = activation(gate)
        self.attention = None
        if pooling == "attention":
            self.attention = linear(channels, 1, start)
            nn.init.normal_(self.attention.weight, 0.0, math.sqrt(2.0 / channels))
        if fusion == "add":
            nn.init.zeros_(self.expand.weight)
            nn.init.zeros_(self.expand.bias)

    def context(self, x):
        if self.attention is None:
            return channel_means(x)
        shares = self.attention(x).flatten(2).softmax(2)
        return (x.flatten(2) @ shares.transpose(1, 2)).unsqueeze(-1)

    def forward(self, x):
        squeezed = self.norm(self.reduce(self.context(x)).flatten(1))
        delta = self.expand(self.act(squeezed)[:, :, None, None])
        return x + delta if self.fusion == "add" else x * self.gate(delta)
