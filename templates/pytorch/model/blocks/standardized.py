class StandardizedConv{{d}}(Conv{{d}}):
    """A convolution whose weights have a mean of 0 and a variance of 1 in each output channel (Qiao et al., 2019).

    They are multiplied by `factor`, and by trained gains, which start with `gain`, where there is one. `scaled`: they are divided by
    the root of how many there are in a channel (Brock et al., ICML 2021).
    """

    def __init__(self, inputs, outputs, kernel, style, *, epsilon, factor=1.0, scaled=False, gain=None, **conv):
        super().__init__(inputs, outputs, kernel, style, **conv)
        self.epsilon = epsilon
        self.factor = factor / math.sqrt(self.weight[0].numel()) if scaled else factor
        self.gain = None if gain is None else nn.Parameter(torch.full((outputs, {{ones}}, 1), float(gain)))

    def standardized(self):
        variance, mean = torch.var_mean(self.weight, tuple(range(1, self.weight.ndim)), unbiased=False, keepdim=True)
        weight = self.factor * (self.weight - mean) / torch.sqrt(variance + self.epsilon)
        return weight if self.gain is None else self.gain * weight

    def _conv_forward(self, x, weight, bias):
        return super()._conv_forward(x, self.standardized(), bias)


class StandardizedConvNormAct(ConvNormAct):
    """Convolution of standardised weights, normalisation, activation."""

    convolution = StandardizedConv{{d}}
