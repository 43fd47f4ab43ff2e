class OwnNorms(nn.Module):
    """A batch normalisation of which every map has its own; `level` says whose is meant."""

    def __init__(self, norm, levels):
        super().__init__()
        for level in levels:
            self._modules[level] = nn.BatchNorm{{d}}(norm.num_features, eps=norm.eps, momentum=norm.momentum)
            self._modules[level].load_state_dict(norm.state_dict())
        self.level = levels[0]

    def forward(self, x):
        return self._modules[self.level](x)


def own_norms(layers, levels):
    """Gives every map its own batch normalisations in these layers, and lists them."""
    norms = []
    for module in list(layers.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm{{d}}):
                module._modules[name] = OwnNorms(child, levels)
                norms.append(module._modules[name])
    return norms


def rows_of(x, values, order="pixels"):
    """A map of A * values channels as rows [N, places * A, values]: pixel by pixel, or anchor by anchor."""
    count = x.shape[0]
    if order == "pixels":
        return x.movedim(1, -1).reshape(count, -1, values)
    return x.reshape(count, x.shape[1] // values, values, -1).transpose(2, 3).reshape(count, -1, values)


class Neck(nn.Module):
    """Layers over maps of several stages."""

    def __init__(self, style):
        super().__init__()
        self.layers = LAYERS["neck"](style=style)

    def forward(self, maps):
        """The maps by name, with those that the layers name."""
        values = dict(maps)
        self.layers(values.get("input", next(iter(values.values()))), values)
        return values


class LevelLayers(nn.Module):
    """The layers of one map."""

    def __init__(self, layers):
        super().__init__()
        self.layers = layers

    def forward(self, x):
        return self.layers(x, {"input": x})


class MapHead(nn.Module):
    """Layers that are applied to several maps, with one set of weights for all of them or one for each.

    `share`: "all"; "all-but-norms", where every map has batch normalisations of its own; "none".
    """

    def __init__(self, name, style, *, levels, share="all", arguments=({},)):
        super().__init__()
        sets = [LAYERS["heads." + name](style=style, **each) for each in arguments]
        self.levels, self.is_shared = levels, share != "none"
        if self.is_shared:
            self.layers = sets[0]
        else:
            for level, layers in zip(levels, sets):
                self._modules[level] = LevelLayers(layers)
        self.norms = own_norms(self.layers, levels) if share == "all-but-norms" else []

    def applied(self, level, x):
        if not self.is_shared:
            return self._modules[level](x)
        for norm in self.norms:
            norm.level = level
        return self.layers(x, {"input": x})

    def forward(self, maps):
        return [self.applied(level, x) for level, x in zip(self.levels, maps)]


def outputs_of(name, row, results):
    """The outputs of a head, by name."""
    output = row.get("output", "maps")
    if output == "none":
        return {}
    if output == "maps":
        return {f"{name}_{level}": each for level, each in zip(row["levels"], results)}
    return {name: torch.cat([rows_of(each, **output) for each in results], 1)}


class {{heads}}(Backbone):
    """{{input}} -> the maps of a backbone -> neck -> heads. What comes of it is a dict of all outputs by name."""

    def __init__(self):
        super().__init__()
        style = Style(**STYLE)
        self.neck = None
        if NECK is not None:
            self.neck = Neck(replace(style, **NECK.get("style", {})))
        self.heads = nn.Module()
        for name, row in HEADS.items():
            words = {word: row[word] for word in ("levels", "share", "arguments") if word in row}
            self.heads._modules[name] = MapHead(name, replace(style, **row.get("style", {})), **words)

    def read(self):
        places = list(NECK["maps"].values()) if NECK is not None else []
        for row in HEADS.values():
            places += [] if isinstance(row["reads"], str) else row["reads"]
        return super().read() | {place_of(word) for word in places}

    def maps(self, x):
        last, found = super().maps(x)
        if self.neck is not None:
            values = self.neck({name: found[place_of(word)] for name, word in NECK["maps"].items()})
            found.update({("neck", name): each for name, each in values.items()})
        return last, found

    def said(self, x):
        """The outputs by name, what each head made of its maps, and the maps by their places."""
        last, found = self.maps(x)
        outputs = {} if self.head is None else {"logits": self.head(last)}
        outputs.update({name: found[place] for name, place in FEATURES.items()})
        results = {}
        for name, row in HEADS.items():
            words = row["reads"]
            maps = results[words] if isinstance(words, str) else [found[place_of(word)] for word in words]
            results[name] = self.heads._modules[name](maps)
            outputs.update(outputs_of(name, row, results[name]))
        return outputs, results, found

    def forward(self, x):
        return self.said(x)[0]
