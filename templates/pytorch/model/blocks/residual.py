class NormActConv(nn.Module):
    """Normalisation, activation, convolution (He et al., Identity Mappings, ECCV 2016, figure 1 b)."""

    def __init__(self, inputs, outputs, kernel, style, **conv):
        super().__init__()
        self.norm = norm_of(inputs, style)
        self.act = activation(style.act)
        self.conv = Conv2d(inputs, outputs, kernel, style, **conv)


class Projection(nn.Module):
    """A shortcut of another shape than the block's input: a 1x1 convolution with the block's stride ("conv"), one after
    average pooling ("average-pool"), or every stride-th pixel and zeros for the channels that are missing ("zero-pad").
    """

    def __init__(self, inputs, outputs, style, *, stride, kind, norm):
        super().__init__()
        self.missing = outputs - inputs if kind == "zero-pad" else 0
        self.pool = None
        if stride != 1 and kind == "average-pool":
            self.pool = AvgPool2d(stride, stride=stride, padding="ceil")
        if stride != 1 and kind == "zero-pad":
            self.pool = MaxPool2d(1, stride=stride, padding="ceil")
        self.conv = self.norm = None
        if kind != "zero-pad":
            self.conv = Conv2d(inputs, outputs, 1, style, stride=stride if kind == "conv" else 1)
            self.norm = norm_of(outputs, style) if norm else None

    def forward(self, x):
        if self.pool is not None:
            x = self.pool(x)
        if self.missing > 0:
            x = F.pad(x, (0, 0, 0, 0, 0, self.missing))
        if self.conv is not None:
            x = self.conv(x)
        return x if self.norm is None else self.norm(x)


class Residual(Block):
    """A branch of convolutions with a shortcut around them (ResNet, CVPR 2016, section 3.2).

    y = act(branch(x) + shortcut(x)), branch: conv, norm, act, ..., conv, norm. With preactivation y = branch(x) +
    shortcut(x), branch: norm, act, conv, ..., and a shortcut that projects starts behind the first activation.
    """

    # The layer that a gate at "spatial" comes after.
    gated_layer = None

    def __init__(
        self, convs, inputs, outputs, style, *, stride, shortcut, preactivation, gate, position, residual, drop_path
    ):
        super().__init__(style, gate, position, residual, drop_path)
        self.preactivation = preactivation
        self.layers = tuple(convs)
        for i, (name, conv) in enumerate(convs.items()):
            last = i == len(convs) - 1
            layer = (
                NormActConv(**conv, style=style)
                if preactivation
                else ConvNormAct(**conv, style=style, act=not last, last=last)
            )
            self.add_module(name, layer)
        self.act = None if preactivation else activation(style.act)
        self.shortcut = None
        if residual and (stride != 1 or inputs != outputs):
            self.shortcut = Projection(
                inputs, outputs, style, stride=stride, kind=shortcut, norm=not preactivation
            )

    def forward(self, x):
        y, start = self.gated("pre", x), x
        for i, name in enumerate(self.layers):
            layer = getattr(self, name)
            if self.preactivation:
                y = layer.act(layer.norm(y))
                if i == 0 and self.shortcut is not None:
                    start = y
                y = layer.conv(y)
            else:
                y = layer(y)
            if name == self.gated_layer:
                y = self.gated("spatial", y)
        y = self.sum(y, self.around(start))
        return self.gated("post", y if self.act is None else self.act(y))

    def around(self, x):
        if not self.residual:
            return None
        x = self.gated("identity-input", x)
        return self.gated("identity", x if self.shortcut is None else self.shortcut(x))
