def gate_of(gate, style):
    """The module of a gate: `type` says which, the other words are its arguments."""
    arguments = {key: value for key, value in gate.items() if key != "type"}
    return GATES[gate["type"]](start=style.start, **arguments)


def linear(inputs, outputs, start, *, bias=True, groups=1):
    """A fully connected layer at every place of a map."""
    return start_layer(nn.Conv2d(inputs, outputs, 1, groups=groups, bias=bias), start)


def channel_maxima(x):
    return x.amax((2, 3), keepdim=True)


def along_channels(conv, y):
    """A 1-d convolution along the channels of y [N, C, 1, 1], which gives as many."""
    return conv(y.flatten(1).unsqueeze(1)).transpose(1, 2).unsqueeze(-1)


def conv_along_channels(inputs, outputs, kernel, *, bias, padding="zeros"):
    conv = nn.Conv1d(inputs, outputs, kernel, padding=(kernel - 1) // 2, bias=bias, padding_mode=padding)
    for parameter in conv.parameters():
        start_uniform(parameter, inputs * kernel)
    return conv
