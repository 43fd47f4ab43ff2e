class ConcurrentSqueezeExcitation(nn.Module):
    """x * channel gate + x * spatial gate: Roy et al. (MICCAI 2018), section 2."""

    def __init__(self, channels, squeezed, start, *, bias=True):
        super().__init__()
        self.reduce = linear(channels, squeezed, start, bias=bias)
        self.expand = linear(squeezed, channels, start, bias=bias)
        self.spatial = linear(channels, 1, start, bias=bias)
        nn.init.normal_(self.spatial.weight, 0.0, math.sqrt(2.0 / channels))

    def forward(self, x):
        channel = self.expand(F.relu(self.reduce(channel_means(x))))
        return x * torch.sigmoid(channel) + x * torch.sigmoid(self.spatial(x))
