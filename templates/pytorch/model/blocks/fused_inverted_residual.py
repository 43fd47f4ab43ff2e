class FusedInvertedResidual(Block):
    """x -> expand -> gate -> project [-> + x]: EfficientNetV2 (ICML 2021), section 3.2, Fused-MBConv."""

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        expanded,
        stride=1,
        gate=None,
        position="spatial",
        residual=False,
        drop_path=0.0,
    ):
        super().__init__(style, gate, position, residual, drop_path)
        self.expand = ConvNormAct(inputs, expanded, kernel, style, stride=stride)
        self.project = ConvNormAct(expanded, outputs, 1, style, act=False, last=residual)

    def forward(self, x):
        y = self.gated("spatial", self.expand(self.gated("pre", x)))
        return self.gated("post", self.sum(self.project(y), self.identity(x)))
