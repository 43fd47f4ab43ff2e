class DoubleAttention(nn.Module):
    """x + out(A B^T V): gathers features of all places, then distributes them: A2-Nets (NeurIPS 2018), section 3."""

    def __init__(self, channels, squeezed, start):
        super().__init__()
        self.features = linear(channels, squeezed, start)
        self.gather = linear(channels, squeezed, start)
        self.distribute = linear(channels, squeezed, start)
        self.out = linear(squeezed, channels, start)

    def forward(self, x):
        gathered = self.features(x).flatten(2) @ self.gather(x).flatten(2).softmax(2).transpose(1, 2)
        y = gathered @ self.distribute(x).flatten(2).softmax(1)
        return x + self.out(y.unflatten(2, x.shape[2:]))
