class Basic(Residual):
    """Two convolutions, the first with the stride: ResNet (CVPR 2016), figure 5, left. `branch_act`: whether an activation
    follows the branch's last normalisation too.
    """

    def __init__(
        self,
        inputs,
        outputs,
        kernel,
        style,
        *,
        stride=1,
        shortcut="conv",
        shortcut_kernel=1,
        preactivation=False,
        branch_act=False,
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
            shortcut_kernel=shortcut_kernel,
            preactivation=preactivation,
            branch_act=branch_act,
            gate=gate,
            position=position,
            residual=residual,
            drop_path=drop_path,
        )
