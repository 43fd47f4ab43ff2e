class Stem(nn.Module):
    """Convolutions, the first of them with the stride, and a pooling."""

    def __init__(self, inputs, outputs, kernel, style, *, stride=1, deep=(), normalized=True, pool=None):
        super().__init__()
        layers = []
        for channels in deep:
            layers.append(ConvNormAct(inputs, channels, kernel, style, stride=stride))
            inputs, stride = channels, 1
        self.deep = nn.ModuleList(layers)
        layer = ConvNormAct(inputs, outputs, kernel, style, stride=stride, norm=normalized, act=normalized)
        self.conv, self.norm, self.act = layer.conv, layer.norm, layer.act
        self.pool = None if pool is None else self.pool_of(outputs, style, **pool)

    @staticmethod
    def pool_of(channels, style, type, **window):
        if type == "max":
            return MaxPool{{d}}(**window)
        return ConvNormAct(channels, channels, style=style, **window)

    def forward(self, x):
        """The map after the convolutions, and that after the pooling."""
        for layer in self.deep:
            x = layer(x)
        x = self.conv(x)
        if self.norm is not None:
            x = self.act(self.norm(x))
        return x, x if self.pool is None else self.pool(x)


class Stage(nn.Module):
    """Blocks one after the other. `reads`: the earlier maps that the first begins with, unless it goes on with the last."""

    def __init__(self, rows, style):
        super().__init__()
        self.reads = rows[0].get("reads")
        self.blocks = nn.Sequential(*(block_of(row, style) for row in rows))
        if self.reads and self.reads["join"] == "weighted":
            self.blocks[0].add_module("from", JoinWeights(len(self.reads["maps"])))

    def entering(self, x, found):
        """What the first block begins with: x, or the maps that it reads."""
        if not self.reads:
            return x
        maps = [found[place_of(word)] for word in self.reads["maps"]]
        weights = self.blocks[0]._modules["from"].weights if self.reads["join"] == "weighted" else None
        return joined(maps, self.reads["join"], weights)


class Head(nn.Module):
    """[norm, act,] [1x1 conv, norm, act,] mean over the map, dropout, linear classifier.

    `pool_first`: mean, [1x1 conv, act,] dropout, classifier (MobileNetV3, ICCV 2019, section 5.1).
    """

    def __init__(
        self,
        inputs,
        classes,
        style,
        *,
        channels=None,
        dropout=0.0,
        pool_first=False,
        bias=False,
        preactivation=False,
    ):
        super().__init__()
        self.pool_first = pool_first
        self.norm = norm_of(inputs, style) if preactivation else None
        self.act = activation(style.act)
        self.features = self.conv = None
        if channels is not None:
            layer = ConvNormAct(inputs, channels, 1, style, norm=not pool_first, bias=bias and pool_first)
            if preactivation:
                self.features = layer
            else:
                self.conv, self.norm = layer.conv, layer.norm
        self.dropout = nn.Dropout(dropout)
        width = inputs if channels is None else channels
        self.classifier = nn.Linear(width, classes)
        start_uniform(self.classifier.weight, classes if style.start == "efficientnet" else width)
        if style.start == "efficientnet":
            nn.init.zeros_(self.classifier.bias)
        else:
            start_uniform(self.classifier.bias, width)

    def convolved(self, x):
        if self.features is not None:
            return self.features(x)
        if self.conv is None:
            return x
        x = self.conv(x)
        return self.act(x if self.norm is None else self.norm(x))

    def forward(self, x):
        if self.norm is not None and self.conv is None:
            x = self.act(self.norm(x))
        x = self.convolved(channel_means(x)) if self.pool_first else channel_means(self.convolved(x))
        return self.classifier(self.dropout(x.flatten(1)))


def block_of(row, style):
    """The block of a row of STAGES: `block` says which class, `style` what differs, the others are its arguments."""
    arguments = {key: value for key, value in row.items() if key not in ("block", "style", "reads")}
    return BLOCKS[row["block"]](style=replace(style, **row.get("style", {})), **arguments)


def place_of(word):
    """A map's place: a word for the input and the maps of the stem, or stage and block."""
    return word if isinstance(word, str) else tuple(word)


class {{name}}({{base}}):
    """{{input}} -> [stem ->] stages -> head -> logits [N, classes]; without a head the maps of FEATURES."""

    def __init__(self):
        super().__init__()
        style = Style(**STYLE)
        self.stem = None
        if STEM is not None:
            self.stem = Stem(**{**STEM, "style": replace(style, **STEM.get("style", {}))})
        self.stages = nn.ModuleList(Stage(rows, style) for rows in STAGES)
        self.head = None
        if HEAD is not None:
            self.head = Head(**{**HEAD, "style": replace(style, **HEAD.get("style", {}))}){{insert}}

    def read(self):
        """The places of the maps that are read by them."""
        words = [word for stage in self.stages if stage.reads for word in stage.reads["maps"]]
        return {*FEATURES.values(), *map(place_of, words)}

    def maps(self, x):
        """The last map, and those that are read by their places."""
        wanted = self.read()
        found = {"input": x}
        if self.stem is not None:
            convolved, x = self.stem(x)
            found.update({"stem-convolutions": convolved, "stem": x})
        for i, stage in enumerate(self.stages):
            x = stage.entering(x, found)
            for j, block in enumerate(stage.blocks):
                x = block(x)
                if (i, j) in wanted:
                    found[i, j] = x
        return x, found

    def features(self, x):
        found = self.maps(x)[1]
        return {name: found[place] for name, place in FEATURES.items()}

    def forward(self, x):
        return self.features(x) if self.head is None else self.head(self.maps(x)[0])


def parameter_count(model):
    """Trainable numbers; running statistics are not among them."""
    return sum(parameter.numel() for parameter in model.parameters())
