class NonLocal(nn.Module):
    """x + BN(out(sum over q of f(x_p, x_q) g(x_q))): Non-local Neural Networks (CVPR 2018), section 3."""

    def __init__(self, channels, squeezed, start, *, pairwise="embedded-gaussian", scale=1.0, epsilon=1e-5):
        super().__init__()
        self.pairwise, self.scale = pairwise, scale
        self.theta = linear(channels, squeezed, start)
        self.phi = linear(channels, squeezed, start)
        self.g = linear(channels, squeezed, start)
        self.out = linear(squeezed, channels, start)
        self.norm = nn.BatchNorm2d(channels, eps=epsilon)
        for layer in (self.theta, self.phi, self.g, self.out):
            nn.init.zeros_(layer.bias)
        # The block starts as the identity (section 4.1).
        nn.init.zeros_(self.norm.weight)

    def forward(self, x):
        theta, phi, g = (layer(x).flatten(2) for layer in (self.theta, self.phi, self.g))
        f = self.scale * (theta.transpose(1, 2) @ phi)
        f = f / f.shape[2] if self.pairwise == "dot-product" else f.softmax(2)
        y = (g @ f.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.norm(self.out(y))
