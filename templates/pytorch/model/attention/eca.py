class EfficientChannelAttention(nn.Module):
    """x * sigmoid(C1D_k(z)), z the mean of x over its map: ECA-Net (CVPR 2020), section 3.2, eq. 9."""

    def __init__(self, kernel, start, *, padding="zeros", bias=False):
        super().__init__()
        self.conv = conv_along_channels(1, 1, kernel, bias=bias, padding=padding)

    def forward(self, x):
        return x * torch.sigmoid(along_channels(self.conv, channel_means(x)))
