# A region of 224 pixels a side is cut out of the map of stride 16 (Feature Pyramid Networks, CVPR 2017, equation 1).
USUAL_SIDE, USUAL_STRIDE = 224, 16
# What torchvision adds to the logarithm of a side before it is rounded down.
LEVEL_EPSILON = 1e-6


def aligned_regions(maps, strides, boxes, size, samples):
    """What the maps show inside of boxes [R, 4]: [R, C, size, size]. Each box is cut out of the map of its size.

    `samples`: positions along each side of a cell; 0: as many as it has pixels, rounded up.
    """
    sides = boxes[:, 2:] - boxes[:, :2]
    scale = sides.prod(1).sqrt()
    level = torch.zeros_like(scale, dtype=torch.int64)
    for stride in strides[1:]:
        level += scale >= USUAL_SIDE * stride / USUAL_STRIDE * 2**-LEVEL_EPSILON
    rows = [(level == i).nonzero().squeeze(1) for i in range(len(maps))]
    parts = [
        roi_align(each, [boxes[own].to(each.dtype)], size, 1.0 / stride, samples)
        for each, stride, own in zip(maps, strides, rows)
    ]
    return torch.cat(parts)[torch.cat(rows).argsort()]


def dense(inputs, outputs, style):
    layer = nn.Linear(inputs, outputs)
    start_uniform(layer.weight, outputs if style.start == "efficientnet" else inputs)
    if style.start == "efficientnet":
        nn.init.zeros_(layer.bias)
    else:
        start_uniform(layer.bias, inputs)
    return layer


class RegionLayers(nn.Module):
    """3x3 convolutions with ReLU over regions."""

    def __init__(self, inputs, style, *, channels=(), normalized=False, size, samples):
        super().__init__()
        self.size, self.samples, self.depth = size, samples, len(channels)
        options = {"norm": normalized, "bias": not normalized, "act": "relu", "padding": "symmetric"}
        for i, outputs in enumerate(channels):
            self._modules[str(i)] = ConvNormAct(inputs, outputs, 3, style, **options)
            inputs = outputs
        self.outputs = inputs

    def convolved(self, maps, strides, boxes):
        x = aligned_regions(maps, strides, boxes, self.size, self.samples)
        for i in range(self.depth):
            x = self._modules[str(i)](x)
        return x


class BoxHead(RegionLayers):
    """Boxes -> a logit of each class [R, classes], and how the box moves for each [R, 4 * classes] (Fast R-CNN, ICCV 2015)."""

    def __init__(self, inputs, style, *, classes, hidden=(), **layers):
        super().__init__(inputs, style, **layers)
        width = self.outputs * self.size**2
        self.dense = nn.ModuleList()
        for outputs in hidden:
            self.dense.append(dense(width, outputs, style))
            width = outputs
        self.classes = dense(width, classes, style)
        self.boxes = dense(width, 4 * classes, style)

    def forward(self, maps, strides, boxes):
        x = self.convolved(maps, strides, boxes).flatten(1)
        for layer in self.dense:
            x = layer(x).relu()
        return self.classes(x), self.boxes(x)
