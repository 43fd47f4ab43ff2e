class Layers(nn.Module):
    """Layers one after the other, under names of their own; a dot in a name stands for one level more."""

    def __init__(self, named):
        super().__init__()
        self.sequence = []
        for path, layer in named.items():
            *outer, name = path.split(".")
            holder = self
            for each in outer:
                holder = holder._modules.setdefault(each, nn.Module())
            # Not by attribute: a layer may be called as a method of Module is.
            holder._modules[name] = layer
            self.sequence.append(layer)

    def forward(self, x):
        for layer in self.sequence:
            x = layer(x)
        return x


class Branches(nn.Module):
    """Branches side by side, each of them over all of x or over its share of the channels, and what joins them."""

    def __init__(self, *branches, split=False, join="concat", select=None):
        super().__init__()
        self.branches = nn.ModuleList(branches)
        self.split, self.join, self.select = split, join, select

    def forward(self, x):
        count = len(self.branches)
        parts = x.chunk(count, 1) if self.split else [x] * count
        results = [branch(part) for branch, part in zip(self.branches, parts)]
        if count == 1:
            return results[0]
        if self.join == "concat":
            return torch.cat(results, 1)
        if self.select is not None:
            return self.select(torch.cat(results, 1))
        total = sum(results[1:], results[0])
        return total / count if self.join == "mean" else total


class Norm(nn.Module):
    def __init__(self, channels, style):
        super().__init__()
        self.norm = norm_of(channels, style)

    def forward(self, x):
        return self.norm(x)


class Gate(nn.Module):
    """The gate of a block at a layer of its own; without one the layer does nothing."""

    def __init__(self, gate, style):
        super().__init__()
        self.attention = None if gate is None else gate_of(gate, style)

    def forward(self, x):
        return x if self.attention is None else self.attention(x)


class Frame(nn.Module):
    """Zeros above, left, below and right; of less than nothing, so many pixels are cut off."""

    def __init__(self, above, left, below, right):
        super().__init__()
        self.around = (left, right, above, below)

    def forward(self, x):
        return F.pad(x, self.around)


class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return x * self.factor


class DefinedBlock(Block):
    """A block of the spec's own: y = after(layers(x) + shortcut(x)); without a shortcut y = after(layers(x))."""

    def __init__(self, style, layers, shortcut, after, *, gate=None, position="standard", drop_path=0.0):
        super().__init__(style, gate, position, shortcut is not None, drop_path)
        self.layers, self.shortcut, self.after = layers, shortcut, after

    def forward(self, x):
        y = self.sum(self.layers(self.gated("pre", x)), self.around(x))
        return self.gated("post", self.after(y))

    def around(self, x):
        if self.shortcut is None:
            return None
        return self.gated("identity", self.shortcut(self.gated("identity-input", x)))
