class SecondOrderPooling(nn.Module):
    """x * sigmoid(a layer over the rows of the channels' covariance): GSoP-Net (CVPR 2019), section 3.1."""

    def __init__(self, channels, squeezed, start, *, stride=1, epsilon=1e-5):
        super().__init__()
        rows = 4 * squeezed
        self.reduce = nn.Conv2d(channels, squeezed, 1, stride)
        self.norm = nn.BatchNorm2d(squeezed, eps=epsilon)
        self.row_norm = nn.BatchNorm2d(squeezed, eps=epsilon)
        self.rows = nn.Conv2d(squeezed, rows, (squeezed, 1), groups=squeezed)
        self.expand = nn.Conv2d(rows, channels, 1)
        for layer in (self.reduce, self.rows, self.expand):
            start_layer(layer, start)

    def forward(self, x):
        y = F.relu(self.norm(self.reduce(F.relu(x)))).flatten(2)
        y = y - y.mean(2, keepdim=True)
        covariance = (y @ y.transpose(1, 2) / y.shape[2]).unsqueeze(-1)
        return x * torch.sigmoid(self.expand(self.rows(self.row_norm(covariance))))
