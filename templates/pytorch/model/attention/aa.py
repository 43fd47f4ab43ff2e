class AugmentedConvolution(nn.Module):
    """A convolution beside multi-head self-attention over the places of the map: Attention Augmented Convolutional
    Networks (ICCV 2019), section 3. `keys` and `values`: their channels in all heads. `map`: height and width for the
    embeddings of relative positions, or None for none. With as many values as channels there is no convolution.
    """

    def __init__(self, channels, keys, values, heads, start, *, map=None, kernel=None):
        super().__init__()
        self.keys, self.values, self.heads = keys, values, heads
        self.qkv = start_layer(nn.Conv2d(channels, 2 * keys + values, 1), start)
        self.out = start_layer(nn.Conv2d(values, values, 1), start)
        self.rows = self.columns = self.conv = None
        if map is not None:
            per_head = keys // heads
            self.rows = nn.Parameter(torch.empty(2 * map[0] - 1, per_head).normal_(0.0, per_head**-0.5))
            self.columns = nn.Parameter(torch.empty(2 * map[1] - 1, per_head).normal_(0.0, per_head**-0.5))
        if kernel is not None:
            conv = nn.Conv2d(channels, channels - values, kernel, padding=kernel // 2)
            self.conv = start_layer(conv, start)

    def positions(self, query, height, width):
        """Products of the queries [N, heads, places, d] with the embeddings of the way to each place."""
        y, x = (torch.arange(size, device=query.device) for size in (height, width))
        rows = self.rows[y[None, :] - y[:, None] + height - 1]
        columns = self.columns[x[None, :] - x[:, None] + width - 1]
        query = query.unflatten(2, (height, width))
        down = torch.einsum("nhyxd,yvd->nhyxv", query, rows).unsqueeze(-1)
        right = torch.einsum("nhyxd,xud->nhyxu", query, columns).unsqueeze(-2)
        return (down + right).flatten(4).flatten(2, 3)

    def forward(self, x):
        height, width = x.shape[2:]
        query, key, value = (
            part.flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)
            for part in self.qkv(x).split([self.keys, self.keys, self.values], 1)
        )
        logits = query @ key.transpose(2, 3)
        if self.rows is not None:
            logits = logits + self.positions(query, height, width)
        shares = (logits / math.sqrt(query.shape[-1])).softmax(3)
        attended = (shares @ value).transpose(2, 3).flatten(1, 2).unflatten(2, (height, width))
        attended = self.out(attended)
        return attended if self.conv is None else torch.cat([self.conv(x), attended], 1)
