def squeezed_row(x, squeeze):
    """What stands for a channel of x: its average, its maximum, or the sum of them."""
    if squeeze == "sum":
        return channel_means(x) + channel_maxima(x)
    return channel_maxima(x) if squeeze == "max" else channel_means(x)


def row_gate(gate):
    """The function of a gate [N, C, 1, 1]: an activation, or the softmax over the channels."""
    return nn.Softmax(1) if gate == "softmax" else activation(gate)
