class DepthwiseSeparable(Block):
    """x -> depthwise -> gate -> pointwise [-> + x]: MobileNetV1 (2017), section 3.1; EfficientNet's first stage."""

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        stride=1,
        pointwise_act=False,
        gate=None,
        position="spatial",
        residual=False,
        drop_path=0.0,
    ):
        super().__init__(style, gate, position, residual, drop_path)
        self.depthwise = ConvNormAct(inputs, inputs, kernel, style, stride=stride, groups=inputs)
        self.project = ConvNormAct(inputs, outputs, 1, style, act=pointwise_act, last=residual)

    def forward(self, x):
        y = self.depthwise(self.gated("pre", x))
        y = self.project(self.gated("spatial", y))
        return self.gated("post", self.sum(y, self.identity(x)))
