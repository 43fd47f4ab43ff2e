class Bottleneck(Residual):
    """1x1 reduction, kernel x kernel, 1x1 expansion: ResNet (CVPR 2016), figure 5, right. `width`: channels of the
    spatial convolution, whose groups make it ResNeXt's; `reduced`: those before it, if others. `stride_at`: "spatial", or "reduce" as in the first ResNets.
    """

    gated_layer = "spatial"

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        width,
        reduced=None,
        groups=1,
        stride=1,
        stride_at="spatial",
        shortcut="conv",
        shortcut_kernel=1,
        preactivation=False,
        gate=None,
        position="standard",
        residual=True,
        drop_path=0.0,
    ):
        reduced = width if reduced is None else reduced
        strides = (stride, 1) if stride_at == "reduce" else (1, stride)
        convs = {
            "reduce": dict(inputs=inputs, outputs=reduced, kernel=1, stride=strides[0]),
            "spatial": dict(inputs=reduced, outputs=width, kernel=kernel, stride=strides[1], groups=groups),
            "expand": dict(inputs=width, outputs=outputs, kernel=1),
        }
        super().__init__(
            convs,
            inputs,
            outputs,
            style,
            stride=stride,
            shortcut=shortcut,
            shortcut_kernel=shortcut_kernel,
            preactivation=preactivation,
            gate=gate,
            position=position,
            residual=residual,
            drop_path=drop_path,
        )
