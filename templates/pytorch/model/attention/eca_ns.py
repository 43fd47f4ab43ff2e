class UnsharedChannelAttention(nn.Module):
    """x * sigmoid(sum over j of weight[c, j] * z[c + j - (k - 1) / 2]): ECA-NS of ECA-Net (CVPR 2020), table 2."""

    def __init__(self, channels, kernel, start):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, kernel, groups=channels, bias=False)
        start_uniform(self.conv.weight, kernel)

    def forward(self, x):
        kernel = self.conv.kernel_size[0]
        around = (kernel - 1) // 2
        windows = F.pad(channel_means(x).flatten(1), (around, around)).unfold(1, kernel, 1)
        return x * torch.sigmoid(self.conv(windows)).unsqueeze(-1)
