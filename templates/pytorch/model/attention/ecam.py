class HiddenChannelAttention(nn.Module):
    """x * sigmoid(C1D_k(act(C1D_1(z)))): ECA with a hidden layer, timm's EcaModule with use_mlp."""

    def __init__(self, kernel, maps, start, *, act="relu"):
        super().__init__()
        self.enter = conv_along_channels(1, maps, 1, bias=True)
        self.act = activation(act)
        self.leave = conv_along_channels(maps, 1, kernel, bias=True)

    def forward(self, x):
        rows = self.act(self.enter(channel_means(x).flatten(1).unsqueeze(1)))
        return x * torch.sigmoid(self.leave(rows)).transpose(1, 2).unsqueeze(-1)
