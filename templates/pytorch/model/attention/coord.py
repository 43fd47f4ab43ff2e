class CoordinateAttention(nn.Module):
    """x * a gate for each row * a gate for each column: Coordinate Attention (CVPR 2021), section 3.2."""

    def __init__(self, channels, squeezed, start, *, act="hard_swish", gate="sigmoid", epsilon=1e-5):
        super().__init__()
        self.reduce = linear(channels, squeezed, start, bias=False)
        self.norm = nn.BatchNorm2d(squeezed, eps=epsilon)
        self.act = activation(act)
        self.rows = linear(squeezed, channels, start, bias=False)
        self.columns = linear(squeezed, channels, start, bias=False)
        self.gate = activation(gate)

    def forward(self, x):
        # Both strips go through the same normalisation at once, as in the paper's eq. 6.
        height, width = x.shape[2:]
        strips = torch.cat([x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)], 2)
        rows, columns = self.act(self.norm(self.reduce(strips))).split([height, width], 2)
        return x * self.gate(self.rows(rows)) * self.gate(self.columns(columns.transpose(2, 3)))
