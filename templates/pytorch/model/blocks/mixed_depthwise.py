class MixedDepthwise(nn.Module):
    """Depthwise convolution with kernels of several sizes: MixConv (BMVC 2019), section 3.1.

    Each kernel sees its part of the channels. The parts are equal; the first takes what is left over.
    """

    def __init__(self, channels, kernels, style, *, stride):
        super().__init__()
        equal = channels // len(kernels)
        self.parts = [channels - equal * (len(kernels) - 1)] + [equal] * (len(kernels) - 1)
        for i, (part, kernel) in enumerate(zip(self.parts, kernels)):
            layer = ConvNormAct(part, part, kernel, style, stride=stride, groups=part, norm=False, act=False)
            self.add_module(str(i), layer)
        self.norm = norm_of(channels, style)
        self.act = activation(style.act)

    def forward(self, x):
        parts = [getattr(self, str(i))(part) for i, part in enumerate(x.split(self.parts, 1))]
        return self.act(self.norm(torch.cat(parts, 1)))
