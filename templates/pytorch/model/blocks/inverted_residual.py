class InvertedResidual(Block):
    """x -> expand -> depthwise -> gate -> project [-> + x]: MobileNetV2 (CVPR 2018), section 3.4; with a gate
    EfficientNet's MBConv (ICML 2019), section 4. `expanded`: channels after the expansion, or None for none.
    `kernels`: sides of several depthwise kernels, each for a part of the channels (MixConv, BMVC 2019).
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
        kernels=None,
        expand_groups=1,
        project_groups=1,
        gate=None,
        position="spatial",
        residual=False,
        drop_path=0.0,
    ):
        super().__init__(style, gate, position, residual, drop_path)
        self.expand = None if expanded is None else ConvNormAct(inputs, expanded, 1, style, groups=expand_groups)
        width = inputs if expanded is None else expanded
        if kernels is None:
            self.depthwise = ConvNormAct(width, width, kernel, style, stride=stride, groups=width)
        else:
            self.depthwise = MixedDepthwise(width, kernels, style, stride=stride)
        self.project = ConvNormAct(
            width, outputs, 1, style, groups=project_groups, act=False, last=residual
        )

    def forward(self, x):
        y = self.gated("pre", x)
        if self.expand is not None:
            y = self.expand(y)
        y = self.gated("spatial", self.depthwise(y))
        return self.gated("post", self.sum(self.project(y), self.identity(x)))
