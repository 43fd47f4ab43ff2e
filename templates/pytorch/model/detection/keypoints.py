class KeypointHead(RegionLayers):
    """Boxes -> convolutions -> four times as high and wide -> a logit of each place for each key point (Mask R-CNN, section 5)."""

    raw = name = "keypoint_logits"

    def __init__(self, inputs, style, *, classes, count, **layers):
        super().__init__(inputs, style, **layers)
        self.upsample = start_layer(nn.ConvTranspose2d(self.outputs, count, 4, 2, 1), style.start)
        if style.start != "efficientnet":
            start_uniform(self.upsample.bias, self.outputs)

    def forward(self, maps, strides, boxes):
        x = self.upsample(self.convolved(maps, strides, boxes))
        if len(x) == 0:
            return x.new_zeros(0, x.shape[1], 2 * x.shape[2], 2 * x.shape[3])
        return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)

    def of_labels(self, logits, labels):
        """Those of each detection, whatever its class: [D, count, 4 * size, 4 * size] over its box."""
        return logits
