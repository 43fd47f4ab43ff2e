class InvertedResidual(Block):
    """x -> expand -> depthwise -> gate -> project [-> + x]: MobileNetV2 (CVPR 2018), section 3.4; with a gate
    EfficientNet's MBConv (ICML 2019), section 4. `expanded`: channels after the expansion, or None for none.
    """

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        stride=1,
        expanded=None,
        gate=None,
        position="spatial",
        residual=False,
        drop_path=0.0,
    ):
        super().__init__(style, gate, position, residual, drop_path)
        self.expand = None if expanded is None else ConvNormAct(inputs, expanded, 1, style)
        width = inputs if expanded is None else expanded
        self.depthwise = ConvNormAct(width, width, kernel, style, stride=stride, groups=width)
        self.project = ConvNormAct(width, outputs, 1, style, act=False, last=residual)

    def forward(self, x):
        y = self.gated("pre", x)
        if self.expand is not None:
            y = self.expand(y)
        y = self.gated("spatial", self.depthwise(y))
        return self.gated("post", self.sum(self.project(y), self.identity(x)))
