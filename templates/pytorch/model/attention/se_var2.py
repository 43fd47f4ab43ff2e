class ScaledMeanGate(nn.Module):
    """x * sigmoid(w * z), one weight for each channel: SE-Var2 of ECA-Net (CVPR 2020), table 2."""

    def __init__(self, channels, start):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x):
        return x * torch.sigmoid(self.weight * channel_means(x))
