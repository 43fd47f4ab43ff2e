class SpatialGate(nn.Module):
    """gate(BN(conv_k([mean over the channels; maximum over the channels]))): CBAM (ECCV 2018), section 3, eq. 3."""

    def __init__(self, kernel, start, *, pooling="separate", gate="sigmoid", norm=True, epsilon=1e-5):
        super().__init__()
        self.pooling = pooling
        maps = 2 if pooling == "separate" else 1
        self.conv = start_layer(nn.Conv2d(maps, 1, kernel, padding=kernel // 2, bias=False), start)
        self.norm = nn.BatchNorm2d(1, eps=epsilon) if norm else None
        self.gate = activation(gate)

    def forward(self, x):
        mean, most = x.mean(1, keepdim=True), x.amax(1, keepdim=True)
        scores = self.conv(torch.cat([mean, most], 1) if self.pooling == "separate" else (mean + most) / 2)
        return self.gate(scores if self.norm is None else self.norm(scores))
