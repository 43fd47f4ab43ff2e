class Gather(nn.Module):
    """Depthwise convolutions with normalisation: one as large as the map, or 3x3 ones that halve it."""

    def __init__(self, channels, extent, kernel, count, start, act, epsilon):
        super().__init__()
        self.count = count
        stride, padding = (1, 0) if extent == 0 else (2, 1)
        for i in range(1, count + 1):
            conv = nn.Conv2d(channels, channels, kernel, stride, padding, groups=channels, bias=False)
            self.add_module(f"conv{i}", start_layer(conv, start))
            self.add_module(f"norm{i}", nn.BatchNorm2d(channels, eps=epsilon))
        self.act = activation(act)

    def forward(self, x):
        for i in range(1, self.count + 1):
            if i > 1:
                x = self.act(x)
            x = getattr(self, f"norm{i}")(getattr(self, f"conv{i}")(x))
        return x


class GatherExcite(nn.Module):
    """x * gate(excite(gather(x))), enlarged to the map of x: Gather-Excite (NeurIPS 2018), section 3.

    `extent`: how far apart the windows of the gather are, 0 for all of the map. `gather`: convolutions that gather in
    place of averages, as their kernel and how many. `squeezed`: channels between the two layers that excite, or None.
    """

    def __init__(
        self, channels, start, *, squeezed=None, extent=0, gather=None, act="relu", gate="sigmoid", epsilon=1e-5
    ):
        super().__init__()
        self.extent = extent
        self.gather = None if gather is None else Gather(channels, extent, *gather, start, act, epsilon)
        self.reduce = None if squeezed is None else linear(channels, squeezed, start)
        self.act = activation(act)
        self.expand = None if squeezed is None else linear(squeezed, channels, start)
        self.gate = activation(gate)

    def gathered(self, x):
        if self.gather is not None:
            return self.gather(x)
        if self.extent == 0:
            return channel_means(x)
        kernel, around = 2 * self.extent - 1, self.extent - 1
        return F.avg_pool2d(x, kernel, self.extent, around, count_include_pad=False)

    def forward(self, x):
        s = self.gathered(x)
        if self.reduce is not None:
            s = self.expand(self.act(self.reduce(s)))
        s = self.gate(s)
        # The nearest of the gathered places, by integers: torch's own "nearest" rounds.
        rows, columns = (
            torch.arange(size, device=x.device) * few // size for size, few in zip(x.shape[2:], s.shape[2:])
        )
        return x * s[:, :, rows][:, :, :, columns]
