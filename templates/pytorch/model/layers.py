@dataclass(frozen=True)
class Style:
    """What the layers of a block have in common."""

    act: str
    padding: str
    start: str
    epsilon: float
    momentum: float


class HardSigmoidFifth(nn.Module):
    """A hard sigmoid of slope 1/5, where PyTorch's has 1/6: that of Keras 2 and PaddlePaddle."""

    def forward(self, x):
        return (0.2 * x + 0.5).clamp(0.0, 1.0)


def activation(name):
    return ACTIVATIONS[name]()


def start_layer(layer, start):
    """Draws the numbers that a convolution starts with, and gives the convolution.

    Weights: N(0, 2 / fan_out) (He et al., ICCV 2015, eq. 15, backward form). fan_out is that of one group for
    "efficientnet", of all groups together for "resnet". Biases: 0 for "efficientnet", U(+-1 / sqrt(fan_in)) for "resnet".
    """
    area = math.prod(layer.weight.shape[2:])
    groups = layer.groups if start == "efficientnet" else 1
    nn.init.normal_(layer.weight, 0.0, math.sqrt(2.0 * groups / (area * layer.weight.shape[0])))
    if layer.bias is not None:
        if start == "efficientnet":
            nn.init.zeros_(layer.bias)
        else:
            start_uniform(layer.bias, layer.weight[0].numel())
    return layer


def start_uniform(parameter, fan):
    """U(+-1 / sqrt(fan))"""
    nn.init.uniform_(parameter, -1.0 / math.sqrt(fan), 1.0 / math.sqrt(fan))


def pair(value):
    return ({{pair}}) if isinstance(value, int) else tuple(value)


def pads(padding, size, kernel, stride, dilation=1):
    """Places before and after one axis of a map.

    "symmetric": the same on both sides. "same": TensorFlow's, the output is ceil(size / stride) and the odd place comes
    after. "ceil": nothing before, and after as much as the last window that begins inside needs. "valid": none.
    """
    if isinstance(padding, int):
        return padding, padding
    if padding == "valid":
        return 0, 0
    reach = dilation * (kernel - 1) + 1
    if padding == "symmetric":
        each = (stride + reach - 2) // 2
        return each, each
    outputs = -(-size // stride)
    if padding == "ceil":
        outputs = min(outputs, -(-(size - reach) // stride) + 1)
    total = max(0, (outputs - 1) * stride + reach - size)
    return (total // 2, total - total // 2) if padding == "same" else (0, total)


def map_pads(padding, x, kernel, stride, dilation=pair(1)):
    """The places before and after each axis of a map, the last axis first, as torch.nn.functional.pad takes them."""
    around = ()
    for axis, size in enumerate(x.shape[2:]):
        each = padding if isinstance(padding, str) else padding[axis]
        around = (*pads(each, size, kernel[axis], stride[axis], dilation[axis]), *around)
    return around


def channel_means(x):
    return x.mean(tuple(range(2, x.ndim)), keepdim=True)


class JoinWeights(nn.Module):
    """The trained weights by which maps are summed."""

    def __init__(self, count):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(count))


def joined(maps, how, weights=None):
    """One map of several: one after the other, their sum, mean or product, or "weighted".

    That is their sum by trained weights: sum(max(w, 0) * x) / (sum(max(w, 0)) + 0.0001) (EfficientDet, CVPR 2020).
    """
    if how == "weighted":
        shares = weights.relu()
        shares = shares / (shares.sum() + 0.0001)
        return sum(each * share for each, share in zip(maps, shares))
    if how == "concat":
        return torch.cat(maps, 1) if len(maps) > 1 else maps[0]
    total = maps[0]
    for each in maps[1:]:
        total = total * each if how == "product" else total + each
    return total / len(maps) if how == "mean" else total


class Conv{{d}}(nn.Conv{{d}}):
    """A convolution that also knows TensorFlow's padding, which depends on the size of the map."""

    def __init__(self, inputs, outputs, kernel, style, *, stride=1, groups=1, dilation=1, padding=None, bias=False):
        kernel, stride, dilation = pair(kernel), pair(stride), pair(dilation)
        padding = style.padding if padding is None else padding
        self.flexible = padding == "same"
        fixed = padding
        if isinstance(padding, str):
            fixed = [0 if self.flexible else pads(padding, 0, *axis)[0] for axis in zip(kernel, stride, dilation)]
        super().__init__(inputs, outputs, kernel, stride, tuple(fixed), dilation, groups, bias)
        start_layer(self, style.start)

    def forward(self, x):
        if self.flexible:
            x = F.pad(x, map_pads("same", x, self.kernel_size, self.stride, self.dilation))
        return super().forward(x)


def norm_of(channels, style):
    return nn.BatchNorm{{d}}(channels, eps=style.epsilon, momentum=style.momentum)


class ConvNormAct(nn.Module):
    """Convolution, normalisation, activation. `act`: True for the style's, False for none, or a name.

    `last`: whether the normalisation ends a residual branch. With the start "resnet" its scale is 0 then, so that the
    network starts shallow (Goyal et al., 2017, section 5.1).
    """

    convolution = Conv{{d}}

    def __init__(self, inputs, outputs, kernel, style, *, norm=True, act=True, last=False, **conv):
        super().__init__()
        self.conv = self.convolution(inputs, outputs, kernel, style, **conv)
        self.norm = norm_of(outputs, style) if norm else None
        self.act = activation(style.act if act is True else act) if act else None
        if norm and last and style.start == "resnet":
            nn.init.zeros_(self.norm.weight)

    def forward(self, x):
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        return x if self.act is None else self.act(x)


class MaxPool{{d}}(nn.Module):
    def __init__(self, kernel, *, stride, padding):
        super().__init__()
        self.kernel, self.stride, self.padding = pair(kernel), pair(stride), padding

    def forward(self, x):
        x = F.pad(x, map_pads(self.padding, x, self.kernel, self.stride), value=-math.inf)
        return F.max_pool{{d}}(x, self.kernel, self.stride)


class AvgPool{{d}}(nn.Module):
    """Means of windows: over their pixels, or over all of their places, of which those outside of the map are zero."""

    def __init__(self, kernel, *, stride, padding, count_padding=False):
        super().__init__()
        self.kernel, self.stride, self.padding = pair(kernel), pair(stride), padding
        self.count_padding = count_padding

    def forward(self, x):
        around = map_pads(self.padding, x, self.kernel, self.stride)
        y = F.avg_pool{{d}}(F.pad(x, around), self.kernel, self.stride)
        if self.count_padding or not any(around):
            return y
        inside = F.pad(torch.ones_like(x[:1, :1]), around)
        return y / F.avg_pool{{d}}(inside, self.kernel, self.stride)


class DropPath(nn.Module):
    """Training: drops the whole branch of an image with probability `rate` (Huang et al., ECCV 2016)."""

    def __init__(self, rate):
        super().__init__()
        self.rate = rate

    def forward(self, x):
        if self.rate == 0.0 or not self.training:
            return x
        keep = 1.0 - self.rate
        return x * (x.new_empty(x.shape[0], {{ones}}, 1).bernoulli_(keep) / keep)

    def extra_repr(self):
        return f"rate={self.rate:.4g}"
