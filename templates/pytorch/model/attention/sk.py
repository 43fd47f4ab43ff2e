class SelectiveKernels(nn.Module):
    """Attention between paths that x has one after the other along its channels: SKNet (CVPR 2019), section 3.1."""

    def __init__(self, channels, squeezed, start, *, paths=2, act="relu", epsilon=1e-5):
        super().__init__()
        self.paths = paths
        self.reduce = linear(channels, squeezed, start, bias=False)
        self.norm = nn.BatchNorm2d(squeezed, eps=epsilon)
        self.act = activation(act)
        self.select = linear(squeezed, paths * channels, start, bias=False)

    def forward(self, x):
        paths = x.unflatten(1, (self.paths, -1))
        compact = self.act(self.norm(self.reduce(channel_means(paths.sum(1)))))
        shares = self.select(compact).unflatten(1, (self.paths, -1)).softmax(1)
        return (shares * paths).sum(1)
