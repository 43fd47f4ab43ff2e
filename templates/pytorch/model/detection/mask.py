class MaskHead(RegionLayers):
    """Boxes -> convolutions -> twice as high and wide -> a mask of each class (Mask R-CNN, ICCV 2017, figure 4, right)."""

    raw, name = "mask_logits", "masks"

    def __init__(self, inputs, style, *, classes, hidden, **layers):
        super().__init__(inputs, style, **layers)
        self.upsample = start_layer(nn.ConvTranspose2d(self.outputs, hidden, 2, 2), style.start)
        if style.start != "efficientnet":
            start_uniform(self.upsample.bias, self.outputs)
        self.masks = ConvNormAct(hidden, classes, 1, style, norm=False, act=False, bias=True, padding="symmetric")

    def forward(self, maps, strides, boxes):
        return self.masks(self.upsample(self.convolved(maps, strides, boxes)).relu())

    def of_labels(self, logits, labels):
        """Of each detection the mask of its class, [D, 1, S, S], from 0 to 1 for each pixel of a grid over its box."""
        return logits.sigmoid()[torch.arange(len(labels), device=labels.device), labels][:, None]
