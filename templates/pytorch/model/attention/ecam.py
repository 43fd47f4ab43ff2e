class HiddenChannelAttention(nn.Module):
    """x * gate(C1D_k(act(C1D(z)))): ECA with a hidden layer, timm's EcaModule with use_mlp."""

    def __init__(
        self, kernel, maps, start, *, act="relu", first=1, bias=True, squeeze="average", gate="sigmoid"
    ):
        super().__init__()
        self.squeeze = squeeze
        self.enter = conv_along_channels(1, maps, first, bias=bias)
        self.act = activation(act)
        self.leave = conv_along_channels(maps, 1, kernel, bias=bias)
        self.gate = row_gate(gate)

    def forward(self, x):
        rows = self.act(self.enter(squeezed_row(x, self.squeeze).flatten(1).unsqueeze(1)))
        return x * self.gate(self.leave(rows).transpose(1, 2).unsqueeze(-1))
