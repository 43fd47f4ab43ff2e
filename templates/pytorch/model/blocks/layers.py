class Layers(nn.Module):
    """Layers one after the other, under names of their own; a dot in a name stands for one level more."""

    def __init__(self, named):
        super().__init__()
        self.sequence = []
        for path, layer in named.items():
            *outer, name = path.split(".")
            holder = self
            for each in outer:
                holder = holder._modules.setdefault(each, nn.Module())
            # Not by attribute: a layer may be called as a method of Module is.
            holder._modules[name] = layer
            self.sequence.append(layer)

    def forward(self, x, values):
        for layer in self.sequence:
            x = layer(x, values) if isinstance(layer, Valued) else layer(x)
        return x


class Valued(nn.Module):
    """A layer that looks at the values that layers of its block have named so far."""


class Keep(Valued):
    """Gives x a name."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, x, values):
        values[self.name] = x
        return x


class Read(Valued):
    """Named values, joined."""

    def __init__(self, *names, join="concat"):
        super().__init__()
        self.names, self.join = names, join
        self.weights = nn.Parameter(torch.ones(len(names))) if join == "weighted" else None

    def forward(self, x, values):
        return joined([values[name] for name in self.names], self.join, self.weights)


class Branches(Valued):
    """Branches side by side, each of them over all of x or over its share of the channels, and what joins them."""

    def __init__(self, *branches, split=False, join="concat", select=None):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.split, self.join, self.select = split, join, select
        self.weights = nn.Parameter(torch.ones(len(branches))) if join == "weighted" else None

    def forward(self, x, values):
        count = len(self.branches)
        parts = x.chunk(count, 1) if self.split else [x] * count
        results = [branch(part, values) for branch, part in zip(self.branches, parts)]
        if self.select is not None:
            return self.select(torch.cat(results, 1))
        return joined(results, self.join, self.weights)


class ConvTransposeNormAct(nn.Module):
    """Transposed convolution, normalisation, activation. `act`: True for the style's, False for none, or a name."""

    def __init__(self, inputs, outputs, kernel, style, *, norm=True, act=True, bias=False, **conv):
        super().__init__()
        self.conv = nn.ConvTranspose2d(inputs, outputs, pair(kernel), bias=bias, **conv)
        start_layer(self.conv, style.start)
        self.norm = norm_of(outputs, style) if norm else None
        self.act = activation(style.act if act is True else act) if act else None

    def forward(self, x):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return x if self.act is None else self.act(x)


class Norm(nn.Module):
    def __init__(self, channels, style, *, epsilon=None):
        super().__init__()
        self.norm = norm_of(channels, style if epsilon is None else replace(style, epsilon=epsilon))

    def forward(self, x):
        return self.norm(x)


class ChannelNorm(nn.Module):
    """Layer normalisation over the channels of each pixel."""

    def __init__(self, channels, epsilon):
        super().__init__()
        self.norm = nn.LayerNorm(channels, eps=epsilon)

    def forward(self, x):
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


class GroupNorm(nn.Module):
    """Normalisation over the map and each group of channels, with a scale and shift of each channel (Wu and He, ECCV 2018)."""

    def __init__(self, channels, groups, epsilon):
        super().__init__()
        self.groups, self.epsilon = groups, epsilon
        self.norm = nn.Module()
        self.norm.weight = nn.Parameter(torch.ones(channels, {{ones}}))
        self.norm.bias = nn.Parameter(torch.zeros(channels, {{ones}}))

    def forward(self, x):
        return F.group_norm(x, self.groups, eps=self.epsilon) * self.norm.weight + self.norm.bias


class PReLU(nn.Module):
    """x, or the channel's slope times x where x is below 0."""

    def __init__(self, channels):
        super().__init__()
        self.slope = nn.Parameter(torch.full((channels, {{ones}}), 0.25))

    def forward(self, x):
        return torch.where(x < 0, x * self.slope, x)


class Gate(nn.Module):
    """The gates of a block at a layer of their own; without any the layer does nothing."""

    def __init__(self, gate, style):
        super().__init__()
        self.attention = gates_of(gate, style)

    def forward(self, x):
        if isinstance(self.attention, nn.ModuleDict):
            for gate in self.attention.values():
                x = behind(gate, x)
            return x
        return x if self.attention is None else behind(self.attention, x)


class Frame(nn.Module):
    """Zeros, or the mirrored edge, before and then after each axis; of less than nothing, so many places are cut off."""

    def __init__(self, *pads, reflect=False):
        super().__init__()
        axes = len(pads) // 2
        self.around = tuple(pad for axis in reversed(range(axes)) for pad in (pads[axis], pads[axis + axes]))
        self.mode = "reflect" if reflect else "constant"

    def forward(self, x):
        return F.pad(x, self.around, mode=self.mode)


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class TrainedScale(nn.Module):
    """x times a trained factor, of each channel or of the whole map."""

    def __init__(self, factor, *, channels=None):
        super().__init__()
        size = (1,) if channels is None else (channels, {{ones}})
        self.factor = nn.Parameter(torch.full(size, float(factor)))

    def forward(self, x):
        return x * self.factor


class Upsample(Valued):
    """A larger map: `factor` times as large, or as large as the value `to`."""

    def __init__(self, *, factor=None, to=None, mode="nearest"):
        super().__init__()
        self.factor, self.to, self.mode = factor, to, "{{linear}}" if mode == "bilinear" else mode

    def forward(self, x, values):
        corners = {} if self.mode == "nearest" else {"align_corners": False}
        if self.to is not None:
            return F.interpolate(x, size=values[self.to].shape[2:], mode=self.mode, **corners)
        factors = tuple(float(factor) for factor in pair(self.factor))
        return F.interpolate(x, scale_factor=factors, mode=self.mode, **corners)


class Slice(nn.Module):
    """Channels from `start` up to `end`."""

    def __init__(self, start, end):
        super().__init__()
        self.start, self.end = start, end

    def forward(self, x):
        return x[:, self.start : self.end]


class Shuffle(nn.Module):
    """The channels of the groups in turns (ShuffleNet, CVPR 2018)."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x):
        return x.unflatten(1, (self.groups, -1)).transpose(1, 2).flatten(1, 2)


class GlobalPool(nn.Module):
    """Maximum or mean of the whole map: a map of one pixel."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind

    def forward(self, x):
        places = tuple(range(2, x.ndim))
        return x.amax(places, keepdim=True) if self.kind == "max" else x.mean(places, keepdim=True)


class Statistic(Valued):
    """Mean or standard deviation of each channel, over places that count as much as the value `weights` says. `epsilon`: the
    least variance of a deviation.
    """

    def __init__(self, kind, *, weights=None, epsilon=None):
        super().__init__()
        self.kind, self.weights, self.epsilon = kind, weights, epsilon

    def forward(self, x, values):
        shares = None if self.weights is None else values[self.weights]
        mean = self.mean(x, shares)
        if self.kind == "average":
            return mean
        return self.mean((x - mean) ** 2, shares).clamp(min=self.epsilon).sqrt()

    def mean(self, x, shares):
        places = tuple(range(2, x.ndim))
        return x.mean(places, keepdim=True) if shares is None else (shares * x).sum(places, keepdim=True)


class Attend(Valued):
    """Attention of queries x over the pixels of the values `keys` and `values`: V softmax(K^T Q / sqrt(d)) of each head.

    With `epsilon` linear: V relu(K)^T relu(Q) over the sum of the shares plus `epsilon` (EfficientViT, ICCV 2023, eq. 2).
    """

    def __init__(self, keys, values, *, heads=1, epsilon=None):
        super().__init__()
        self.keys, self.values, self.heads, self.epsilon = keys, values, heads, epsilon

    def forward(self, x, values):
        matrices = (each.flatten(2).unflatten(1, (self.heads, -1)) for each in (x, values[self.keys], values[self.values]))
        q, k, v = matrices
        if self.epsilon is None:
            y = v @ (k.transpose(2, 3) @ (q / math.sqrt(q.shape[2]))).softmax(2)
        else:
            q, k = q.relu(), k.relu().transpose(2, 3)
            y = (v @ k) @ q / (k.sum(2, keepdim=True) @ q + self.epsilon)
        return y.flatten(1, 2).unflatten(2, x.shape[2:])


class Softmax(nn.Module):
    """Shares that add up to 1, over the pixels of each channel or over the channels of each pixel."""

    def __init__(self, over):
        super().__init__()
        self.over = over

    def forward(self, x):
        return x.softmax(1) if self.over == "channels" else x.flatten(2).softmax(2).view_as(x)


class BlurPool(nn.Module):
    """The map blurred by a binomial filter with its edge mirrored, of which every pixel `stride` apart stays (Zhang, ICML 2019)."""

    def __init__(self, kernel, *, stride=2):
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x):
        each = (self.stride + self.kernel - 2) // 2
        x = F.pad(x, (each, each) * (x.ndim - 2), mode="reflect")
        for _ in range(self.kernel - 2):
            x = F.avg_pool{{d}}(x, 2, 1)
        return F.avg_pool{{d}}(x, 2, self.stride)


class SpaceToDepth(nn.Module):
    """Blocks of `size` x `size` pixels become channels. `order`: whose channels lie together, a pixel's or a channel's."""

    def __init__(self, size, *, order="pixel"):
        super().__init__()
        self.size, self.order = size, order

    def forward(self, x):
        if self.order == "channel":
            return F.pixel_unshuffle(x, self.size)
        blocks = x.unflatten(2, (-1, self.size)).unflatten(4, (-1, self.size))
        return blocks.permute(0, 3, 5, 1, 2, 4).flatten(1, 3)


class DepthToSpace(nn.Module):
    """Channels become blocks of `size` x `size` pixels; the opposite of SpaceToDepth."""

    def __init__(self, size, *, order="pixel"):
        super().__init__()
        self.size, self.order = size, order

    def forward(self, x):
        if self.order == "channel":
            return F.pixel_shuffle(x, self.size)
        blocks = x.unflatten(1, (self.size, self.size, -1))
        return blocks.permute(0, 3, 4, 1, 5, 2).flatten(4, 5).flatten(2, 3)


class DefinedBlock(Block):
    """A block of the spec's own: y = after(layers(x) + shortcut(x)); without a shortcut y = after(layers(x))."""

    def __init__(self, style, layers, shortcut, after, *, gate=None, position="standard", drop_path=0.0):
        super().__init__(style, gate, position, shortcut is not None, drop_path)
        self.layers, self.shortcut, self.after = layers, shortcut, after

    def forward(self, x):
        entering = self.gated("pre", x)
        values = {"input": entering}
        branch = self.layers(entering, values)
        y = self.sum(branch, self.around(x, values))
        return self.gated("post", self.after(y, values))

    def around(self, x, values):
        if self.shortcut is None:
            return None
        return self.gated("identity", self.shortcut(self.gated("identity-input", x), values))
