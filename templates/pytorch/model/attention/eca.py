class EfficientChannelAttention(nn.Module):
    """x * gate(C1D_k(z)), z the mean of x over its map: ECA-Net (CVPR 2020), section 3.2, eq. 9. `squeeze`: "average", "max",
    "sum" for their sum as z, or "both" for a convolution of each, whose results are added.
    """

    def __init__(
        self, kernel, start, *, padding="zeros", bias=False, squeeze="average", own_kernels=False, gate="sigmoid"
    ):
        super().__init__()
        self.squeeze = squeeze
        self.conv = conv_along_channels(1, 1, kernel, bias=bias, padding=padding)
        self.max_conv = conv_along_channels(1, 1, kernel, bias=bias, padding=padding) if own_kernels else None
        self.gate = row_gate(gate)

    def forward(self, x):
        if self.squeeze == "both":
            max_conv = self.conv if self.max_conv is None else self.max_conv
            scores = along_channels(self.conv, channel_means(x)) + along_channels(max_conv, channel_maxima(x))
        else:
            scores = along_channels(self.conv, squeezed_row(x, self.squeeze))
        return x * self.gate(scores)
