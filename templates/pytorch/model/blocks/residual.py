class NormActConv(nn.Module):
    """Normalisation, activation, convolution (He et al., Identity Mappings, ECCV 2016, figure 1 b)."""

    def __init__(self, inputs, outputs, kernel, style, **conv):
        super().__init__()
        self.norm = norm_of(inputs, style)
        self.act = activation(style.act)
        self.conv = Conv{{d}}(inputs, outputs, kernel, style, **conv)


class Projection(nn.Module):
    """A shortcut of another shape than the block's input.

    "conv": a convolution with the block's stride. "average-pool": average pooling, then a convolution.
    "conv-average-pool": a convolution, an activation, then average pooling. "zero-pad": every stride-th pixel, and zeros
    for the channels that are missing.
    """

    def __init__(self, inputs, outputs, kernel, style, *, stride, kind, norm):
        super().__init__()
        self.kind, self.missing = kind, outputs - inputs
        self.conv = self.norm = self.act = self.pool = None
        if kind != "zero-pad":
            self.conv = Conv{{d}}(inputs, outputs, kernel, style, stride=stride if kind == "conv" else 1)
            self.norm = norm_of(outputs, style) if norm else None
        if kind == "conv-average-pool":
            self.act = activation(style.act)
        if stride != 1 and kind == "zero-pad":
            self.pool = MaxPool{{d}}(1, stride=stride, padding="ceil")
        elif stride != 1 and kind != "conv":
            self.pool = AvgPool{{d}}(stride, stride=stride, padding="ceil")

    def forward(self, x):
        pools_last = self.kind == "conv-average-pool"
        if self.pool is not None and not pools_last:
            x = self.pool(x)
        if self.kind == "zero-pad":
            return F.pad(x, (0, 0) * (x.ndim - 2) + (0, self.missing))
        x = self.conv(x)
        if self.norm is not None:
            x = self.norm(x)
        if self.act is not None:
            x = self.act(x)
        return self.pool(x) if self.pool is not None and pools_last else x


class Residual(Block):
    """A branch of convolutions with a shortcut around them (ResNet, CVPR 2016, section 3.2).

    y = act(branch(x) + shortcut(x)), branch: conv, norm, act, ..., conv, norm. With preactivation y = branch(x) +
    shortcut(x), branch: norm, act, conv, ..., and a shortcut that projects starts behind the first activation.
    """

    # The layer that a gate at "spatial" comes after, and one at "convolution" takes the convolution's place of.
    gated_layer = None

    def __init__(
        self,
        convs,
        inputs,
        outputs,
        style,
        *,
        stride,
        shortcut,
        shortcut_kernel,
        preactivation,
        branch_act=False,
        gate,
        position,
        residual,
        drop_path,
    ):
        super().__init__(style, gate, position, residual, drop_path)
        self.preactivation = preactivation
        self.layers = tuple(convs)
        for i, (name, conv) in enumerate(convs.items()):
            last = i == len(convs) - 1
            layer = (
                NormActConv(**conv, style=style)
                if preactivation
                else ConvNormAct(**conv, style=style, act=not last or branch_act, last=last)
            )
            places = position if isinstance(position, list) else [position]
            if "convolution" in places and name == self.gated_layer:
                # The gate stands in place of the convolution.
                layer.conv = nn.Identity()
            self.add_module(name, layer)
        self.act = None if preactivation else activation(style.act)
        self.shortcut = None
        if residual and (stride != 1 or inputs != outputs):
            self.shortcut = Projection(
                inputs, outputs, shortcut_kernel, style, stride=stride, kind=shortcut, norm=not preactivation
            )

    def forward(self, x):
        y, start = self.gated("pre", x), x
        for i, name in enumerate(self.layers):
            layer, is_gated = getattr(self, name), name == self.gated_layer
            if self.preactivation:
                y = layer.act(layer.norm(y))
                if i == 0 and self.shortcut is not None:
                    start = y
            if is_gated:
                y = self.gated("convolution", y)
            y = layer.conv(y) if self.preactivation else layer(y)
            if is_gated:
                y = self.gated("spatial", y)
        y = self.sum(y, self.around(start))
        return self.gated("post", y if self.act is None else self.act(y))

    def around(self, x):
        if not self.residual:
            return None
        x = self.gated("identity-input", x)
        return self.gated("identity", x if self.shortcut is None else self.shortcut(x))
