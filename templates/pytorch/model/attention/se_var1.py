class MeanGate(nn.Module):
    """x * sigmoid(z), z the mean of x over its map: SE-Var1 of ECA-Net (CVPR 2020), table 2."""

    def __init__(self, start):
        super().__init__()

    def forward(self, x):
        return x * torch.sigmoid(channel_means(x))
