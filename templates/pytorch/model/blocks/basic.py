class Basic(Residual):
    """Two convolutions, the first with the stride: ResNet (CVPR 2016), figure 5, left."""

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        stride=1,
        shortcut="conv",
        preactivation=False,
        gate=None,
        position="standard",
        residual=True,
        drop_path=0.0,
    ):
        convs = {
            "first": dict(inputs=inputs, outputs=outputs, kernel=kernel, stride=stride),
            "second": dict(inputs=outputs, outputs=outputs, kernel=kernel),
        }
        super().__init__(
            convs,
            inputs,
            outputs,
            style,
            stride=stride,
            shortcut=shortcut,
            preactivation=preactivation,
            gate=gate,
            position=position,
            residual=residual,
            drop_path=drop_path,
        )
