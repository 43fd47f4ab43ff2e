class ConvBlock(Block):
    """x -> convolution, normalisation, activation [-> + x]"""

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        stride=1,
        groups=1,
        gate=None,
        position="standard",
        residual=False,
        drop_path=0.0,
    ):
        super().__init__(style, gate, position, residual, drop_path)
        layer = ConvNormAct(inputs, outputs, kernel, style, stride=stride, groups=groups, last=residual)
        self.conv, self.norm, self.act = layer.conv, layer.norm, layer.act

    def forward(self, x):
        y = self.act(self.norm(self.conv(self.gated("pre", x))))
        return self.gated("post", self.sum(y, self.identity(x)))
